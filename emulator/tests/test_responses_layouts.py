"""Every layout that a response had has exactly the keys of its time, in their order."""

from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.domain.calls import ToolCall
from emulator.wire.history.responses import CHANGES, event_frame, item_layout, layout
from emulator.wire.responses import documents, events, items


def _keys(text: str) -> list[str]:
    return text.split()


BASE: Final = _keys(
    """id object created_at status background error incomplete_details instructions max_output_tokens max_tool_calls
    model output parallel_tool_calls previous_response_id prompt_cache_key reasoning safety_identifier service_tier
    store temperature text tool_choice tools top_logprobs top_p truncation usage user metadata"""
)


def _with(keys: list[str], **behind: str) -> list[str]:
    keys = list(keys)
    for name, before in behind.items():
        keys.insert(keys.index(before) + 1, name)
    return keys


BILLING: Final = _with(BASE, billing="background")
RETENTION: Final = _with(BILLING, prompt_cache_retention="prompt_cache_key")
PENALTIES: Final = _with(
    RETENTION, completed_at="billing", frequency_penalty="error", presence_penalty="parallel_tool_calls"
)
MODERATION: Final = _with(PENALTIES, moderation="model")
TOOL_USAGE: Final = _with(MODERATION, tool_usage="tool_choice")
PROGRAMS: Final = _with(TOOL_USAGE, access_programs="status")
LAYOUTS: Final = {
    "2025-08-15": BASE,
    "2025-09-17": BASE,
    "2025-09-18": BILLING,
    "2025-11-03": BILLING,
    "2025-11-04": RETENTION,
    "2026-01-17": RETENTION,
    "2026-01-18": PENALTIES,
    "2026-04-26": PENALTIES,
    "2026-04-27": MODERATION,
    "2026-06-24": MODERATION,
    "2026-06-25": TOOL_USAGE,
    "2026-09-23": TOOL_USAGE,
    "2026-09-24": PROGRAMS,
}


def a_response(
    day: str = "2026-09-24", model: str = "gpt-4o-mini", status: str = "completed", **more: Any
) -> dict[str, Any]:
    given_ = {
        "conversation_id": None,
        "tools": [],
        "choice": "auto",
        "text": {"format": {"type": "text"}},
        "sent": {},
        **more,
    }
    return documents.response("resp_1", now=1, model=model, day=day, status=status, **given_)


@pytest.mark.parametrize("day, keys", LAYOUTS.items())
def test_a_response_at_rest_has_the_keys_of_its_day_in_their_order(day: str, keys: list[str]) -> None:
    assert list(layout(a_response(day), day, at_rest=True)) == keys


@pytest.mark.parametrize("day, keys", LAYOUTS.items())
def test_a_conversation_stands_before_the_error_where_one_was_used(day: str, keys: list[str]) -> None:
    shown = layout(a_response(day, conversation_id="conv_1"), day, at_rest=True)
    assert list(shown) == _with(keys, conversation=keys[keys.index("error") - 1])
    assert shown["conversation"] == {"id": "conv_1"}


@pytest.mark.parametrize("day, keys", LAYOUTS.items())
@given(status=st.sampled_from(["queued", "in_progress"]))
def test_who_pays_is_not_shown_before_a_response_is_done(day: str, keys: list[str], status: str) -> None:
    shown = layout(a_response(day, status=status), day, at_rest=True)
    assert list(shown) == [name for name in keys if name != "billing"]


@pytest.mark.parametrize("day, keys", LAYOUTS.items())
@given(status=st.sampled_from(["in_progress", "completed", "incomplete"]))
def test_who_pays_is_in_no_event(day: str, keys: list[str], status: str) -> None:
    event, data = events.of_response(f"response.{status}", a_response(day, status=status))
    frame = event_frame(event, data, 0, day, background=False)
    assert list(frame["response"]) == [name for name in keys if name != "billing"]


def test_changes_are_listed_newest_first_and_each_has_evidence() -> None:
    assert [change.day for change in CHANGES] == sorted((change.day for change in CHANGES), reverse=True)
    assert all(change.evidence for change in CHANGES)


