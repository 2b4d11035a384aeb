"""Parity of wrong ports: each bug is found, by a sentence that names what the model no longer sees, where and since when."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from emulator.domain.parity.comparison import compare
from emulator.domain.parity.records import Asked, Did, Record, SeenFile, SeenMessage
from emulator.tests.made_up_records import (
    INSTRUCTIONS,
    LOOK_UP,
    SEARCH,
    after,
    before,
    called,
    dialogue,
    model,
    of_one_turn,
    record,
    said,
    saw,
    sentences,
    turn,
    user,
    with_saw,
    with_turn,
)

_CALLS = called(), called("Ulysses", "none")


def test_instructions_that_are_sent_once() -> None:
    assert sentences(before(), with_saw(after(), 1, 0, instructions=None)) == [
        (
            "turn 2: the model no longer sees the instructions 'Be a librarian.' (Assistants: of the assistant or the run;"
            " Responses: not sent with POST /v1/responses) [library.yaml:8]"
        )
    ]


def test_instructions_that_are_missing_where_outputs_are_sent() -> None:
    (found,) = compare(before(), with_saw(after(), 0, 1, instructions=None)).differences
    assert (found.kind, found.turn, found.field, found.request) == ("seen", 1, "instructions", "POST /v1/responses")
    assert "not sent with POST /v1/responses, request 2 of 2 in the turn" in found.sentence


def test_instructions_that_are_sent_again_into_a_conversation() -> None:
    item = SeenMessage("developer", INSTRUCTIONS)
    port = with_saw(after(), 0, 0, instructions=None, messages=(item, *after().dialogues[0].turns[0].saw[0].messages))
    port = with_saw(port, 0, 1, instructions=None, messages=(item, *after().dialogues[0].turns[0].saw[1].messages))
    old = after().dialogues[0].turns[1].saw[0].messages
    port = with_saw(port, 1, 0, instructions=None, messages=(item, *old[:-1], item, old[-1]))
    (found,) = sentences(before(), port)
    assert found.startswith("turn 2: the model sees the instructions 'Be a librarian.' 2 times")


def test_additional_instructions_that_are_lost() -> None:
    old = of_one_turn("assistants", instructions=f"{INSTRUCTIONS}\nBe brief.")
    (found,) = sentences(old, of_one_turn("responses"))
    assert found.startswith("turn 1: the model no longer sees a part of the instructions: 'Be brief.'")


def test_tools_that_are_missing() -> None:
    (found,) = sentences(before(), with_saw(after(), 0, 1, tools=()))
    assert found == (
        "turn 1: the model is no longer offered the function look_up (Assistants: of the assistant or the run;"
        " Responses: not sent with POST /v1/responses, request 2 of 2 in the turn) [library.yaml:4]"
    )


def test_a_tool_in_the_shape_of_assistants() -> None:
    refused = Asked("POST", "/v1/responses", 400, "missing_required_parameter")
    port = replace(record("responses"), dialogues=(), refused=(refused,))
    found = sentences(before(), port)
    assert found == [
        "dialogue 1: the dialogue is missing: 2 turns, the first with the message 'Do you have Emma?'",
        (
            "POST /v1/responses was refused with 'missing_required_parameter': a function, a choice or a format in the shape"
            " of Assistants? They are flat here (before: no such refusal)"
        ),
    ]


def test_a_call_that_is_not_answered() -> None:
    first = after().dialogues[0].turns[0]
    port = with_turn(
        after(), 0, did=(said("I look."), called(output=None)), status="requires_action", saw=first.saw[:1], asked=first.asked[:1]
    )  # fmt: skip
    assert sentences(before(), port)[:2] == [
        "turn 1: a call of look_up never got an output [library.yaml:4]",
        "turn 1: the text 'Two copies.' no longer comes [library.yaml:4]",
    ]


def test_a_message_of_the_model_as_one_of_the_user() -> None:
    old = of_one_turn("assistants", model("Hello."), user("Emma?"))
    new = of_one_turn("responses", user("Hello."), user("Emma?"))
    (found,) = compare(old, new).differences
    assert found.field == "messages[0].role"
    assert found.sentence == (
        "turn 1: the message 'Hello.' is now one of the user, before of the assistant (Responses: with POST"
        " /v1/responses) [library.yaml:4]"
    )


def test_a_message_of_the_user_as_one_of_the_developer() -> None:
    old = of_one_turn("assistants", user("I am Ann."), user("Emma?"))
    new = of_one_turn("responses", SeenMessage("developer", "I am Ann."), user("Emma?"))
    (found,) = sentences(old, new)
    assert "the message 'I am Ann.' is now one of the developer, before of the user" in found


def test_a_lost_attachment() -> None:
    files = (SeenFile("file-1", "prices.pdf", ("file_search",)),)
    old = of_one_turn("assistants", user("How much?", "prices.pdf"), tools=(SEARCH,), files=files)
    (found,) = sentences(old, of_one_turn("responses", user("How much?"), tools=(SEARCH,)))
    assert "the user's message 'How much?' no longer brings 'prices.pdf'" in found


def test_a_file_that_is_not_in_the_store() -> None:
    files = (SeenFile("file-1", "prices.pdf", ("file_search",)),)
    old = of_one_turn("assistants", tools=(SEARCH,), files=files)
    (found,) = sentences(old, of_one_turn("responses", tools=(SEARCH,)))
    assert "the model can no longer read 'prices.pdf', before by file_search" in found


def test_an_output_that_is_another_one() -> None:
    port = with_turn(after(), 0, did=(said("I look."), called(output="three copies"), said("Two copies.")))
    assert sentences(before(), port) == [
        "turn 1: the program's output to look_up is 'three copies', before 'two copies' [library.yaml:4]"
    ]


def test_arguments_that_are_others() -> None:
    port = with_turn(after(), 0, did=(said("I look."), called("Persuasion"), said("Two copies.")))
    (found,) = compare(before(), port).differences
    assert (found.kind, found.field) == ("outcome", "call.arguments")


def test_parallel_calls_that_are_answered_one_by_one() -> None:
    refused = Asked(
        "POST", "/v1/responses", 400, "No tool output found for function call call_abcdefghijklmnopqrstuvwx."
    )
    first = after().dialogues[0].turns[0]
    port = with_turn(after(), 0, asked=(first.asked[0], refused, first.asked[1]))
    (found,) = sentences(before(), port)
    assert found.startswith(
        "turn 1: POST /v1/responses was refused with 'No tool output found for function call call_….': all calls of the"
        " model have to be answered together"
    )


def test_parallel_calls_that_are_answered_with_a_request_each() -> None:
    did = (said("I look."), *_CALLS, said("Two copies."))
    first = after().dialogues[0].turns[0]
    saws = (*first.saw, replace(first.saw[1], object="resp_9"))
    port = with_turn(after(), 0, did=did, saw=saws, asked=(*first.asked, first.asked[0]))
    assert sentences(with_turn(before(), 0, did=did), port) == [
        (
            "turn 1: the model was asked 3 times in the turn, before 2 times: calls that it made at once were answered one"
            " by one [library.yaml:4]"
        )
    ]


def test_a_history_that_is_cut() -> None:
    port = with_saw(after(), 1, 0, messages=(user("Thank you."),))
    found = sentences(before(), port)
    assert found[0] == (
        "turn 2: the model no longer sees 3 messages, the first of them the user's message 'Do you have Emma?'"
        " (Responses: with POST /v1/responses) [library.yaml:8]"
    )


def test_a_history_that_is_longer_than_last_messages_allowed() -> None:
    old = with_saw(
        before(), 1, 0, messages=(user("Thank you."),), truncation={"type": "last_messages", "last_messages": 1}
    )
    found = compare(old, after()).differences
    assert [one.field for one in found] == ["messages[0..2]", "truncation"]


def test_what_the_model_said_in_the_turn_is_left_out() -> None:
    messages = (user("Do you have Emma?"),)
    (found,) = sentences(before(), with_saw(after(), 0, 1, messages=messages))
    assert "the model no longer sees the model's own message 'I look.'" in found


def test_a_dialogue_that_begins_again() -> None:
    first, second = with_saw(after(), 1, 0, messages=(user("Thank you."),)).dialogues[0].turns
    port = replace(record("responses"), dialogues=(dialogue("responses", first), dialogue("responses", second, id="x")))
    found = sentences(before(), port)
    assert "the model no longer sees 3 messages" in found[0]
    assert "turn 2: the turn begins a dialogue of its own: nothing says which one it goes on with" in found[-1]


def test_another_format() -> None:
    schema = {"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}, "strict": True}}
    old = of_one_turn("assistants", response_format=schema)
    (found,) = compare(old, of_one_turn("responses", response_format={"type": "json_object"})).differences
    assert found.field == "response_format"


def test_another_model() -> None:
    (found,) = sentences(of_one_turn("assistants"), of_one_turn("responses", model="gpt-4o-mini"))
    assert "the model is 'gpt-4o-mini', before 'gpt-4o'" in found


def test_an_older_snapshot_is_another_model() -> None:
    assert sentences(of_one_turn("assistants"), of_one_turn("responses", model="gpt-4o-2024-05-13"))


@pytest.mark.parametrize("field", ["metadata", "dialogue_metadata"])
def test_metadata_that_are_lost(field: str) -> None:
    old = with_saw(of_one_turn("assistants"), 0, 0, **{field: {"customer": "7"}})
    (found,) = compare(old, of_one_turn("responses")).differences
    assert found.field == f"{field}.customer"
    assert "the metadata 'customer=7' of the" in found.sentence
    assert "are no longer sent" in found.sentence


def test_messages_in_another_order() -> None:
    old = of_one_turn("assistants", user("Emma?"), user("By Austen."))
    (found,) = sentences(old, of_one_turn("responses", user("By Austen."), user("Emma?")))
    assert "the model sees the messages in another order" in found


# --- the kinds of other mistakes --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "field, value",
    [
        ("temperature", 0.2),
        ("top_p", 0.5),
        ("top_p", 0.98),  # which is the default of other models
        ("reasoning_effort", "low"),
        ("max_output_tokens", 300),
        ("parallel_tool_calls", False),
        ("tool_choice", "required"),
        ("tool_choice", "none"),
        ("response_format", {"type": "json_object"}),
    ],
)
def test_a_setting_that_is_another_one(field: str, value: Any) -> None:
    for old, new in (({field: value}, {}), ({}, {field: value})):
        (found,) = compare(of_one_turn("assistants", **old), of_one_turn("responses", **new)).differences
        assert (found.kind, found.field) == ("seen", field)


@pytest.mark.parametrize(
    "changes",
    [
        {"description": "Find."},
        {"parameters": {"type": "object", "properties": {"title": {"type": "integer"}}, "required": ["title"]}},
        {"strict": True, "parameters": {"type": "object", "properties": {}}},
    ],
)
def test_a_function_that_is_defined_in_another_way(changes: dict[str, Any]) -> None:
    tool = {"type": "function", "function": {**LOOK_UP["function"], **changes}}
    found = compare(of_one_turn("assistants"), of_one_turn("responses", tools=(tool,))).differences
    assert [one.field for one in found] == [f"tools.look_up.{[*changes][-1]}"]


def test_a_function_that_is_no_longer_strict() -> None:
    strict = {"type": "function", "function": {**LOOK_UP["function"], "strict": True}}
    (found,) = compare(of_one_turn("assistants", tools=(strict,)), of_one_turn("responses")).differences
    assert found.field == "tools.look_up.strict"


@pytest.mark.parametrize(
    "did",
    [
        (),
        (said("Two copies."), said("Bye.")),
        (said("One copy."),),
        (Did("refusal", "Two copies."),),
        (Did("code", "1"),),
    ],
)
def test_another_outcome(did: tuple[Did, ...]) -> None:
    new = record("responses", turn("Emma?", (saw("responses", user("Emma?")),), *did))
    assert {one.kind for one in compare(of_one_turn("assistants"), new).failures} == {"outcome"}


def test_calls_in_another_order() -> None:
    old = with_turn(before(), 0, did=(called(), called(name="lend"), said("Two copies.")))
    new = with_turn(after(), 0, did=(called(name="lend"), called(), said("Two copies.")))
    assert "order" in [one.field for one in compare(old, new).differences]


def test_a_turn_that_ends_in_another_way() -> None:
    (found,) = sentences(before(), with_turn(after(), 1, status="failed", reason="server_error"))
    assert found == "turn 2: the turn ends as failed (server_error), before as completed [library.yaml:8]"


def test_a_turn_that_is_missing() -> None:
    first, second = after().dialogues[0].turns
    (found,) = sentences(before(), record("responses", first))
    assert found == "turn 2: the turn with the message 'Thank you.' is missing [library.yaml:8]"
    port = with_saw(record("responses", second), 0, 0, messages=before().dialogues[0].turns[1].saw[0].messages)
    assert [one.field for one in compare(before(), port).differences] == ["turn"]


def test_a_text_that_differs_is_not_said_again_of_later_turns() -> None:
    port = with_turn(after(), 0, did=(said("I look."), called(), said("No copy.")))
    history = [
        replace(one, text="No copy.") if one.text == "Two copies." else one
        for one in port.dialogues[0].turns[1].saw[0].messages
    ]
    (found,) = compare(before(), with_saw(port, 1, 0, messages=tuple(history))).differences
    assert (found.turn, found.field) == (1, "text")


# --- what is listed once ----------------------------------------------------------------------------------------------


def _unlike(**changes: Any) -> tuple[Record, Record]:
    return with_turn(with_turn(before(), 0, **changes), 1, **changes), after()


@pytest.mark.parametrize(
    "old, new, says",
    [
        ({"status": "expired"}, {"status": "failed", "reason": "server_error"}, "a run expires"),
        ({"status": "cancelled"}, {}, "a run is cancelled"),
        ({"status": "incomplete", "reason": "max_prompt_tokens"}, {"status": "failed"}, "max_prompt_tokens"),
        ({"asked": (Asked("GET", "/v1/threads/t/runs/r/steps", 200),)}, {"asked": ()}, "run steps are read"),
        ({"asked": (Asked("POST", "/v1/threads/t/messages/m", 200),)}, {"asked": ()}, "metadata of a message"),
        ({"asked": (Asked("POST", "/v1/threads/t/messages", 400, "busy"),)}, {"asked": ()}, "was refused"),
    ],
)
def test_what_has_no_counterpart_is_listed_once_and_is_no_failure(old: Any, new: Any, says: str) -> None:
    one, other = before(), after()
    for number in (0, 1):
        one, other = with_turn(one, number, **old), with_turn(other, number, **new)
    report = compare(one, other)
    assert report.is_equal
    (found,) = report.differences
    assert found.kind == "no_counterpart"
    assert says in found.sentence


def test_a_limit_of_what_is_read_has_no_counterpart() -> None:
    report = compare(of_one_turn("assistants", max_prompt_tokens=500), of_one_turn("responses"))
    assert report.is_equal
    assert [one.kind for one in report.differences] == ["no_counterpart"]


def test_two_programs_on_assistants_have_counterparts_of_everything() -> None:
    other = with_turn(with_saw(before(), 0, 0, max_prompt_tokens=500), 1, status="expired")
    assert [one.kind for one in compare(before(), other).failures] == ["seen", "outcome"]


_CHANGES: list[Callable[[Record], Record]] = [
    lambda one: with_saw(one, 0, 0, instructions="Other."),
    lambda one: with_turn(one, 0, did=()),
    lambda one: with_turn(one, 1, status="failed"),
    lambda one: record("responses", one.dialogues[0].turns[0]),
]


@pytest.mark.parametrize("change", _CHANGES)
def test_as_much_is_found_from_the_other_side(change: Callable[[Record], Record]) -> None:
    one, other = before(), change(after())
    assert len(compare(one, other).differences) == len(compare(other, one).differences)


def test_what_was_refused_and_not_asked_again_is_found() -> None:
    locked, done = Asked("POST", "/v1/responses", 400, "conversation_locked"), Asked("POST", "/v1/responses", 200)
    assert compare(before(), with_turn(after(), 1, asked=(locked, done))).is_equal
    (found,) = sentences(before(), with_turn(after(), 1, asked=(done, locked)))
    assert found.startswith("turn 2: POST /v1/responses was refused with 'conversation_locked'")


def test_what_was_refused_in_a_new_dialogue_is_found() -> None:
    gone = Asked("POST", "/v1/responses", 404, "previous_response_not_found")
    port = with_turn(after(), 1, asked=(gone,))
    assert any(
        "was refused with 'previous_response_not_found'" in one
        for one in sentences(replace(before(), dialogues=()), port)
    )


def test_what_was_refused_outside_of_any_turn_and_may_succeed_later_is_none() -> None:
    lost = Asked("POST", "/v1/responses", 0), Asked("POST", "/v1/responses", 503, "server_error")
    assert compare(before(), replace(after(), refused=lost)).is_equal
