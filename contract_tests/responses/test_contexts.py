"""What responses go on from: chains, conversations, and the items that requests send, through the official client."""

import openai
import pytest

from contract_tests.harness import scenario
from contract_tests.raw_api import assert_refused

MODEL = "gpt-4o"
TIDES = {"type": "function", "name": "read_tides", "parameters": None, "strict": False}


@pytest.fixture
def respond(client):
    """Return a function that makes a response."""
    return lambda text, **more: client.responses.create(model=MODEL, input=text, **more)


@pytest.fixture
def context(raw):
    """Return a function that returns the texts or types of what a response was given, oldest first."""

    def texts(response):
        items = raw.get(f"/responses/{response.id}/input_items?order=asc&limit=100").json()["data"]
        return [item["content"][0]["text"] if item["type"] == "message" else item["type"] for item in items]

    return texts


def refused(raw, **body):
    return raw.post("/responses", json={"model": MODEL, **body})


@pytest.fixture
def calling(ns):
    """A model that calls a function once, and answers then."""
    ns.load(scenario({"call": "read_tides", "id": "call_a"}, {"say": "High at noon."}))


def test_a_chain_hands_on_input_and_output_but_no_instructions(respond, context):
    first = respond("one", instructions="Be brief.")
    second = respond("two", previous_response_id=first.id)
    third = respond("three", previous_response_id=second.id)
    assert third.instructions is None
    assert context(third) == ["one", "one", "two", "two", "three"]


def test_all_ids_of_a_chain_share_their_partition(respond):
    first = respond("one")
    second = respond("two", previous_response_id=first.id)
    ids = [first.id, first.output[0].id, second.id, second.output[0].id]
    assert len({one.partition("_")[2][:16] for one in ids}) == 1


def test_a_chain_survives_that_its_beginning_is_deleted(client, respond, context):
    first = respond("one")
    second = respond("two", previous_response_id=first.id)
    client.responses.delete(first.id)
    assert context(respond("three", previous_response_id=second.id)) == ["one", "one", "two", "two", "three"]


def test_a_deleted_response_cannot_be_gone_on_from(client, respond, raw):
    first = respond("one")
    client.responses.delete(first.id)
    answer = refused(raw, input="two", previous_response_id=first.id)
    text = f"Previous response with id '{first.id}' not found."
    assert_refused(answer, 400, text, "previous_response_id", "previous_response_not_found")


def test_an_unstored_response_cannot_be_gone_on_from(respond, raw):
    first = respond("one", store=False)
    assert refused(raw, input="two", previous_response_id=first.id).json()["error"]["code"] == (
        "previous_response_not_found"
    )


def test_after_thirty_days_a_response_cannot_be_gone_on_from(frozen, respond, raw):
    first = respond("one")
    frozen.advance(30 * 24 * 3600)
    answer = refused(raw, input="two", previous_response_id=first.id)
    assert answer.json()["error"]["code"] == "previous_response_not_found"


@pytest.mark.parametrize("is_in_conversation", [False, True])
def test_what_is_made_in_the_background_settles_before_it_is_gone_on_from(
    ns, client, respond, context, is_in_conversation
):
    ns.load(scenario(*({"say": f"{n}"} for n in range(30))))
    where = {"conversation": client.conversations.create().id} if is_in_conversation else {}
    first = respond("one", background=True, **where)
    second = respond("two", previous_response_id=first.id)
    assert context(second) == ["one", *(str(n) for n in range(30)), "two"]


def test_a_response_that_is_held_cannot_be_gone_on_from(ns, respond, raw):
    ns.load(scenario({"hold": "here"}, {"say": "done"}))
    first = respond("one", background=True)
    answer = refused(raw, input="two", previous_response_id=first.id)
    text = f"[emulator] Previous response with id '{first.id}' is in_progress. It can be continued when it is done."
    assert_refused(answer, 400, text, "previous_response_id")


def test_a_conversation_gets_input_and_output_of_its_responses(client, respond, context):
    made = client.conversations.create(items=[{"role": "user", "content": "before"}])
    respond("one", conversation=made.id)
    second = respond("two", conversation={"id": made.id})
    assert context(second) == ["before", "one", "one", "two"]
    listed = client.conversations.items.list(made.id, order="asc")
    assert [item.content[0].text for item in listed] == ["before", "one", "one", "two", "two"]
    assert second.conversation.id == made.id
    assert second.output[0].id[4:20] == made.id[-16:]


def test_an_unstored_response_leaves_its_items_in_the_conversation(client, respond, raw):
    made = client.conversations.create()
    response = respond("one", conversation=made.id, store=False)
    items = client.conversations.items.list(made.id).data
    assert [item.content[0].text for item in items] == ["one", "one"]
    assert {item.id[20:22] for item in items} == {"00"}
    assert raw.get(f"/responses/{response.id}").status_code == 404


def test_a_branch_sees_the_conversation_as_it_was_and_leaves_it_alone(client, respond, context):
    made = client.conversations.create()
    first = respond("one", conversation=made.id)
    respond("two", conversation=made.id)
    branch = respond("other", previous_response_id=first.id)
    assert context(branch) == ["one", "one", "other"]
    assert branch.conversation is None
    assert len(client.conversations.items.list(made.id).data) == 4


def test_items_that_are_added_between_responses_are_seen(client, respond, context):
    made = client.conversations.create()
    respond("one", conversation=made.id)
    client.conversations.items.create(made.id, items=[{"role": "user", "content": "added"}])
    assert context(respond("two", conversation=made.id)) == ["one", "one", "added", "two"]


