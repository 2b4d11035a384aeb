import copy
import json
from datetime import date

import pytest

from emulator.domain.calls import ToolCall
from emulator.tools import file_search, kinds
from emulator.wire import messages, runs, steps
from emulator.wire.history import changes, downgrade
from emulator.wire.history.downgrade import project_part
from emulator.wire.history.wires import V1_ENDS, V1_LAST, V2_FIRST, Wire, betas, wire
from emulator.wire.projection import Via, project, project_event


def show(doc, wire, kind=None):
    """Return a document as a stream shows it, where no verb leaves anything out; or what has a history of its own."""
    if kind is None or kind == doc.get("object"):
        return project(doc, wire, Via.STREAMED, content=True)
    return project_part(doc, wire, kind)


ASSISTANT = {
    "id": "asst_1", "object": "assistant", "created_at": 1, "name": None, "description": None, "model": "gpt-4o",
    "instructions": "Be brief.",
    "tools": [
        {"type": "code_interpreter"},
        file_search.FileSearchTool(type="file_search").to_wire(),
        {"type": "function", "function": {"name": "f", "parameters": {"type": "object", "properties": {}}, "strict": False}},
    ],
    "top_p": 1.0, "temperature": 1.0, "reasoning_effort": None,
    "tool_resources": {"code_interpreter": {"file_ids": ["file-1"]}, "file_search": {"vector_store_ids": []}},
    "metadata": {}, "response_format": "auto",
}  # fmt: skip
RUN = {
    **runs.run("run_1", thread_id="thread_1", now=1, body=runs.CreateRun(assistant_id="asst_1"), assistant=ASSISTANT),
    "usage": runs.usage(3, 4),
}
HIT = {"file_id": "file-1", "file_name": "a.txt", "score": 0.5, "attributes": {}}
RANKING = {"ranker": "default_2024_08_21", "score_threshold": 0.0}
CALLS = [
    kinds.of_call(call.kind).call(call)
    for call in (
        ToolCall("call_1", "code_interpreter", "1"),
        ToolCall("call_2", "file_search", about={"ranking_options": RANKING}, result={"results": [HIT]}),
        ToolCall("call_3", "function", "{}", {"name": "f"}),
    )
]
STEP = {**steps.step("step_1", run=RUN, now=1, details=steps.tool_calls(*CALLS)), "usage": runs.usage(1, 2)}
FILE = {"object": "file", "id": "file-1", "purpose": "assistants", "filename": "a.txt", "bytes": 1, "created_at": 1,
        "expires_at": None, "status": "processed", "status_details": None}  # fmt: skip
STORE = {
    "id": "vs_1", "object": "vector_store", "created_at": 1, "name": None, "description": None, "usage_bytes": 0,
    "file_counts": {}, "status": "completed", "expires_after": None, "expires_at": None, "last_active_at": 1, "metadata": {},
}  # fmt: skip
STORE_FILE = {
    "id": "file-1", "object": "vector_store.file", "usage_bytes": 1, "created_at": 1, "vector_store_id": "vs_1",
    "status": "completed", "last_error": None, "chunking_strategy": {"type": "static"}, "attributes": {},
}  # fmt: skip
CITATION = {
    "type": "file_citation",
    "text": "[1]",
    "start_index": 2,
    "end_index": 5,
    "file_citation": {"file_id": "file-2"},
}
SAMPLES = {
    "assistant": ASSISTANT,
    "thread": {"id": "thread_1", "object": "thread", "created_at": 1, "metadata": {}, "tool_resources": {}},
    "thread.message": messages.message(
        "msg_1", thread_id="thread_1", now=1, role="user", content=[messages.text_part("so[1]", [CITATION])],
        attachments=[{"file_id": "file-2", "tools": [{"type": "file_search"}]}],
    ),
    "thread.run": {**RUN, "status": "incomplete", "tool_choice": {"type": "file_search"}},
    "thread.run.step": STEP,
    "thread.run.step.delta": steps.delta("step_1", {"index": 0, **CALLS[1]}),
    "file": FILE,
    "new file": {**FILE, "purpose": "fine-tune"},
    "file deleted": {"object": "file", "deleted": True, "id": "file-1"},
    "list of file": {"object": "list", "data": [], "has_more": False, "first_id": None, "last_id": None},
    "vector_store": STORE,
    "vector_store.file": STORE_FILE,
    "vector_store.file in batch": STORE_FILE,
    "event": {"event": "thread.run.incomplete"},
    "layout of thread.message": {"compact": False},
    "refusal of files": {"detail": {"message": "No such File object: file-0", "code": None}},
}  # fmt: skip
NEWEST = wire("v2", "2026-08-25")
CASES = [(change, name) for change in changes.CHANGES for name in change.objects]
EACH = pytest.mark.parametrize(
    "change,name", CASES, ids=[f"{change.day} {change.what}: {name}" for change, name in CASES]
)


