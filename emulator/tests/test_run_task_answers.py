"""Calls that go on with what the client answers, and calls that are never answered, over restarts too."""

import json

import pytest

from emulator.domain.actions import Call, Fail, Hold, Say, Stream, UseTool, UseTools
from emulator.store.tables import ReportLine, RunAction

DEPTH = UseTool("mcp", {"pier": "north"}, "4 m", name="depth_at", approve=True)
CLICK = UseTool("computer_use_preview", {"type": "click", "x": 1, "y": 2})


@pytest.fixture
def on_file(engine, tmp_path):
    return lambda begin: engine(begin, db=tmp_path / "answers.db")


def waiting(s):
    """Return the id of the call that the run waits for."""
    required = s.run["required_action"]
    (call,) = required[required["type"]]["tool_calls"]
    return call["id"]


async def approve(s, *, yes=True):
    await s.submit_answers({waiting(s): yes})


def outputs(s):
    return [call.get("output") for step in s.steps for call in step["step_details"].get("tool_calls", ())]


@pytest.mark.parametrize("yes", [True, False])
async def test_a_run_that_waits_for_an_approval_goes_on_after_a_restart(on_file, yes):
    s = on_file([DEPTH, Say("done")])
    await s.play()
    before = s.run, s.steps
    await s.crash()
    assert (s.run, s.steps) == before
    await approve(s, yes=yes)
    await s.settle()
    assert (s.run["status"], s.texts, outputs(s)) == ("completed", ["done"], ["4 m" if yes else None])
    assert s.statuses == ["queued", "in_progress", "requires_action", "queued", "in_progress", "completed"]


@pytest.mark.parametrize("yes", [True, False])
async def test_an_approval_that_was_acknowledged_is_not_asked_for_again(on_file, yes):
    s = on_file([DEPTH, Say("done")])
    await s.play()
    await approve(s, yes=yes)
    await s.crash()
    assert (s.run["status"], s.texts, outputs(s)) == ("completed", ["done"], ["4 m" if yes else None])
    assert [step["type"] for step in s.steps] == ["activities", "tool_calls", "message_creation"]


async def test_a_call_that_was_being_written_is_written_once(on_file):
    slow = UseTool("mcp", "one two three", "4 m", name="depth_at", approve=True, stream=Stream(tps=1))
    s = on_file([slow, Say("done")])
    await s.play()
    await s.advance(1)
    assert s.run["status"] == "in_progress"
    await s.crash()
    await s.advance(5)
    await approve(s)
    await s.settle()
    assert (s.run["status"], outputs(s)) == ("completed", ["4 m"])
    assert [step["type"] for step in s.steps] == ["activities", "tool_calls", "message_creation"]


async def test_an_action_on_a_computer_goes_on_after_a_restart(on_file):
    seen = []

    def script(view):
        used = yield CLICK
        seen.append(used.output)

    s = on_file(script)
    await s.play()
    await s.crash()
    await s.submit_answers({waiting(s): {"output": {"file_id": "file-1"}, "acknowledged_safety_checks": None}})
    await s.crash()
    assert (s.run["status"], seen) == ("completed", [{"file_id": "file-1"}])


async def test_what_was_approved_is_not_asked_for_again_by_a_script_that_plays_on(on_file):
    s = on_file([DEPTH, Hold("x"), Say("done")])
    await s.play()
    await approve(s)
    await s.settle()
    await s.crash()
    assert s.waits_for == "hold:x"
    await s.release("x")
    await s.settle()
    assert (s.run["status"], s.texts) == ("completed", ["done"])


async def test_a_log_of_an_earlier_version_is_gone_on_with(on_file):
    s = on_file([UseTool("bing_grounding", "ferry"), Hold("x"), Say("done")])
    await s.play()
    (row, *_) = s.rows(RunAction, run_id=s.run_id)
    old = {name: value for name, value in row["action"].items() if name not in ("name", "details", "approve")}
    s.documents.database.driver.execute("update run_actions set action = ? where n = 1", (json.dumps(old),))
    await s.crash()
    assert s.waits_for == "hold:x"


# --- calls that scripts make wrongly --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "use,message",
    [
        (UseTool("mcp", {"a": 1}), "mcp needs name, the function that it calls"),
        (UseTools(DEPTH, UseTool("mcp", name="")), "mcp needs name, the function that it calls"),
        (UseTool("openapi", {"a": 1}, "y"), "openapi needs name, the function that it calls"),
        (UseTool("computer_use_preview"), "computer_use_preview needs input, an action such as {type: screenshot}"),
        (
            UseTool("mcp", name="f", details={"id": "zz"}),
            "id of a call of mcp is given by the emulator, not in details",
        ),
        (
            UseTool("bing_grounding", "x", details={"requesturl": 5}),
            "requesturl of a call of bing_grounding has to be a text",
        ),
    ],
)
async def test_a_call_that_cannot_be_shown_fails_its_run_and_is_reported(engine, use, message):
    s = engine([use, Say("done")])
    await s.play()
    assert (s.run["status"], s.steps) == ("failed", [])
    assert s.run["last_error"] == {"code": "server_error", "message": f"[emulator] script: {message}"}
    assert [row["doc"]["message"] for row in s.rows(ReportLine)] == [message]