def test_functions_have_the_schema_of_their_output_since_late_2026() -> None:
    tool: dict[str, Any] = {"type": "function", "description": None, "name": "f", "parameters": {}, "strict": True}
    doc = a_response(tools=[tool, {"type": "code_interpreter", "container": {"type": "auto"}}])
    assert layout(doc, "2026-09-23", at_rest=True)["tools"] == [tool, doc["tools"][1]]
    newest = layout(doc, "2026-09-24", at_rest=True)["tools"][0]
    assert list(newest) == ["type", "description", "name", "output_schema", "parameters", "strict"]


def test_results_of_searches_name_their_store_since_december_2025() -> None:
    result = items.search_result("file-1", "a.txt", 0.5, "a", attributes={}, vector_store_id="vs_1")
    search = items.file_search_call("fs_1", ["a"], [result])
    before = {**search, "results": [{name: value for name, value in result.items() if name != "vector_store_id"}]}
    assert item_layout(search, "2025-12-09") == before
    assert item_layout(search, "2025-12-10") == search
    assert layout({**a_response(), "output": [search]}, "2025-12-09", at_rest=True)["output"] == [before]
    event, data = events.output_item_done(0, search)
    assert event_frame(event, data, 0, "2025-12-09", background=False)["item"] == before
    hidden = items.shown(search, ())
    assert item_layout(hidden, "2025-12-09") == hidden


def test_usage_says_what_was_written_into_the_cache_since_july_2026() -> None:
    doc = documents.with_usage(a_response(), documents.usage(3, 4, cached=2, reasoning=1))
    assert layout(doc, "2026-07-08", at_rest=True)["usage"] == {
        "input_tokens": 3,
        "input_tokens_details": {"cached_tokens": 2},
        "output_tokens": 4,
        "output_tokens_details": {"reasoning_tokens": 1},
        "total_tokens": 7,
    }
    details = layout(doc, "2026-07-09", at_rest=True)["usage"]["input_tokens_details"]
    assert list(details) == ["cache_write_tokens", "cached_tokens"]


@pytest.mark.parametrize(
    "day, model, keys",
    [
        ("2026-05-27", "gpt-5.4", ["effort", "summary"]),
        ("2026-05-28", "gpt-5.4", ["context", "effort", "summary"]),
        ("2026-07-09", "gpt-5.4", ["context", "effort", "mode", "summary"]),
        ("2026-07-09", "gpt-4.1", ["context", "effort", "summary"]),
    ],
)
def test_reasoning_has_what_its_day_and_its_model_have(day: str, model: str, keys: list[str]) -> None:
    assert list(layout(a_response(day, model), day, at_rest=True)["reasoning"]) == keys


# --- events ---------------------------------------------------------------------------------------------------------

OLD, SORTED = "2025-12-04", "2026-03-18"
TEXT = {"item_id": "msg_1", "index": 0, "content_index": 0}
EVENTS: Final = (
    (events.output_item_added(0, {}), "output_index item"),
    (events.output_item_done(0, {}), "output_index item"),
    (events.content_part_added("msg_1", 0, 0, {}), "item_id output_index content_index part"),
    (events.content_part_done("msg_1", 0, 0, {}), "item_id output_index content_index part"),
    (
        (events.TEXT_DELTA, events.text_delta("msg_1", 0, 0)[1]("a")),
        "item_id output_index content_index delta logprobs obfuscation",
    ),
    (events.text_done("msg_1", 0, 0, "a"), "item_id output_index content_index text logprobs"),
    (
        events.annotation_added("msg_1", 0, 0, 0, {}),
        "item_id output_index content_index annotation_index annotation",
    ),
    ((events.ARGUMENTS_DELTA, events.arguments_delta("fc_1", 0)[1]("a")), "item_id output_index delta obfuscation"),
    (events.arguments_done("fc_1", 0, "{}"), "item_id output_index arguments"),
    ((events.CODE_DELTA, events.code_delta("ci_1", 0)[1]("a")), "output_index item_id delta obfuscation"),
    (events.code_done("ci_1", 0, "1"), "output_index item_id code"),
    (events.code_progress("in_progress", "ci_1", 0), "output_index item_id"),
    (events.search_progress("searching", "fs_1", 0), "output_index item_id"),
)