@EACH
def test_each_downgrade_changes_its_object_and_not_its_argument(change, name):
    sample = copy.deepcopy(SAMPLES[name])
    older = change.downgrade(sample)
    assert sample == SAMPLES[name]
    # Not compared as mappings alone: several changes are a change of order.
    assert json.dumps(older) != json.dumps(sample)


@EACH
def test_downgrading_twice_is_downgrading_once(change, name):
    once = change.downgrade(copy.deepcopy(SAMPLES[name]))
    assert change.downgrade(once) == once
    assert list(change.downgrade(once)) == list(once)


@EACH
def test_a_downgrade_applies_on_the_days_before_its_change_and_on_no_other(change, name):
    beta = change.beta or "v2"
    if change.day != changes.ALWAYS:
        assert change.downgrade not in downgrade._pending(Wire(beta, change.day)).get(name, ())
    before = (
        "2023-01-01" if change.day == changes.ALWAYS else date.fromisoformat(change.day).replace(year=2022).isoformat()
    )
    assert change.downgrade in downgrade._pending(Wire(beta, before))[name]


def test_changes_stand_newest_first():
    days = [change.day for change in changes.CHANGES if change.day != changes.ALWAYS]
    common = [
        day
        for day, change in zip(days, (c for c in changes.CHANGES if c.day != changes.ALWAYS), strict=True)
        if not change.beta
    ]
    old = [change.day for change in changes.CHANGES if change.beta and change.day != changes.ALWAYS]
    assert common == sorted(common, reverse=True)
    assert old == sorted(old, reverse=True)


def test_every_change_says_what_it_is_and_where_it_is_seen():
    for change in changes.CHANGES:
        assert change.what
        assert change.evidence
        assert set(change.objects) <= set(SAMPLES)
        assert change.beta in (None, "v1", "v2")


@pytest.mark.parametrize("name", sorted(set(SAMPLES) - {"thread"}))  # whose empty resources depend on the verb
def test_the_newest_wire_shows_what_is_kept(name):
    assert show(SAMPLES[name], NEWEST, name) == SAMPLES[name]
    assert list(show(SAMPLES[name], NEWEST, name)) == list(SAMPLES[name])


def keys(name, beta, day):
    return list(show(SAMPLES[name], wire(beta, day), name))


def test_one_assistant_read_by_both_versions():
    old, new = (show(ASSISTANT, wire(beta, "2024-04-27")) for beta in ("v1", "v2"))
    assert ("file_ids" in old, "tool_resources" in old) == (True, False)
    assert ("file_ids" in new, "tool_resources" in new) == (False, True)
    assert old["file_ids"] == ["file-1"]
    assert list(old).index("file_ids") == list(new).index("tool_resources")
    assert [tool["type"] for tool in old["tools"]] == ["code_interpreter", "retrieval", "function"]
    assert [tool["type"] for tool in new["tools"]] == ["code_interpreter", "file_search", "function"]
    assert old["tools"][2]["function"] == {"name": "f", "parameters": {"type": "object", "properties": {}}}


def test_file_ids_that_v1_set_are_shown_to_v1_as_they_were_set():
    assistant = {**ASSISTANT, "file_ids": ["file-9"]}
    assert show(assistant, wire("v1", "2024-04-27"))["file_ids"] == ["file-9"]
    assert "file_ids" not in show(assistant, NEWEST)


def test_one_message_read_by_both_versions():
    old = show(SAMPLES["thread.message"], wire("v1", "2024-04-01"))
    assert old["file_ids"] == ["file-2"]
    assert "attachments" not in old
    assert keys("thread.message", "v1", "2024-02-01") == [
        "id", "object", "created_at", "thread_id", "role", "content", "file_ids", "assistant_id", "run_id", "metadata",
    ]  # fmt: skip


