"""Calls of every kind of tool in a few words: name, arguments, and what came of them."""

import pytest

from emulator.domain.calls import ToolCall
from emulator.tools import kinds
from emulator.tools.kind import Summary

NAMED = {"function", "mcp", "openapi", "azure_function", "connected_agent"}
# Those of SharePoint are never shown.
SPECIAL = {"code_interpreter", "file_search", "computer_use_preview", "sharepoint_grounding"}


def document(kind, text="asked", result=None, **about):
    """Return a call of a kind as a step shows it."""
    call = ToolCall("call_1", kind, text, {**({"name": "toll"} if kind in NAMED else {}), **about}, result)
    return kinds.of_call(kind).call(call)


def summary(kind, call):
    return kinds.of_call(kind).summary(call)


@pytest.mark.parametrize("kind", [kind for kind in kinds.types_on(None) if kind not in SPECIAL])
def test_what_is_asked_and_answered_is_told_of_every_kind(kind):
    about = {"server_label": "piers"} if kind == "mcp" else {}
    name = "toll" if kind in NAMED else kind
    assert summary(kind, document(kind, **about)) == Summary(name, "asked", None)
    answered = document(kind, result={"output": "answer"}, **about)
    assert summary(kind, answered) == Summary(name, "asked", "answer")


@pytest.mark.parametrize("kind", [kind for kind in kinds.types_on(None) if kind not in SPECIAL])
def test_an_output_that_is_no_text_is_told_as_one(kind):
    about = {"server_label": "piers"} if kind == "mcp" else {}
    output = summary(kind, document(kind, result={"output": {"toll": 3}}, **about)).output
    assert output in ('{"toll":3}', "{'toll': 3}")


def test_code_is_told_with_what_it_printed_and_drew():
    result = {"logs": "2\n", "images": ["file-1"]}
    told = summary("code_interpreter", document("code_interpreter", "print(2)", result))
    assert told == Summary("code_interpreter", "print(2)", "2\n\nfile-1")
    assert summary("code_interpreter", document("code_interpreter", "")) == Summary("code_interpreter", None, None)


def test_a_search_is_told_with_its_hits():
    hits = [
        {"file_id": "file-1", "file_name": "a.txt", "content": [{"type": "text", "text": "low"}]},
        {"file_id": "file-2", "file_name": ""},
    ]
    told = summary("file_search", document("file_search", result={"results": hits}))
    assert told == Summary("file_search", None, "a.txt: low\nfile-2")


def test_a_computer_is_told_with_its_action_and_its_screenshot():
    call = document("computer_use_preview", result={"output": {"type": "image"}}, action={"type": "click", "x": 1})
    told = summary("computer_use_preview", call)
    assert told == Summary("computer_use_preview", '{"type":"click","x":1}', '{"type":"image"}')


@pytest.mark.parametrize("kind", kinds.types_on(None))
def test_a_call_that_lost_its_fields_breaks_nothing(kind):
    assert summary(kind, {"id": "call_1", "type": kind}).output is None
