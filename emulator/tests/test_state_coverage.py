"""What counts as met, from made-up answers, and what comes of it."""

import pytest

from emulator.coverage_reports.page import page
from emulator.coverage_reports.text import NOTHING, lines, shown, too_low
from emulator.domain.coverage_figures import document, figures_of
from emulator.domain.coverage_items import GROUPS
from emulator.domain.lifecycle import MACHINES
from emulator.domain.observations import Observed, ObservedStream, Seen, of_document, of_list
from emulator.domain.state_coverage import Coverage


def run(status, reason=None):
    return Seen("thread.run", "run_1", status, reason)


def met(*objects, tools=(), **observed):
    coverage = Coverage()
    coverage.offer([{"type": tool} for tool in tools])
    coverage.note(200, Observed(objects, **observed), None)
    return coverage


def group(coverage, name):
    return next((one for one in figures_of(coverage).groups if one.name == name), None)


def test_a_status_is_met_as_often_as_it_was_shown():
    coverage = met(run("queued"), run("queued"), run("failed", "server_error"))
    assert coverage.met == {"run queued": 2, "run failed": 1, "run failed: server_error": 1}


def test_an_answer_that_never_went_out_meets_nothing():
    coverage = Coverage()
    coverage.note(0, None, {"disconnect": True, "before": False})
    assert not coverage.met
    assert coverage.faults == {"disconnect": 1}


def test_a_fault_is_counted_by_what_it_does():
    coverage = Coverage()
    coverage.note(200, None, {"cut_stream_after": 3, "clean": True, "delay": "1s"})
    assert coverage.faults == {"cut_stream_after": 1, "delay": 1}


def test_errors_count_by_status_and_code():
    coverage = Coverage()
    coverage.note(429, Observed(error="rate_limit_exceeded"), {"status": 429})
    coverage.note(429, Observed(error="rate_limit_exceeded"), {"status": 429})
    assert coverage.errors == {"429 rate_limit_exceeded": 2}
    assert coverage.faults == {"status": 2}


def test_nothing_counts_before_anything_was_met():
    figures = figures_of(Coverage())
    assert (figures.percent, figures.groups, figures.missed) == (0.0, (), ())
    assert lines(Coverage()) == [NOTHING]
    assert too_low(Coverage(), 1) == f"{NOTHING}, and 1 % are asked for"
    assert too_low(Coverage(), 0) is None


def test_only_groups_that_are_used_count():
    names = [one.name for one in figures_of(met(run("completed"))).groups]
    assert names == ["runs", "run reasons"]
    assert group(met(Seen("vector_store.file", "file-1", "completed")), "vector stores") is None
    assert group(met(Seen("vector_store.file", "file-1", "completed")), "vector store files").total == 6


def test_what_needs_a_function_counts_only_for_those_who_offer_one():
    without, with_one = group(met(run("completed")), "runs"), group(met(run("completed"), tools=["function"]), "runs")
    assert with_one.total == without.total + 1
    assert "run requires_action" in with_one.missed
    assert "run requires_action" not in without.missed


def test_who_is_asked_for_outputs_has_functions_even_if_the_run_offered_none():
    coverage = met(run("requires_action", "submit_tool_outputs"))
    assert "run requires_action: submit_tool_outputs" in group(coverage, "run reasons").met


def test_deltas_count_by_the_tool_and_only_for_tools_that_are_used():
    coverage = met(events=[("thread.run.step.delta", 7)], ending="done", tools=["code_interpreter"])
    events = group(coverage, "stream events")
    assert events.met == {"event done": 1}
    assert "event thread.run.step.delta code_interpreter" in events.missed
    assert "event thread.run.step.delta file_search" not in events.missed
    coverage.note(200, Observed(ending="cut", tools=("code_interpreter",)), None)
    assert "event thread.run.step.delta code_interpreter" in group(coverage, "stream events").met


def test_an_approval_counts_only_where_a_run_offered_a_server():
    item = "run requires_action: submit_tool_approval"
    assert item not in group(met(run("completed"), tools=["function"]), "run reasons").missed
    assert item in group(met(run("completed"), tools=["mcp"]), "run reasons").missed


def test_what_was_met_and_is_in_no_group_is_listed_apart():
    coverage = met(run("failed", "invalid_image"))
    assert figures_of(coverage).others == {"run failed: invalid_image": 1}
    assert "met, and not counted: run failed: invalid_image (1)" in lines(coverage)


def test_a_stream_that_ends_with_an_error_meets_the_event():
    stream = ObservedStream()
    stream.see("thread.run.created", {"object": "thread.run", "id": "run_1", "status": "queued"})
    stream.cut(1)
    stream.error = "server_error"
    coverage = Coverage()
    coverage.note(200, stream.observed(), {"error_event": True})
    assert {"event error", "event thread.run.created", "run queued"} == set(coverage.met)
    assert coverage.errors == {"event server_error": 1}


def test_the_deltas_behind_a_cut_are_not_met():
    stream = ObservedStream()
    for kind in ("function", "file_search"):
        calls = [{"type": kind, "index": 0}]
        data = {"object": "thread.run.step.delta", "id": "step_1"}
        stream.see("thread.run.step.delta", data | {"delta": {"step_details": {"tool_calls": calls}}}, times=2)
    assert stream.observed().tools == ("function", "file_search")
    stream.cut(3)
    assert stream.observed().tools == ("function", "file_search")
    stream.cut(2)
    assert stream.observed().tools == ("function",)


