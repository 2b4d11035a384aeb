"""What the twin makes fits the shapes that its OpenAPI document shows."""

from typing import Any

import jsonschema
import pytest

from emulator.domain.calls import ToolCall
from emulator.wire.history.responses import layout
from emulator.wire.responses import documents, items
from emulator.wire.responses.shapes import SHAPES

CALL = ToolCall("call_1", "function", "{}", {"name": "f"})
RESULT = items.search_result("file-1", "a.txt", 0.5, "a", attributes={}, vector_store_id="vs_1")
CITED = {"type": "file_citation", "file_id": "file-1", "filename": "a.txt", "index": 1}
ITEMS = [
    items.message("msg_1", [items.output_text("a", [CITED])]),
    items.message("msg_1", [items.refusal("no")], status="incomplete", phase="final_answer"),
    items.function_call("fc_1", CALL),
    items.file_search_call("fs_1", ["a"], [RESULT]),
    items.file_search_call("fs_1", status="in_progress"),
    items.code_interpreter_call("ci_1", "1", "cntr_1", [{"type": "logs", "logs": "1"}]),
]
GIVEN = [
    items.input_message("msg_1", [items.input_text("a")], "developer"),
    items.input_message("msg_1", [items.output_text("a")], "assistant"),
    items.function_call_output("fc_1", "call_1", "22"),
]
FUNCTION: dict[str, Any] = {"type": "function", "description": None, "name": "f", "parameters": {}, "strict": True}


def problems(name: str, value: Any) -> list[str]:
    return [error.message for error in jsonschema.Draft202012Validator(SHAPES[name]).iter_errors(value)]


def a_response(**more: Any) -> dict[str, Any]:
    given: dict[str, Any] = {"conversation_id": None, "tools": [FUNCTION], "choice": "auto", "sent": {}, **more}
    return documents.response(
        "resp_1",
        now=1,
        model="gpt-5.4",
        text={"format": {"type": "text"}, "verbosity": "medium"},
        day="2026-09-24",
        status="queued",
        **given,
    )


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_is_a_schema_that_can_be_checked_against(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(SHAPES[name])


@pytest.mark.parametrize("day", ["2026-08-25", "2026-09-24"])
def test_a_response_fits_its_shape(day: str) -> None:
    done = documents.with_usage({**a_response(), "status": "completed", "output": ITEMS}, documents.usage(1, 2))
    for doc in (a_response(), a_response(conversation_id="conv_1"), done):
        assert problems("response", layout(doc, day, at_rest=True)) == []


@pytest.mark.parametrize("item", [*ITEMS, *GIVEN])
def test_an_item_fits_its_shape(item: dict[str, Any]) -> None:
    assert problems("item", item) == []
    assert problems("item", items.shown(item, ())) == []


def test_a_shape_lets_nothing_else_through() -> None:
    doc = a_response()
    assert problems("response", {**doc, "more": 1})
    assert problems("response", {name: value for name, value in doc.items() if name != "status"})
    assert problems("response", {**doc, "output": [GIVEN[0]]})
    assert problems("item", {**ITEMS[0], "created_at": 1})
