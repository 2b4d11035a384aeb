"""Parity of right ports: none of what the two APIs do in different ways is a difference, and each use of a rule is named."""

from dataclasses import replace
from typing import Any

import pytest

from emulator.domain.parity.comparison import compare
from emulator.domain.parity.records import Asked, Did, Record, SeenFile, SeenMessage, SeenStore
from emulator.tests.made_up_records import (
    CODE,
    INSTRUCTIONS,
    LOOK_UP,
    PARAMETERS,
    SEARCH,
    after,
    before,
    called,
    dialogue,
    model,
    of_one_turn,
    record,
    rules_used,
    said,
    saw,
    turn,
    user,
    with_saw,
    with_turn,
)


def test_a_port_with_a_conversation_or_a_chain_is_equal() -> None:
    report = compare(before(), after())
    assert report.is_equal
    assert not report.differences
    assert (report.dialogues, report.turns) == (1, 2)
    assert rules_used(report) == {"truncation", "own texts"}


def test_a_record_is_equal_to_itself_without_any_rule() -> None:
    for one in (before(), after()):
        report = compare(one, one)
        assert not report.differences
        assert not report.equalities


def test_a_turn_that_is_begun_again_after_a_lost_answer_is_equal() -> None:
    first = after().dialogues[0].turns[0]
    asked = (Asked("POST", "/v1/responses", 500, "server_error"), *first.asked)
    assert compare(before(), with_turn(after(), 0, asked=asked)).is_equal


# --- instructions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["system", "developer"])
def test_a_message_of_the_developer_stands_for_instructions(role: str) -> None:
    port = after()
    for number, one in enumerate(port.dialogues[0].turns):
        for place, given in enumerate(one.saw):
            messages = (SeenMessage(role, INSTRUCTIONS), *given.messages)
            port = with_saw(port, number, place, instructions=None, messages=messages)
    report = compare(before(), port)
    assert not report.differences
    assert "instruction items" in rules_used(report)


def test_additional_instructions_may_be_a_message_of_their_own() -> None:
    old = of_one_turn("assistants", instructions=f"{INSTRUCTIONS}\nBe brief.")
    new = of_one_turn("responses", SeenMessage("developer", "Be brief."), user("Emma?"))
    assert rules_used(compare(old, new)) == {"instruction items", "truncation"}
    assert compare(old, new).is_equal


def test_additional_instructions_may_be_joined_by_an_empty_line() -> None:
    old = of_one_turn("assistants", instructions=f"{INSTRUCTIONS}\nBe brief.")
    new = of_one_turn("responses", instructions=f"{INSTRUCTIONS}\n\nBe brief.")
    assert rules_used(compare(old, new)) == {"joined instructions", "truncation"}


# --- tools and settings -----------------------------------------------------------------------------------------------


def _function(**changes: Any) -> dict[str, Any]:
    return {"type": "function", "function": {**LOOK_UP["function"], **changes}}


_CLOSED = {**PARAMETERS, "additionalProperties": False}
_SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}}
_EQUAL: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("strict default", {}, {"tools": (_function(strict=True, parameters=_CLOSED),)}),
    ("flat functions", {}, {"tools": ({"type": "function", **LOOK_UP["function"]},)}),
    ("no parameters", {"tools": (_function(parameters={}),)}, {"tools": (_function(parameters={"type": "object", "properties": {}}),)}),
    ("nulls", {"tools": (_function(description=None),)}, {"tools": (_function(description=""),)}),
    ("tool order", {"tools": (LOOK_UP, CODE)}, {"tools": (CODE, LOOK_UP)}),
    ("defaults", {}, {"temperature": None}),
    ("defaults", {"model": "gpt-5.2"}, {"model": "gpt-5.2", "top_p": 0.98}),
    ("defaults", {"model": "gpt-5"}, {"model": "gpt-5", "reasoning_effort": "medium"}),
    ("defaults", {}, {"tool_choice": None}),
    ("defaults", {}, {"parallel_tool_calls": None}),
    ("defaults", {}, {"response_format": {"type": "text"}}),
    ("defaults", {"tools": (SEARCH,)}, {"tools": ({"type": "file_search", "file_search": {"max_num_results": 20, "ranking_options": {"ranker": "auto", "score_threshold": 0.0}}},)}),
    ("flat functions", {"tool_choice": {"type": "function", "function": {"name": "look_up"}}}, {"tool_choice": {"type": "function", "name": "look_up"}}),
    ("flat functions",
     {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": _SCHEMA, "strict": True}}},
     {"response_format": {"type": "json_schema", "name": "a", "schema": _SCHEMA, "strict": True}}),
    ("strict default",
     {"response_format": {"type": "json_schema", "json_schema": {"name": "a", "schema": _SCHEMA}}},
     {"response_format": {"type": "json_schema", "json_schema": {
         "name": "a", "schema": {**_SCHEMA, "required": ["n"], "additionalProperties": False}, "strict": True}}}),
    ("model aliases", {}, {"model": "gpt-4o-2024-08-06"}),
    ("metadata places", {"dialogue_metadata": {"customer": "7"}}, {"metadata": {"customer": "7"}}),
    ("truncation", {"truncation": {"type": "last_messages", "last_messages": 1}}, {}),
]  # fmt: skip


