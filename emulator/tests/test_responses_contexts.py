import pytest

from emulator.domain.errors import ApiError
from emulator.domain.lifecycle import RESPONSE_LIFETIME
from emulator.service.responses import contexts
from emulator.store.tables import Conversation, ConversationItem, Item, Run
from emulator.transcripts.responses import stored_items
from emulator.wire.responses.requests import CreateResponse

START = 1_767_603_600
PARTITION = "0123456789abcdef"
CONVERSATION = f"conv_{'7' * 32}{PARTITION}"


@pytest.fixture
async def namespace(engine):
    made = engine()
    return await made.namespaces.open("default")


def asked(conversation=None, previous=None, **fields):
    fields |= {"conversation": conversation, "previous_response_id": previous}
    return CreateResponse.read({"model": "gpt-4o", **fields})


def user(text, id_=None):
    content = [{"type": "input_text", "text": text}]
    return {"id": id_, "type": "message", "status": "completed", "content": content, "role": "user"}


def answer(text, id_):
    part = {"type": "output_text", "annotations": [], "logprobs": [], "text": text}
    return {"id": id_, "type": "message", "status": "completed", "content": [part], "role": "assistant"}


def call(call_id, id_=None):
    rest = {"arguments": "{}", "call_id": call_id, "name": "look"}
    return {"id": id_, "type": "function_call", "status": "completed", **rest}


def output(call_id, id_=None):
    return {"id": id_, "type": "function_call_output", "status": "completed", "call_id": call_id, "output": "found"}


def respond(tx, id_, given, written, *, store=True, deleted=False, status="completed", created_at=START, **play):
    """Add a response as it is kept."""
    doc = {"id": id_, "object": "response", "created_at": created_at, "status": status, "output": written}
    play = {"input": given, "previous": None, "seen": [], "store": store, **play}
    tx.insert(Run, id_, id=id_, thread_id=id_, status=status, doc=doc, view={}, play=play, timeline=[], deleted=deleted)
    return id_


def converse(tx, id_=CONVERSATION):
    tx.insert(Conversation, id_, id=id_, doc={"id": id_})
    return id_


async def gather(namespace, body, items):
    async with namespace.transaction() as tx:
        return await contexts.gather(namespace, tx, body, items)


async def refusal(namespace, body, items):
    with pytest.raises(ApiError) as caught:
        await gather(namespace, body, items)
    error = caught.value
    return error.status, error.message, error.param, error.code


def texts(items):
    return [item["content"][0]["text"] if item["type"] == "message" else item["type"] for item in items]


async def test_a_request_alone_has_its_input_as_its_context(namespace):
    context = await gather(namespace, asked(), [user("first"), call("call_a"), output("call_a")])
    assert context.items == context.own
    assert (context.before, context.previous, context.conversation) == ([], None, None)
    prefixes = [item["id"].partition("_")[0] for item in context.own]
    assert prefixes == ["msg", "fc", "fc"]


async def test_new_ids_hold_the_partition_what_is_stored_and_the_time(namespace):
    at = f"{int(START):08x}"
    for store, mark in ((True, "00"), (None, "00"), (False, "01")):
        context = await gather(namespace, asked(store=store), [user("hello")])
        assert context.own[0]["id"].startswith(f"msg_{context.partition}{mark}{at}")


async def test_a_chain_is_whole_and_in_order_also_where_its_beginning_was_deleted(namespace):
    async with namespace.transaction() as tx:
        one = respond(tx, f"resp_{PARTITION}1", [user("1", "msg_1")], [answer("2", "msg_2")], deleted=True)
        two = respond(tx, f"resp_{PARTITION}2", [user("3", "msg_3")], [answer("4", "msg_4")], previous=one)
    context = await gather(namespace, asked(previous=two), [user("5")])
    assert texts(context.items) == ["1", "2", "3", "4", "5"]
    assert texts(context.own) == ["5"]
    assert context.previous["id"] == two
    assert context.partition == PARTITION


@pytest.mark.parametrize("hidden", [{"deleted": True}, {"store": False}, {"created_at": START - RESPONSE_LIFETIME}])
async def test_nobody_goes_on_from_what_cannot_be_read(namespace, hidden):
    async with namespace.transaction() as tx:
        id_ = respond(tx, "resp_x", [], [], **hidden)
    text = f"Previous response with id '{id_}' not found."
    expected = (400, text, "previous_response_id", "previous_response_not_found")
    assert await refusal(namespace, asked(previous=id_), [user("go on")]) == expected


async def test_nobody_goes_on_from_what_is_under_way(namespace):
    async with namespace.transaction() as tx:
        respond(tx, "resp_x", [], [], status="in_progress")
    status, message, *_ = await refusal(namespace, asked(previous="resp_x"), [user("go on")])
    assert status == 400
    assert message.startswith("[emulator] ")


async def test_an_unknown_conversation_is_not_found(namespace):
    body = asked({"id": CONVERSATION})
    assert await refusal(namespace, body, []) == (404, f"Conversation with id '{CONVERSATION}' not found.", None, None)


