"""Parity of any records: none differs from itself, either side finds as much, and no change of a value goes unnoticed."""

from dataclasses import fields, replace
from typing import Any, Final

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from emulator.domain.parity.comparison import compare
from emulator.domain.parity.records import Api, Dialogue, Did, Record, Saw, SeenFile, SeenMessage, SeenStore, Turn
from emulator.domain.parity.rules import RULES
from emulator.domain.parity.sides import same

_APIS: Final[st.SearchStrategy[Api]] = st.sampled_from(("assistants", "responses"))
_TEXTS: Final = st.sampled_from(("", "a", "b ", "a b", "a\n\nb", "【4:0†x.txt】 a", '{"n": 1}', '{"n":1.0}'))
_NAMES: Final = st.sampled_from(("x.txt", "y.png"))
_SOME_NAMES: Final = st.lists(_NAMES, max_size=2).map(tuple)
_PAIRS: Final = st.dictionaries(st.sampled_from("kl"), st.sampled_from("vw"), max_size=2)
_SCHEMAS: Final = st.sampled_from(
    (
        {},
        None,
        {"type": "object", "properties": {}},
        {"type": "object", "properties": {"n": {"type": "integer"}}},
        {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"], "additionalProperties": False},
        {"type": ["object"], "properties": ["n"], "required": {"n": {}}, "items": [{}], "anyOf": 1},
        {"type": {}, "properties": {"n": 1}, "required": [{}, "n"]},
    )
)
_FUNCTIONS: Final = st.fixed_dictionaries(
    {"name": st.sampled_from("fg"), "parameters": _SCHEMAS, "strict": st.sampled_from((True, False, None))},
    optional={"description": st.sampled_from(("", None, "d"))},
)
_TOOLS: Final = st.one_of(
    _FUNCTIONS.map(lambda about: {"type": "function", "function": about}),
    _FUNCTIONS.map(lambda about: {"type": "function", **about}),
    st.just({"type": "code_interpreter"}),
    st.sampled_from((None, 5, 20)).map(lambda most: {"type": "file_search", "file_search": {"max_num_results": most}}),
)
_CHOICES: Final = st.sampled_from((None, "auto", "none", "required", {"type": "function", "function": {"name": "f"}}))
_FORMATS: Final = st.one_of(
    st.sampled_from((None, "auto", {"type": "text"}, {"type": "json_object"})),
    _SCHEMAS.map(lambda one: {"type": "json_schema", "json_schema": {"name": "s", "schema": one, "strict": True}}),
)
_TRUNCATIONS: Final = st.sampled_from(
    ({"type": "auto"}, {"type": "disabled"}, {"type": "last_messages", "last_messages": 1})
)
_MESSAGES: Final = st.lists(
    st.builds(
        SeenMessage,
        st.sampled_from(("user", "assistant", "developer")),
        _TEXTS,
        _SOME_NAMES,
        st.integers(0, 2),
    ),
    max_size=4,
).map(tuple)
_OF_SAW: Final[dict[str, st.SearchStrategy[Any]]] = {
    "request": st.sampled_from(("POST /v1/responses", "POST /v1/threads/t/runs")),
    "object": st.sampled_from(("o1", "o2")),
    "model": st.sampled_from(("gpt-4o", "gpt-4o-2024-08-06", "gpt-5.2", "m")),
    "instructions": st.none() | _TEXTS,
    "messages": _MESSAGES,
    "tools": st.lists(_TOOLS, max_size=3).map(tuple),
    "tool_choice": _CHOICES,
    "parallel_tool_calls": st.booleans(),
    "response_format": _FORMATS,
    "temperature": st.sampled_from((None, 1.0, 0.5)),
    "top_p": st.sampled_from((None, 1.0, 0.98)),
    "reasoning_effort": st.sampled_from((None, "none", "medium", "high")),
    "max_output_tokens": st.sampled_from((None, 300)),
    "max_prompt_tokens": st.sampled_from((None, 300)),
    "truncation": _TRUNCATIONS,
    "files": st.lists(
        st.builds(
            SeenFile, st.sampled_from("fg"), _NAMES, st.sampled_from(((), ("file_search",), ("code_interpreter",)))
        ),
        max_size=2,
    ).map(tuple),
    "stores": st.lists(st.builds(SeenStore, st.sampled_from("st"), _SOME_NAMES), max_size=2).map(tuple),
    "metadata": _PAIRS,
    "dialogue_metadata": _PAIRS,
    "assistant": st.sampled_from((None, "A", "B")),
}
_OF_DID: Final[dict[str, st.SearchStrategy[Any]]] = {
    "kind": st.sampled_from(("text", "refusal", "call", "search", "code")),
    "text": _TEXTS,
    "name": st.sampled_from((None, "f", "g")),
    "output": st.none() | _TEXTS,
    "cited": _SOME_NAMES,
    "found": _SOME_NAMES,
    "images": st.integers(0, 2),
}
_SAWS: Final = st.builds(Saw, **_OF_SAW)
_DIDS: Final = st.builds(Did, **_OF_DID)
_TURNS: Final = st.builds(
    Turn,
    message=st.none() | _TEXTS,
    turn=st.sampled_from((None, "t")),
    place=st.none(),
    status=st.sampled_from(("completed", "failed", "requires_action", "expired")),
    reason=st.sampled_from((None, "server_error")),
    saw=st.lists(_SAWS, min_size=1, max_size=3).map(tuple),
    did=st.lists(_DIDS, max_size=4).map(tuple),
)


def _records(api: Api, turns: int = 2, dialogues: int = 2) -> st.SearchStrategy[Record]:
    def made(all_turns: list[list[Turn]]) -> Record:
        return Record("n", "d", tuple(Dialogue(f"d{n}", api, tuple(one)) for n, one in enumerate(all_turns)))

    return st.lists(st.lists(_TURNS, min_size=1, max_size=turns), min_size=1, max_size=dialogues).map(made)


def test_the_strategies_name_every_field() -> None:
    assert _OF_SAW.keys() == {one.name for one in fields(Saw)}
    assert _OF_DID.keys() == {one.name for one in fields(Did)}


@given(_APIS.flatmap(_records))
def test_no_record_differs_from_itself(record: Record) -> None:
    report = compare(record, record)
    assert not report.differences
    assert not report.equalities


@settings(max_examples=40)  # two records are large
@given(_APIS.flatmap(_records), _APIS.flatmap(_records))
def test_either_side_finds_as_many_differences(one: Record, other: Record) -> None:
    forth, back = compare(one, other), compare(other, one)
    assert len(forth.differences) == len(back.differences)
    assert len(forth.equalities) == len(back.equalities)


@given(st.data())
def test_no_change_of_what_a_model_saw_goes_unnoticed(data: st.DataObject) -> None:
    record = data.draw(_APIS.flatmap(lambda api: _records(api, turns=1, dialogues=1)))
    turn = record.dialogues[0].turns[0]
    place = data.draw(st.integers(0, len(turn.saw) - 1))
    name = data.draw(st.sampled_from(sorted(_OF_SAW)))
    value = data.draw(_OF_SAW[name])
    changed = replace(turn.saw[place], **{name: value})
    assume(not _is_same(changed, turn.saw[place]))
    saws = tuple(changed if n == place else one for n, one in enumerate(turn.saw))
    _is_noticed(record, replace(turn, saw=saws))


@given(st.data())
def test_no_change_of_what_came_of_a_turn_goes_unnoticed(data: st.DataObject) -> None:
    record = data.draw(_APIS.flatmap(lambda api: _records(api, turns=1, dialogues=1)))
    turn = record.dialogues[0].turns[0]
    assume(turn.did)
    place = data.draw(st.integers(0, len(turn.did) - 1))
    name = data.draw(st.sampled_from(sorted(_OF_DID)))
    changed = replace(turn.did[place], **{name: data.draw(_OF_DID[name])})
    assume(changed != turn.did[place])
    did = tuple(changed if n == place else one for n, one in enumerate(turn.did))
    _is_noticed(record, replace(turn, did=did))


def _is_same(one: Saw, other: Saw) -> bool:
    return all(same(_json(getattr(one, field.name)), _json(getattr(other, field.name))) for field in fields(Saw))


def _json(value: Any) -> Any:
    return [repr(one) for one in value] if isinstance(value, tuple) else value


def _is_noticed(record: Record, turn: Turn) -> None:
    other = replace(record, dialogues=(replace(record.dialogues[0], turns=(turn,)),))
    report = compare(record, other)
    assert report.differences or report.equalities
    assert {one.rule for one in report.equalities} <= {rule.name for rule in RULES}
    assert not compare(record, other, rules=()).is_equal
