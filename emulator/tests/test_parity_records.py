"""Records: their file, the order of their dialogues, and what is kept of threads that are deleted."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.domain.actions import Say
from emulator.domain.parity.records import Asked, Dialogue, Did, Record, Saw, SeenFile, SeenMessage, SeenStore, Turn
from emulator.service import threads
from emulator.service.parity import kept
from emulator.service.parity.played import Began, PlayedDialogue, PlayedTurn, in_order
from emulator.service.parity.records import record
from emulator.store.tables import KeptTurn

SAW = Saw("POST /v1/responses", "resp_1", "gpt-4o", None)
TURN = Turn("Hello?", None, None, "completed", None, (SAW,), ())
RECORD = Record("a", "2026-08-25", (Dialogue("resp_1", "responses", (TURN,)),))

# --- the file -------------------------------------------------------------------------------------------------------

_text = st.text(max_size=5)
_maybe = st.none() | _text
_names = st.lists(_text, max_size=2).map(tuple)
_doc = st.dictionaries(_text, st.none() | st.booleans() | st.integers() | _text, max_size=2)
_texts = st.dictionaries(_text, _text, max_size=2)
_files = st.builds(SeenFile, _text, _text, _names)
_messages = st.builds(SeenMessage, _text, _text, _names, st.integers(0, 3))


def _several(one):
    return st.lists(one, max_size=2).map(tuple)


_saw = st.builds(
    Saw,
    *(_text, _text, _text, _maybe),
    messages=_several(_messages),
    tools=_several(_doc),
    tool_choice=_text | _doc,
    parallel_tool_calls=st.booleans(),
    response_format=_text | _doc,
    temperature=st.none() | st.floats(0, 2),
    top_p=st.none() | st.floats(0, 1),
    reasoning_effort=_maybe,
    max_output_tokens=st.none() | st.integers(1),
    max_prompt_tokens=st.none() | st.integers(1),
    truncation=_doc,
    files=_several(_files),
    stores=_several(st.builds(SeenStore, _text, _names)),
    metadata=_texts,
    dialogue_metadata=_texts,
    assistant=_maybe,
)
_did = st.builds(
    Did,
    st.sampled_from(["text", "refusal", "call", "search", "code"]),
    *(_text, _maybe, _maybe, _names, _names),
    st.integers(0, 3),
)
_asked = st.builds(Asked, _text, _text, st.integers(0, 599), _maybe)
_turns = st.builds(Turn, _maybe, _maybe, _maybe, _text, _maybe, _several(_saw), _several(_did), _several(_asked))
_dialogues = st.builds(Dialogue, _text, st.sampled_from(["assistants", "responses"]), _several(_turns), st.booleans())
_records = st.builds(Record, _text, _text, _several(_dialogues), _several(_asked), _names)


@given(_records)
def test_a_record_is_read_again_as_it_was_written(written):
    assert Record.from_json(json.loads(json.dumps(written.to_json()))) == written


def changed(change):
    data = json.loads(json.dumps(RECORD.to_json()))
    change(data)
    return data


def turn_in(data):
    return data["dialogues"][0]["turns"][0]


@pytest.mark.parametrize(
    "change,message",
    [
        (lambda data: data.pop("parity"), "parity is missing: this is no record of a namespace"),
        (lambda data: data.update(parity=2), "parity: the format is 2, and only 1 can be read"),
        (lambda data: data.update(parity=True), "parity: the format is True, and only 1 can be read"),
        (lambda data: data.pop("wire"), "wire is missing"),
        (lambda data: data.update(extra=1), "extra is unknown; known are namespace, wire, dialogues, refused, notes"),
        (lambda data: data.update(dialogues={}), "dialogues: expected a list, got {}"),
        (lambda data: data.update(dialogues="text"), "dialogues: expected a list, got 'text'"),
        (
            lambda data: data["dialogues"][0].update(api="chat"),
            "dialogues[0].api: expected one of assistants, responses",
        ),
        (lambda data: turn_in(data).pop("saw"), "dialogues[0].turns[0].saw is missing"),
        (lambda data: turn_in(data).update(status=None), "dialogues[0].turns[0].status: expected a text, got None"),
        (
            lambda data: turn_in(data)["saw"][0].update(tools=["x"]),
            "turns[0].saw[0].tools[0]: expected an object, got 'x'",
        ),
        (lambda data: turn_in(data)["saw"][0].update(temperature=True), "temperature: expected a number, got True"),
        (lambda data: turn_in(data)["saw"][0].update(metadata={"a": 1}), "metadata.a: expected a text, got 1"),
        (lambda data: turn_in(data).update(did=[{"kind": "song", "text": ""}]), "did[0].kind: expected one of text"),
        (lambda data: turn_in(data).update(message=["x" * 999]), "message: expected a text, got ['xxxx"),
    ],
)
def test_what_is_no_record_is_refused_with_its_place(change, message):
    with pytest.raises(ValueError) as error:
        Record.from_json(changed(change))
    assert message in str(error.value)
    assert len(str(error.value)) < 200


@pytest.mark.parametrize("data", [None, [], "record", 5, {1: 2}])
def test_so_is_any_other_value(data):
    with pytest.raises(ValueError, match="the record: expected an object"):
        Record.from_json(data)


def test_fields_that_have_a_default_may_be_left_out():
    data = {"parity": 1, "namespace": "a", "wire": "2026-08-25"}
    assert Record.from_json(data) == Record("a", "2026-08-25")


# --- the order ------------------------------------------------------------------------------------------------------


def dialogue(name, at, place):
    return PlayedDialogue(name, "assistants", [PlayedTurn(TURN, [name], Began(at, place))])


@pytest.mark.parametrize(
    "given_in,expected",
    [
        ([("b", 5, 2), ("a", 9, 1)], "ab"),  # the place says more than the time
        ([("a", 1, 1), ("c", 3, 2), ("b", 2, None)], "abc"),
        ([("a", 1, 1), ("b", 1, None)], "ba"),  # deleted before others of that time, as far as is known
        ([("a", None, None), ("b", None, None)], "ab"),
        ([("a", 1, 1), ("b", 2, None), ("c", 2, None)], "abc"),
    ],
)
def test_dialogues_without_a_place_go_by_their_time(given_in, expected):
    found = in_order([dialogue(name, float(at or 0), place) for name, at, place in given_in])
    assert "".join(one.id for one in found) == expected


# --- what is kept ---------------------------------------------------------------------------------------------------


async def played(engine, times=1):
    s = engine(lambda view: [Say("x")])
    await s.play()
    for _ in range(times - 1):
        await s.play(on=s.thread["id"])
    return s


async def test_only_a_thread_that_is_deleted_is_kept(engine):
    s = await played(engine)
    assert s.rows(KeptTurn) == []
    before = await record(s.namespace)
    await threads.delete(s.namespace, s.thread["id"])
    assert len(s.rows(KeptTurn)) == 1
    (now,) = (await record(s.namespace)).dialogues
    assert (now.is_deleted, now.turns) == (True, before.dialogues[0].turns)


async def test_of_a_long_thread_the_first_turns_are_kept_which_a_note_says(engine, monkeypatch):
    monkeypatch.setattr(kept, "MOST_OF_THREAD", 2)
    s = await played(engine, times=3)
    whole = (await record(s.namespace)).dialogues[0].turns
    await threads.delete(s.namespace, s.thread["id"])
    found = await record(s.namespace)
    assert found.dialogues[0].turns == whole[:2]
    assert found.notes[0] == f"Of {s.thread['id']}, which was deleted, the first 2 turns are kept."


async def test_of_many_threads_the_newest_turns_are_kept_which_a_note_says(engine, monkeypatch):
    monkeypatch.setattr(kept, "MOST", 2)
    s = engine(lambda view: [Say("x")])
    names = []
    for _ in range(4):
        await s.play()
        names.append(s.thread["id"])
        await threads.delete(s.namespace, s.thread["id"])
    found = await record(s.namespace)
    assert [one.id for one in found.dialogues] == names[2:]
    assert "the newest 2 turns are kept" in found.notes[0]


@pytest.mark.parametrize("doc", [{}, {"message": 5}, {"saw": "no"}], ids=str)
async def test_a_kept_turn_that_cannot_be_read_is_a_note(engine, doc):
    s = await played(engine)
    async with s.namespace.transaction() as tx:
        tx.insert(KeptTurn, "x", thread_id="thread_x", at=1.0, doc=doc)
    found = await record(s.namespace)
    assert [one.id for one in found.dialogues] == [s.thread["id"]]
    assert found.notes[0].startswith("A turn of thread_x, which was deleted, cannot be read: turn.")