@pytest.mark.parametrize("rule, old, new", _EQUAL)
def test_settings_that_say_the_same_are_equal_by_a_rule(rule: str, old: dict[str, Any], new: dict[str, Any]) -> None:
    report = compare(of_one_turn("assistants", **old), of_one_turn("responses", **new))
    assert not report.differences
    assert rule in rules_used(report)


def test_a_forced_call_counts_for_the_first_request_of_a_turn() -> None:
    old, new = with_saw(before(), 0, 0, tool_choice="required"), with_saw(after(), 0, 0, tool_choice="required")
    report = compare(old, new)
    assert not report.differences
    assert "forced choice" in rules_used(report)
    assert not compare(old, after()).is_equal


# --- files ------------------------------------------------------------------------------------------------------------


def _files(*tools: str) -> tuple[SeenFile, ...]:
    return (SeenFile("file-1", "prices.pdf", tools),)


def _store(number: int, *names: str) -> SeenStore:
    return SeenStore(f"vs_{number}", names)


def test_an_attachment_may_stand_in_a_store_of_its_own() -> None:
    tools = (SEARCH,)
    old = of_one_turn(
        "assistants", user("How much?", "prices.pdf"), tools=tools, files=_files("file_search"), stores=(_store(1, "prices.pdf"),)
    )  # fmt: skip
    new = of_one_turn(
        "responses", user("How much?"), tools=tools, files=_files("file_search"), stores=(_store(2, "prices.pdf"),)
    )
    report = compare(old, new)
    assert not report.differences
    assert "attached files" in rules_used(report)


def test_the_files_of_two_stores_may_stand_in_one() -> None:
    tools = (SEARCH,)
    old = of_one_turn("assistants", tools=tools, stores=(_store(1, "a.txt"), _store(2, "b.txt")))
    new = of_one_turn("responses", tools=tools, stores=(_store(3, "b.txt", "a.txt"),))
    assert rules_used(compare(old, new)) == {"files by name", "truncation"}


def test_a_file_may_be_part_of_the_message_in_place_of_being_searched() -> None:
    old = of_one_turn("assistants", user("How much?", "prices.pdf"), tools=(SEARCH,), files=_files("file_search"))
    new = of_one_turn("responses", user("How much?", "prices.pdf"), tools=(), files=_files())
    report = compare(old, new)
    assert [one.field for one in report.differences] == ["tools.file_search"]
    assert "whole files" in rules_used(report)


def test_files_of_code_may_be_attached_or_in_a_container() -> None:
    tools = (CODE,)
    old = of_one_turn("assistants", user("Plot.", "prices.pdf"), tools=tools, files=_files("code_interpreter"))
    new = of_one_turn("responses", user("Plot."), tools=tools, files=_files("code_interpreter"))
    assert compare(old, new).is_equal


def test_files_that_no_tool_of_the_turn_reads_are_equal_wherever_they_are() -> None:
    old = of_one_turn("assistants", user("How much?", "prices.pdf"), files=_files("file_search"))
    assert compare(old, of_one_turn("responses", user("How much?"))).is_equal


def test_an_image_may_be_sent_as_data() -> None:
    old = of_one_turn("assistants", user("What is it?", "cat.png", images=1))
    new = of_one_turn("responses", user("What is it?", images=1))
    report = compare(old, new)
    assert not report.differences
    assert rules_used(report) == {"inlined images", "truncation"}