@pytest.mark.parametrize("kind", ["bing_grounding", "bing_custom_search", "deep_research", "browser_automation"])
async def test_a_call_that_asks_nothing_is_reported_and_asks_an_empty_text(engine, kind):
    s = engine([UseTool(kind), Say("done")])
    await s.play()
    assert s.run["status"] == "completed"
    (call,) = s.steps[0]["step_details"]["tool_calls"]
    assert call[kind].get("input", "") == ""
    assert call[kind].get("requesturl", "?q=").endswith("?q=")
    assert any(f"{kind} needs " in row["doc"]["message"] for row in s.rows(ReportLine))


async def test_an_unknown_tool_of_a_python_script_is_reported_with_the_nearest_name(engine):
    s = engine([UseTool("shaepoint_grounding", "x")])
    await s.play()
    assert s.run["last_error"]["message"] == (
        "[emulator] script: uses shaepoint_grounding, which is no kind of tool that it can be used for,"
        " did you mean sharepoint_grounding?"
    )


# --- calls that are never answered ----------------------------------------------------------------------------------


async def test_a_run_fails_while_its_calls_have_no_output(engine):
    s = engine([Say("Let me see."), Fail("rate_limit_exceeded", "busy", (Call("f", {"a": 1}), Call("g")))])
    await s.play()
    assert (s.run["status"], s.run["last_error"]) == ("failed", {"code": "rate_limit_exceeded", "message": "busy"})
    assert s.statuses == ["queued", "in_progress", "failed"]
    message, step = s.steps
    assert (message["status"], step["status"]) == ("completed", "failed")
    assert step["failed_at"] == s.run["failed_at"]
    assert step["last_error"] == {"code": "rate_limit_exceeded", "message": "busy"}
    assert [call["function"]["output"] for call in step["step_details"]["tool_calls"]] == [None, None]
    assert step["usage"]["completion_tokens"] > 0
    assert s.run["usage"]["total_tokens"] == sum(one["usage"]["total_tokens"] for one in s.steps)


async def test_calls_that_were_being_written_when_the_server_died_fail_once(on_file):
    calls = (Call("f", '{"a": 1, "b": 2}', stream=Stream(tps=1)),)
    s = on_file([Fail("server_error", "broken", calls)])
    await s.play()
    await s.advance(1)
    await s.crash()
    await s.advance(9)
    assert s.run["status"] == "failed"
    (step,) = s.steps
    assert (step["status"], len(step["step_details"]["tool_calls"])) == ("failed", 1)


async def test_calls_of_a_tool_that_were_being_written_when_the_server_died_fail_once(on_file):
    slow = UseTool("mcp", "one two three", name="depth_at", stream=Stream(tps=1))
    s = on_file([Fail("server_error", "broken", (slow,))])
    await s.play()
    await s.advance(1)
    await s.crash()
    await s.advance(9)
    assert s.run["status"] == "failed"
    listed, step = s.steps
    assert (listed["type"], listed["status"]) == ("activities", "completed")
    assert (step["status"], len(step["step_details"]["tool_calls"])) == ("failed", 1)


@pytest.mark.parametrize(
    "use,message",
    [
        (UseTool("radar", "x"), "uses radar, which is no kind of tool that it can be used for"),
        (UseTool("mcp"), "mcp needs name, the function that it calls"),
    ],
)
async def test_a_call_beside_a_failure_that_cannot_be_shown_is_reported_instead(engine, use, message):
    s = engine([Fail("rate_limit_exceeded", "busy", (use,))])
    await s.play()
    assert (s.run["status"], s.steps) == ("failed", [])
    assert s.run["last_error"] == {"code": "server_error", "message": f"[emulator] script: {message}"}


async def test_several_approvals_survive_restarts(on_file):
    both = UseTools(DEPTH, UseTool("mcp", {"pier": "south"}, "5 m", name="depth_at", approve=True))
    s = on_file([both, Say("done")])
    await s.play()
    await s.crash()
    first, second = (call["id"] for call in s.run["required_action"]["submit_tool_approval"]["tool_calls"])
    await s.submit_answers({first: False, second: True})
    await s.crash()
    assert (s.run["status"], outputs(s)) == ("completed", [None, "5 m"])