def test_an_incomplete_run_was_a_completed_one_to_v1():
    run = SAMPLES["thread.run"]
    assert show(run, wire("v1", "2024-04-27"))["status"] == "completed"
    assert show(run, wire("v2", "2024-04-27"))["status"] == "incomplete"


@pytest.mark.parametrize("day,event", [("2024-05-12", "thread.run.completed"), ("2024-05-13", "thread.run.incomplete")])
def test_the_end_of_an_incomplete_run_got_a_name_of_its_own(day, event):
    assert project_event("thread.run.incomplete", SAMPLES["thread.run"], wire("v2", day))[0] == event


def test_a_run_of_the_first_days_had_few_keys():
    first = keys("thread.run", "v1", "2023-11-10")
    assert first == [
        "id", "object", "created_at", "assistant_id", "thread_id", "status", "started_at", "expires_at", "cancelled_at",
        "failed_at", "completed_at", "last_error", "model", "instructions", "tools", "file_ids", "metadata",
    ]  # fmt: skip
    waiting = {**SAMPLES["thread.run"], "required_action": {"type": "submit_tool_outputs"}}
    assert "required_action" in show(waiting, wire("v1", "2023-11-10"))


def test_usage_got_its_details_in_2025():
    assert list(show(RUN, wire("v2", "2024-12-31"))["usage"]) == [
        "prompt_tokens",
        "completion_tokens",
        "total_tokens",
    ]
    assert len(show(RUN, wire("v2", "2025-01-01"))["usage"]) == 5
    assert show({**RUN, "usage": None}, wire("v2", "2024-12-31"))["usage"] is None


def test_a_search_shows_less_the_further_back():
    days = ("2025-03-11", "2024-08-23", "2024-08-22")
    found = [show(STEP, wire("v2", day))["step_details"]["tool_calls"][1]["file_search"] for day in days]
    assert [found[0].get("results"), found[1].get("results"), found[2]] == [
        [HIT],
        [{k: v for k, v in HIT.items() if k != "attributes"}],
        {},
    ]
    assert show(STEP, wire("v1", "2024-04-27"))["step_details"]["tool_calls"][1] == {
        "id": "call_2",
        "type": "retrieval",
        "retrieval": {},
    }


def test_texts_that_a_search_found_are_shown_to_those_who_ask_for_them():
    found = {**HIT, "content": [{"type": "text", "text": "so"}]}
    search = {**CALLS[1], "file_search": {**CALLS[1]["file_search"], "results": [found]}}
    gone = {"id": "call_4", "type": "weather_map", "weather_map": {"content": "so"}}
    step = {**STEP, "step_details": steps.tool_calls(CALLS[0], search, gone)}
    assert project(step, NEWEST, content=True) == step
    assert project(step, NEWEST)["step_details"]["tool_calls"] == [CALLS[0], CALLS[1], gone]


def test_a_call_that_waits_had_no_output_key_before_march_2024():
    for day, there in (("2024-03-12", False), ("2024-03-13", True)):
        assert ("output" in show(STEP, wire("v1", day))["step_details"]["tool_calls"][2]["function"]) is there


def test_a_delta_goes_back_like_its_step():
    delta = SAMPLES["thread.run.step.delta"]
    found = show(delta, wire("v1", "2024-04-27"))["delta"]["step_details"]
    assert found == {
        "type": "tool_calls",
        "tool_calls": [{"index": 0, "id": "call_2", "type": "retrieval", "retrieval": {}}],
    }


def test_an_event_without_an_object_passes_as_it_is():
    assert project_event("error", {"error": {}}, NEWEST) == ("error", {"error": {}})


def test_each_version_is_spoken_on_its_own_days_only():
    assert wire("v1", "2026-01-01") == Wire("v1", V1_LAST)
    assert wire("v1", "2023-12-01").day == "2023-12-01"
    assert wire("v2", "2023-12-01") == Wire("v2", V2_FIRST)
    assert V2_FIRST < V1_LAST < V1_ENDS


@pytest.mark.parametrize(
    "header,named",
    [
        (None, []),
        ("", []),
        ("assistants=v2", ["v2"]),
        ("assistants=v1, assistants=v2", ["v1", "v2"]),
        ("realtime=v1", []),
    ],
)
def test_a_header_may_name_several_versions(header, named):
    assert betas(header) == named