def test_what_code_has_drawn_stands_in_a_container() -> None:
    messages = user("Plot."), model("Here.", "plot.png", images=1), user("Thanks.")
    old = of_one_turn("assistants", *messages)
    new = of_one_turn("responses", messages[0], model("Here."), messages[2])
    assert rules_used(compare(old, new)) == {"drawn images", "truncation"}


# --- texts and what else came of a turn -------------------------------------------------------------------------------


def _did(api: str, *did: Did) -> Record:
    return of_one_turn("assistants" if api == "assistants" else "responses", did=did)


@pytest.mark.parametrize(
    "rule, old, new",
    [
        ("whitespace", said("Two copies.\n"), said("Two copies.")),
        ("markers", said("Ten euros ."), said("Ten euros.")),
        ("markers", said("Ten【4:0†prices.pdf】 euros."), said("Ten euros.")),
        ("arguments", Did("call", '{"a":1, "b":2}', "f", "x"), Did("call", '{"b": 2, "a": 1.0}', "f", "x")),
        ("queries", Did("search", "", found=("a.txt",)), Did("search", "price", found=("a.txt",))),
        ("ranking", Did("search", "x", found=("a.txt", "b.txt")), Did("search", "x", found=("b.txt", "a.txt"))),
        ("nulls", Did("code", "1", output=None), Did("code", "1", output="")),
        ("drawn images", said("Here.", images=1), said("Here.")),
    ],
)
def test_outcomes_that_say_the_same_are_equal_by_a_rule(rule: str, old: Did, new: Did) -> None:
    report = compare(_did("assistants", old), _did("responses", new))
    assert not report.differences
    assert rule in rules_used(report)


def test_reasons_have_other_names() -> None:
    old = with_turn(before(), 1, status="incomplete", reason="max_completion_tokens")
    new = with_turn(after(), 1, status="incomplete", reason="max_output_tokens")
    assert "reasons" in rules_used(compare(old, new))


# --- dialogues --------------------------------------------------------------------------------------------------------


def test_dialogues_are_paired_by_their_messages_and_then_in_their_order() -> None:
    def of(api: Any, *names: str) -> Record:
        dialogues = [dialogue(api, turn(name, (saw(api, user(name)),), said(name)), id=f"{api}_{n}") for n, name in enumerate(names)]  # fmt: skip
        return replace(record(api), dialogues=tuple(dialogues))

    assert compare(of("assistants", "Emma?", "Ulysses?"), of("responses", "Ulysses?", "Emma?")).is_equal
    report = compare(of("assistants", "Emma?", "Ulysses?"), of("responses", "Ulysses?", "Pippi?"))
    assert report.dialogues == 2
    pairs = {"assistants_0": "responses_0"}
    assert len(compare(of("assistants", "Hm?", "Hm?"), of("responses", "Hm?", "Hm?"), pairs=pairs).equalities) > 0
    named = compare(of("assistants", "Emma?", "Ulysses?"), of("responses", "Ulysses?", "Emma?"), pairs=pairs)
    assert not named.is_equal


def test_a_stateless_port_may_cut_its_history_as_last_messages_did() -> None:
    cut = {"type": "last_messages", "last_messages": 1}
    old = with_saw(before(), 1, 0, messages=(user("Thank you."),), truncation=cut)
    first, second = with_saw(after(), 1, 0, messages=(user("Thank you."),)).dialogues[0].turns
    new = replace(
        record("responses"), dialogues=(dialogue("responses", first), dialogue("responses", second, id="resp_3"))
    )
    report = compare(old, new)
    assert not report.differences
    assert "dialogues" in rules_used(report)
    assert (report.dialogues, report.turns) == (1, 2)


def test_an_empty_thread_is_no_dialogue() -> None:
    old = replace(before(), dialogues=(dialogue("assistants", id="thread_0"), *before().dialogues))
    assert compare(old, after()).is_equal


def test_calls_may_be_made_in_one_turn_after_the_other_without_a_text() -> None:
    old = with_turn(before(), 0, did=(called(), called("Ulysses"), said("Two copies.")))
    first = after().dialogues[0].turns[0].saw[0]
    new = with_turn(
        after(), 0, did=(called(), called("Ulysses"), said("Two copies.")), saw=(first, replace(first, object="resp_2"))
    )
    second = user("Do you have Emma?"), model("Two copies."), user("Thank you.")
    old, new = with_saw(old, 1, 0, messages=second), with_saw(new, 1, 0, messages=second)
    assert compare(old, new).is_equal