def test_every_status_of_the_tables_is_in_the_universe_unless_nobody_can_be_shown_it():
    names = {"run step": "step"}
    statuses = {f"{names.get(noun, noun)} {status}" for noun, machine in MACHINES.items() for status in machine}
    items = {item.name for one in GROUPS for item in one.items}
    assert statuses - items == {"file batch failed", "upload expired"}


# --- together -------------------------------------------------------------------------------------------------------


def test_coverages_add_up():
    total = Coverage().merge(met(run("queued"), tools=["function"])).merge(met(run("queued"), run("completed")))
    assert total.met == {"run queued": 2, "run completed": 1}
    assert total.tools == {"function": 1}


def test_an_earlier_state_of_the_same_adds_nothing():
    now, earlier = met(run("queued"), run("queued")), met(run("queued"), run("expired"))
    now.take_over(earlier)
    assert now.met == {"run queued": 2, "run expired": 1}


def test_json_gives_the_same_coverage_again():
    coverage = met(run("failed", "server_error"), tools=["function"])
    coverage.note(404, Observed(error="invalid_request_error"), None)
    assert Coverage.from_json(coverage.to_json()) == coverage
    assert Coverage.from_json(document(coverage)) == coverage


@pytest.mark.parametrize(
    "data",
    [{}, {"met": []}, {"met": {"a": -1}}, {"met": {"a": 1.5}}, {"met": {"a": True}}, {"met": {"a": 2**70}}],
)
def test_what_is_no_coverage_is_refused(data):
    with pytest.raises(ValueError, match=r"coverage has counts|positive numbers"):
        Coverage.from_json({**({"errors": {}, "faults": {}, "tools": {}} if data else {}), **data})


# --- for people -----------------------------------------------------------------------------------------------------


def test_the_text_names_each_missed_item_with_its_line():
    shown_lines = lines(met(run("queued"), run("completed")))
    assert shown_lines[0] == "state coverage: 14.2 % (2 of 14)"
    assert any(line.split() == ["runs", "2/8", "25", "%"] for line in shown_lines)
    assert any(line.split() == ["run", "failed", "-", "fail:", "server_error"] for line in shown_lines)
    assert any('ns.cancel("next", at="in_progress")' in line and line.endswith("(pace polls)") for line in shown_lines)


def test_a_coverage_that_is_not_whole_is_never_shown_as_whole():
    assert (shown(99.99), shown(100.0), shown(0.0)) == ("99.9", "100.0", "0.0")


def test_a_coverage_below_what_is_asked_for_says_by_how_much():
    coverage = met(run("queued"), run("completed"))
    assert too_low(coverage, 14) is None
    assert too_low(coverage, 20.5) == "state coverage of 14.2 % is 6.3 below the 20.5 % that are asked for"


def test_the_page_names_the_same_and_nothing_in_it_is_taken_for_html():
    coverage = met(run("queued"), run("<b>failed</b>"))
    coverage.note(400, Observed(error="<script>"), None)
    html = page(coverage, "Namespace a")
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    assert "<code>- stop: max_completion_tokens</code>" in html
    assert "Namespace a" in html


# --- responses ------------------------------------------------------------------------------------------------------


def response(status, **more):
    return {"object": "response", "id": "resp_1", "status": status, **more}


def streamed(*events, ending="done", error=None):
    stream = ObservedStream()
    for name, data in events:
        stream.see(name, data)
    stream.ending, stream.error = ending, error
    coverage = Coverage()
    coverage.note(200, stream.observed(), None)
    return coverage


def test_a_response_shows_its_status_with_the_reason():
    failed = of_document(response("failed", error={"code": "server_error", "message": "Sorry."}))
    incomplete = of_document(response("incomplete", error=None, incomplete_details={"reason": "content_filter"}))
    coverage = Coverage()
    for observed in (failed, incomplete):
        coverage.note(200, observed, None)
    assert set(coverage.met) == {
        "response failed", "response failed: server_error",
        "response incomplete", "response incomplete: content_filter",
    }  # fmt: skip
    assert [one.name for one in figures_of(coverage).groups] == ["responses"]


def test_items_are_no_objects_that_show_a_status():
    item = {"id": "msg_1", "type": "message", "status": "completed", "role": "user", "content": []}
    assert of_document(item) is None
    assert of_list([item], has_more=True) == Observed((), has_more=True)


def test_events_of_a_response_show_what_is_nested_in_them():
    coverage = streamed(
        ("response.created", {"response": response("in_progress")}),
        ("response.output_item.done", {"item": {"id": "msg_1", "status": "completed"}}),
        ("response.completed", {"response": response("completed")}),
    )
    assert coverage.met == {
        "event response.created": 1, "event response.output_item.done": 1, "event response.completed": 1,
        "response in_progress": 1, "response completed": 1,
    }  # fmt: skip
    assert [one.name for one in figures_of(coverage).groups] == ["responses", "response events"]


@pytest.mark.parametrize("told", [True, False])
def test_an_error_in_the_stream_of_a_response_is_its_own(told):
    created = ("response.created", {"response": response("in_progress")})
    events = [created, ("error", {"error": {"code": "server_error"}})] if told else [created]
    coverage = streamed(*events, ending="cut", error=None if told else "server_error")
    assert coverage.met["event error response"] == 1
    assert not {"event error", "event done"} & set(coverage.met)


def test_what_only_the_background_and_streams_show_counts_only_there():
    plain = Coverage()
    plain.note(200, of_document(response("completed")), None)
    assert not {"response queued", "response cancelled", "response in_progress"} & set(group(plain, "responses").missed)
    plain.note(200, of_document(response("queued")), None)
    assert "response cancelled" in group(plain, "responses").missed
    plain.merge(streamed(("response.created", {})))
    assert "response in_progress" in group(plain, "responses").missed