@pytest.mark.parametrize("event, keys", EVENTS, ids=[event[0] for event, _ in EVENTS])
def test_keys_of_events_have_an_order_of_their_own_in_2025_and_are_sorted_since(
    event: tuple[str, dict[str, Any]], keys: str
) -> None:
    name, data = event
    assert list(event_frame(name, data, 3, OLD, background=False)) == ["type", "sequence_number", *keys.split()]
    shown = event_frame(name, data, 3, SORTED, background=False)
    assert list(shown) == ["type", *sorted([*keys.split(), "sequence_number"])]
    assert (shown["type"], shown["sequence_number"]) == (name, 3)


def test_streams_of_the_background_hide_nothing() -> None:
    name, make = events.text_delta("msg_1", 0, 0)
    assert "obfuscation" not in event_frame(name, make("a"), 0, SORTED, background=True)
    assert "obfuscation" not in event_frame(name, make("a"), 0, SORTED, background=False, obfuscated=False)


@given(st.text(max_size=64))
def test_pieces_of_text_are_padded_to_the_same_lengths(piece: str) -> None:
    name, make = events.text_delta("msg_1", 0, 0)
    shown = event_frame(name, make(piece), 0, SORTED, background=False)
    assert (len(shown["delta"]) + len(shown["obfuscation"])) % 16 == 0


# --- items ----------------------------------------------------------------------------------------------------------


def test_items_have_their_keys_in_the_recorded_order() -> None:
    assert list(items.message("msg_1")) == ["id", "type", "status", "content", "role"]
    assert list(items.message("msg_1", phase="final_answer")) == ["id", "type", "status", "content", "phase", "role"]
    assert list(items.output_text("a")) == ["type", "annotations", "logprobs", "text"]
    call = items.function_call("fc_1", ToolCall("call_1", "function", "{}", {"name": "f"}))
    assert list(call) == ["id", "type", "status", "arguments", "call_id", "name"]
    assert list(items.function_call_output("fc_1", "call_1", "22")) == ["id", "type", "status", "call_id", "output"]
    assert list(items.file_search_call("fs_1")) == ["id", "type", "status", "queries", "results"]
    keys = ["id", "type", "status", "code", "container_id", "outputs"]
    assert list(items.code_interpreter_call("ci_1", "1", "cntr_1")) == keys


def test_results_and_outputs_are_shown_to_those_who_ask_for_them() -> None:
    search = items.file_search_call("fs_1", ["a"], [{"text": "b"}])
    code = items.code_interpreter_call("ci_1", "1", "cntr_1", [{"type": "logs", "logs": "1"}])
    assert items.shown(search, ())["results"] is None
    assert items.shown(search, (items.RESULTS,)) == search
    assert items.shown(code, (items.RESULTS,))["outputs"] is None
    assert items.shown(code, (items.OUTPUTS,)) == code


def test_addresses_of_images_are_shown_to_those_who_ask_for_them() -> None:
    image = {"type": "input_image", "detail": "auto", "file_id": None, "image_url": "data:,"}
    message = items.input_message("msg_1", [items.input_text("a"), image])
    assert items.shown(message, ())["content"][1] == {**image, "image_url": None}
    assert items.shown(message, (items.IMAGE_URLS,)) == message


def test_bytes_of_files_are_never_shown() -> None:
    file = {"type": "input_file", "file_id": None, "filename": "a.pdf"}
    message = items.input_message("msg_1", [items.input_text("a"), {**file, "file_data": "data:,"}])
    assert items.shown(message, (items.IMAGE_URLS,))["content"] == [items.input_text("a"), file]


def test_a_call_in_progress_shows_no_arguments() -> None:
    call = ToolCall("call_1", "function", "{}", {"name": "f"})
    assert [items.function_call("fc_1", call, status)["arguments"] for status in ("in_progress", "completed")] == [
        "",
        "{}",
    ]