async def test_a_conversation_comes_first_and_lends_its_partition(namespace):
    async with namespace.transaction() as tx:
        converse(tx)
        await stored_items.append(tx, CONVERSATION, [user("1", "msg_1"), answer("2", "msg_2")])
    context = await gather(namespace, asked(CONVERSATION, store=False), [user("3")])
    assert texts(context.items) == ["1", "2", "3"]
    assert context.partition == PARTITION
    assert context.own[0]["id"].startswith(f"msg_{PARTITION}00")  # the conversation keeps it
    assert context.conversation["id"] == CONVERSATION


async def test_a_branch_sees_the_conversation_as_it_was(namespace):
    async with namespace.transaction() as tx:
        converse(tx)
        first, second, third = user("1", "msg_1"), user("2", "msg_2"), answer("3", "msg_3")
        await stored_items.append(tx, CONVERSATION, [first, second, third])
        respond(tx, "resp_1", [second], [third], conversation=CONVERSATION, seen=["msg_1"])
        await stored_items.append(tx, CONVERSATION, [user("later", "msg_4")])
    context = await gather(namespace, asked(previous="resp_1"), [user("4")])
    assert texts(context.items) == ["1", "2", "3", "4"]
    assert context.conversation is None


async def test_a_known_id_means_the_item_that_has_it_whatever_else_is_sent(namespace):
    async with namespace.transaction() as tx:
        await stored_items.keep(tx, [user("kept", "msg_1"), user("kept too", "msg_2")])
    sent = [user("sent", "msg_1"), {"type": "item_reference", "id": "msg_2"}, user("other", "msg_3")]
    context = await gather(namespace, asked(), sent)
    assert texts(context.own) == ["kept", "kept too", "other"]
    assert [item["id"] for item in context.own] == ["msg_1", "msg_2", "msg_3"]


@pytest.mark.parametrize("mark, reason", [("00", ""), ("01", " Items are not persisted when `store` is set to false.")])
async def test_a_reference_to_nothing_is_refused_and_says_why_if_its_id_does(namespace, mark, reason):
    id_ = f"msg_{PARTITION}{mark}{'5' * 32}"
    status, message, param, _ = await refusal(namespace, asked(), [{"type": "item_reference", "id": id_}])
    assert (status, param) == (404, "input")
    assert message.startswith(f"Item with id '{id_}' not found.{reason}")
    assert message.endswith("from your input." if reason else "not found.")


async def test_what_is_in_the_context_already_is_a_duplicate(namespace):
    async with namespace.transaction() as tx:
        converse(tx)
        await stored_items.append(tx, CONVERSATION, [user("1", "msg_1")])
        respond(tx, "resp_1", [user("1", "msg_1")], [])
    text = "Duplicate item found with id msg_1. Remove duplicate items from your input and try again."
    for body in (asked(CONVERSATION), asked(previous="resp_1")):
        assert await refusal(namespace, body, [user("1", "msg_1")]) == (400, text, "input", None)


async def test_each_call_wants_an_output_and_each_output_a_call(namespace):
    async with namespace.transaction() as tx:
        respond(tx, "resp_1", [user("1", "msg_1")], [call("call_a", "fc_1"), call("call_b", "fc_2")])
    missing = (400, "No tool output found for function call call_b.", "input", None)
    assert await refusal(namespace, asked(previous="resp_1"), [output("call_a")]) == missing
    alone = (400, "No tool call found for function call output with call_id call_a.", "input", None)
    assert await refusal(namespace, asked(), [output("call_a")]) == alone
    both = await gather(namespace, asked(previous="resp_1"), [output("call_a"), output("call_b"), output("call_b")])
    assert len(both.own) == 3  # two outputs of one call are accepted


async def test_an_item_may_stand_in_a_conversation_several_times(namespace):
    async with namespace.transaction() as tx:
        converse(tx)
        one = user("1", "msg_1")
        await stored_items.append(tx, CONVERSATION, [one, one])
        await stored_items.append(tx, CONVERSATION, [one])
        assert texts(await stored_items.contents(tx, CONVERSATION)) == ["1", "1", "1"]
        assert len(await stored_items.copies(tx, CONVERSATION, "msg_1")) == 3
        assert await tx.count(Item) == 1


async def test_a_conversation_that_was_deleted_meanwhile_takes_nothing(namespace):
    async with namespace.transaction() as tx:
        await stored_items.append(tx, CONVERSATION, [user("1", "msg_1")], "resp_1")
        assert await tx.count(ConversationItem) == 0
        assert (await tx.get(Item, "msg_1"))["response_id"] == "resp_1"


async def test_a_long_chain_is_read_without_what_the_model_saw(namespace, monkeypatch):
    async with namespace.transaction() as tx:
        previous = None
        for n in range(20):
            previous = respond(tx, f"resp_{n}", [user("q", f"msg_{n}")], [answer("a", f"msg_{n}a")], previous=previous)
    async with namespace.transaction() as tx:
        read, get = [], type(tx).get

        async def seen(self, table, id_, **options):
            row = await get(self, table, id_, **options)
            read.append(set(row))
            return row

        monkeypatch.setattr(type(tx), "get", seen)
        context = await contexts.gather(namespace, tx, asked(previous=previous), [user("last")])
    assert len(context.items) == 41
    assert len(read) == 20
    assert not any({"view", "timeline"} & columns for columns in read)