def test_an_item_that_was_taken_out_is_not_seen(client, respond, context):
    made = client.conversations.create(items=[{"role": "user", "content": "secret"}])
    [item] = client.conversations.items.list(made.id).data
    client.conversations.items.delete(item.id, conversation_id=made.id)
    assert context(respond("one", conversation=made.id)) == ["one"]


def test_an_unknown_conversation_is_not_found(raw):
    unknown = "conv_" + "0" * 48
    assert_refused(refused(raw, input="x", conversation=unknown), 404, f"Conversation with id '{unknown}' not found.")


def test_a_conversation_and_a_previous_response_exclude_each_other(client, respond, raw):
    made, first = client.conversations.create(), respond("one")
    text = "Mutually exclusive parameters: ''. Ensure you are only providing one of: 'pre..._id' or 'conversation'."
    answer = refused(raw, input="two", conversation=made.id, previous_response_id=first.id)
    assert_refused(answer, 400, text, None, "mutually_exclusive_parameters")


@pytest.mark.usefixtures("calling")
def test_an_unanswered_call_blocks_its_chain_and_its_conversation(client, respond, raw):
    made = client.conversations.create()
    text = "No tool output found for function call call_a."
    first = respond("tides?", tools=[TIDES], conversation=made.id)
    for where in ({"previous_response_id": first.id}, {"conversation": made.id}):
        assert_refused(refused(raw, input="Well?", **where), 400, text, "input")


@pytest.mark.usefixtures("calling")
def test_an_output_needs_its_call(respond, raw):
    output = {"type": "function_call_output", "call_id": "call_a", "output": "noon"}
    text = "No tool call found for function call output with call_id call_a."
    assert_refused(refused(raw, input=[output]), 400, text, "input")
    first = respond("tides?", tools=[TIDES])
    second = respond([output, output], previous_response_id=first.id)  # two outputs of one call are accepted
    assert second.output_text == "High at noon."


@pytest.mark.usefixtures("calling")
def test_input_items_list_the_call_and_its_output_newest_first(client, respond):
    first = respond("tides?", tools=[TIDES])
    output = {"type": "function_call_output", "call_id": "call_a", "output": "noon"}
    second = respond([output], previous_response_id=first.id)
    listed = client.responses.input_items.list(second.id).data
    assert [item.type for item in listed] == ["function_call_output", "function_call", "message"]
    assert listed[0].id.startswith("fc_")
    assert listed[1].id == first.output[0].id


def test_input_items_page(client, respond, raw):
    made = respond([{"role": "user", "content": text} for text in "abc"])
    pages = client.responses.input_items.list(made.id, limit=2)
    assert (pages.has_more, [item.content[0].text for item in pages]) == (True, ["c", "b", "a"])
    answer = raw.get(f"/responses/{made.id}/input_items?after=msg_1")
    assert_refused(answer, 404, "No item found with id 'msg_1'", "after")


def test_input_items_of_an_unknown_response_are_not_found(raw):
    assert_refused(raw.get("/responses/resp_1/input_items"), 404, "Response with id 'resp_1' not found.")


def test_history_that_is_sent_again_beside_its_chain_is_a_duplicate(client, respond, raw):
    made = client.conversations.create()
    first = respond("one", conversation=made.id)
    said = first.output[0].to_dict()
    text = f"Duplicate item found with id {said['id']}. Remove duplicate items from your input and try again."
    for where in ({"previous_response_id": first.id}, {"conversation": made.id}):
        for item in (said, {"type": "item_reference", "id": said["id"]}):
            assert_refused(refused(raw, input=[item], **where), 400, text, "input")


def test_a_reference_stands_for_the_item_that_was_kept(respond, context):
    first = respond("one")
    second = respond([{"type": "item_reference", "id": first.output[0].id}, {"role": "user", "content": "two"}])
    assert context(second) == ["one", "two"]


def test_a_reference_to_an_item_that_was_not_kept_is_refused_with_the_reason(respond, raw):
    unkept = respond("one", store=False).output[0].id
    answer = refused(raw, input=[{"type": "item_reference", "id": unkept}])
    why = (
        "Items are not persisted when `store` is set to false. Try again with `store` set to true, or remove this item"
    )
    assert_refused(answer, 404, f"Item with id '{unkept}' not found. {why} from your input.", "input")


def test_a_stateless_client_sends_back_what_it_was_answered(respond):
    first = respond("one", store=False)
    history = [{"role": "user", "content": "one"}, first.output[0].to_dict(), {"role": "user", "content": "two"}]
    assert respond(history, store=False).output_text == "two"


def test_a_conversation_in_which_a_response_is_made_takes_no_items(ns, client):
    ns.load(scenario({"hold": "here"}, {"say": "done"}))
    made = client.conversations.create()
    client.responses.create(model=MODEL, input="go", conversation=made.id, background=True)
    with pytest.raises(openai.BadRequestError) as caught:
        client.conversations.items.create(made.id, items=[{"role": "user", "content": "meanwhile"}])
    assert caught.value.code == "conversation_locked"


def test_tokens_of_an_input_are_those_that_its_response_would_cost(client, respond):
    first = respond("one two three")
    asked = {"model": MODEL, "input": "and four?", "instructions": "Be brief.", "previous_response_id": first.id}
    counted = client.responses.input_tokens.count(**asked)
    assert counted.to_dict() == {"object": "response.input_tokens", "input_tokens": counted.input_tokens}
    assert client.responses.create(**asked).usage.input_tokens == counted.input_tokens


def test_counting_tokens_makes_nothing(raw, client):
    assert raw.post("/responses/input_tokens", json={}).json()["input_tokens"] == 0
    text = "Unknown parameter: 'instruction'. Did you mean 'instructions'?"
    answer = raw.post("/responses/input_tokens", json={"instruction": "x"})
    assert_refused(answer, 400, text, "instruction", "unknown_parameter")
