"""Conversations: their items, and responses that are made in them."""

import openai
from checks import check_equal, check_refused, flow
from program import TALK, client
from responses import BOATS, RESPONSES, ask, calls_of, outputs

CONVERSATIONS = getattr(client, "conversations", None)
HAS_CONVERSATIONS = CONVERSATIONS is not None


def texts_of(conversation, **more):
    items = CONVERSATIONS.items.list(conversation.id, **more)
    return [item.content[0].text for item in items if item.type == "message"]


@flow("conversations", needed=HAS_CONVERSATIONS)
def objects():
    greeting = {"type": "message", "role": "user", "content": "Good morning."}
    conversation = CONVERSATIONS.create(items=[greeting], metadata={"boat": "Merlin"})
    check_equal("it has its metadata", CONVERSATIONS.retrieve(conversation.id).metadata, {"boat": "Merlin"})
    check_equal("they can be changed", CONVERSATIONS.update(conversation.id, metadata={}).metadata, {})
    added = CONVERSATIONS.items.create(
        conversation.id,
        items=[
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Ahoy."}]},
            {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Fine weather."}]},
        ],
    )
    check_equal("items can be added", [item.role for item in added.data], ["assistant", "user"])
    check_equal("the newest comes first", texts_of(conversation), ["Fine weather.", "Ahoy.", "Good morning."])
    check_equal(
        "page after page", texts_of(conversation, limit=1, order="asc"), ["Good morning.", "Ahoy.", "Fine weather."]
    )
    one = CONVERSATIONS.items.retrieve(added.data[0].id, conversation_id=conversation.id)
    check_equal("one can be read", (one.id, one.role), (added.data[0].id, "assistant"))
    check_equal(
        "one can be deleted", CONVERSATIONS.items.delete(one.id, conversation_id=conversation.id).id, conversation.id
    )
    check_equal("and is gone", texts_of(conversation), ["Fine weather.", "Good morning."])
    gone = CONVERSATIONS.delete(conversation.id)
    check_equal("it can be deleted", (gone.id, gone.deleted), (conversation.id, True))
    check_refused(
        "and is gone too", openai.NotFoundError, lambda: CONVERSATIONS.retrieve(conversation.id), status_code=404
    )


@flow("responses in a conversation", needed=HAS_CONVERSATIONS)
def talk():
    conversation = CONVERSATIONS.create()
    first = ask("Hello, my name is Ada.", conversation=conversation.id)
    check_equal("a response says which it is in", first.conversation.id, conversation.id)
    second = ask("Do you know who I am?", conversation={"id": conversation.id})
    check_equal("it remembers", second.output_text, "You are Ada.")
    called = ask("Count the boats at both piers.", BOATS, conversation=conversation.id)
    check_refused(
        "calls without outputs stop it",
        openai.BadRequestError,
        lambda: ask("How deep?", conversation=conversation.id),
        param="input",
    )
    done = ask(outputs(called, "9", "6"), BOATS, conversation=conversation.id)
    check_equal("with them it goes on", done.output_text, "North has 9 boats, south has 6.")
    items = [item.type for item in CONVERSATIONS.items.list(conversation.id, order="asc", limit=100)]
    calls = ["function_call"] * len(calls_of(called))
    check_equal(
        "input and output are its items",
        items,
        ["message"] * 5 + calls + ["function_call_output"] * len(calls) + ["message"],
    )
    aside = ask("How deep?", previous_response_id=first.id)
    check_equal("a response behind an old one is aside", aside.output_text, TALK)
    check_equal("and adds nothing", len(list(CONVERSATIONS.items.list(conversation.id, limit=100))), len(items))
    both = {"conversation": conversation.id, "previous_response_id": RESPONSES.retrieve(first.id).id}
    check_refused(
        "both at once are refused",
        openai.BadRequestError,
        lambda: ask("How deep?", **both),
        code="mutually_exclusive_parameters",
    )
