"""What scenarios made from recordings do at the ends of runs: nothing said, cancelled, never answered, failed."""

import pytest

from contract_tests.harness import MODEL, TIDES, WEATHER, parse_events, scenario
from contract_tests.raw_api import raw_api

CANCELLED = {"hold": "cancelled"}
PACES = [
    {"progression": "immediate"},
    {"progression": "polls", "times": 1},
    {"progression": "polls", "times": 3},
    {"progression": "time", "seconds": 0},
]
TOOLS = [WEATHER, TIDES, {"type": "code_interpreter"}]


@pytest.fixture
def api(ns):
    return raw_api(ns)


class Talk:
    """A run on a new thread, polled."""

    def __init__(self, api, **more):
        self.api = api
        assistant = api.post_json("/assistants", {"model": MODEL, "tools": TOOLS})["id"]
        body = {"assistant_id": assistant, "thread": {"messages": [{"role": "user", "content": "hi"}]}, **more}
        run = api.post_json("/threads/runs", body)
        self.thread = f"/threads/{run['thread_id']}"
        self.path = f"{self.thread}/runs/{run['id']}"

    def run(self):
        return self.api.get_json(self.path)

    def until(self, *statuses):
        for _ in range(100):
            if (run := self.run())["status"] in statuses:
                return run
        raise AssertionError(run)

    def answer(self, text="ok"):
        run = self.until("requires_action")
        calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
        outputs = [{"tool_call_id": call["id"], "output": text} for call in calls]
        self.api.post_json(f"{self.path}/submit_tool_outputs", {"tool_outputs": outputs})
        return [call["function"]["name"] for call in calls]

    def cancel(self):
        self.api.post_json(f"{self.path}/cancel", {})
        return self.until("cancelled")

    def steps(self):
        return self.api.get_json(f"{self.path}/steps", params={"order": "asc"})["data"]

    def said(self):
        messages = self.api.get_json(f"{self.thread}/messages", params={"order": "asc"})["data"]
        return [one for one in messages if one["role"] == "assistant"]


def text_of(message):
    return message["content"][0]["text"]["value"]


# --- nothing is said ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pace", PACES)
def test_a_turn_without_steps_completes_its_run_without_a_message(ns, api, pace):
    ns.put(pace=pace)
    ns.play()
    talk = Talk(api)
    run = talk.until("completed")
    assert (talk.said(), talk.steps(), run["last_error"]) == ([], [], None)
    assert ns.report()["failures"] == []


def test_a_stream_of_a_turn_without_steps_ends(ns, api):
    ns.play()
    assistant = api.post_json("/assistants", {"model": MODEL})["id"]
    thread = {"messages": [{"role": "user", "content": "hi"}]}
    response = api.post("/threads/runs", {"assistant_id": assistant, "thread": thread, "stream": True})
    assert [name for name, _ in parse_events(response.text)][-4:] == [
        "thread.run.queued",
        "thread.run.in_progress",
        "thread.run.completed",
        "done",
    ]


# --- cancelled by the client --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pace", PACES)
def test_a_message_that_a_cancel_cut_off_stays_incomplete(ns, api, pace):
    ns.put(pace=pace)
    ns.play({"say": "First."}, {"say": "I was about to"}, CANCELLED)
    talk = Talk(api)
    before = talk.until("in_progress")
    assert {talk.run()["status"] for _ in range(12)} == {"in_progress"}
    run = talk.cancel()
    assert run["expires_at"] is None
    assert run["cancelled_at"] < before["expires_at"]
    assert list(map(text_of, talk.said())) == ["First.", "I was about to"]
    assert [step["status"] for step in talk.steps()] == ["completed", "cancelled"]
    assert ns.report()["failures"] == []


@pytest.mark.parametrize("pace", PACES)
def test_code_that_a_cancel_cut_off_is_a_cancelled_step(ns, api, pace):
    ns.put(pace=pace)
    ns.play({"say": "Let me see."}, {"code": "while True: pass"}, CANCELLED)
    talk = Talk(api)
    talk.until("in_progress")
    assert {talk.run()["status"] for _ in range(12)} == {"in_progress"}
    talk.cancel()
    message, code = talk.steps()
    assert (message["status"], code["status"]) == ("completed", "cancelled")
    assert code["step_details"]["tool_calls"][0]["code_interpreter"]["input"] == "while True: pass"
    assert list(map(text_of, talk.said())) == ["Let me see."]


def test_a_run_that_waits_for_its_cancel_waits_on_an_auto_clock(ns, api):
    """The clock does not jump: nothing but the client ends it."""
    ns.play({"say": "I was about to"}, CANCELLED)
    talk = Talk(api)
    run = talk.until("in_progress")
    assert ns.control("GET", "/clock")["now"] < run["expires_at"]
    talk.cancel()


def test_a_stream_shows_the_message_that_a_cancel_cut_off(ns, api, http):
    ns.play({"say": "I was about to"}, CANCELLED)
    assistant = api.post_json("/assistants", {"model": MODEL})["id"]
    body = {"assistant_id": assistant, "thread": {"messages": [{"role": "user", "content": "hi"}]}, "stream": True}
    headers = {"Authorization": f"Bearer {ns.key}", "OpenAI-Beta": "assistants=v2"}
    text, cancelled = "", False
    with http.stream("POST", f"{ns.base_url}/threads/runs", json=body, headers=headers, timeout=60) as response:
        for piece in response.iter_text():
            text += piece
            if text.count("event: thread.message.delta") == 4 and not cancelled:
                cancelled = True
                run = next(data for name, data in parse_events(text) if name == "thread.run.created")
                api.post_json(f"/threads/{run['thread_id']}/runs/{run['id']}/cancel", {})
    events = parse_events(text)
    assert [name for name, _ in events][-5:] == [
        "thread.run.cancelling",
        "thread.message.incomplete",
        "thread.run.step.cancelled",
        "thread.run.cancelled",
        "done",
    ]
    (message,) = [data for name, data in events if name == "thread.message.incomplete"]
    assert (text_of(message), message["incomplete_details"]) == ("I was about to", {"reason": "run_cancelled"})


def test_other_holds_complete_what_is_before_them(ns, api):
    ns.play({"say": "Done."}, {"hold": "gate"})
    talk = Talk(api)
    talk.until("in_progress")
    assert [step["status"] for step in talk.steps()] == ["completed"]


def test_a_test_may_release_what_waits_for_a_cancel(ns, api):
    ns.play({"say": "Done."}, CANCELLED)
    talk = Talk(api)
    run = talk.until("in_progress")
    ns.release(run["id"], "cancelled")
    assert talk.until("completed")
    assert [step["status"] for step in talk.steps()] == ["completed"]


# --- calls --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pace", PACES)
@pytest.mark.parametrize("then", [(), (CANCELLED,), ({"say": "Never said."},)])
def test_a_call_that_is_never_answered_waits_until_the_run_is_cancelled(ns, api, pace, then):
    ns.put(pace=pace)
    ns.play({"call": "look_outside"}, *then)
    talk = Talk(api)
    talk.until("requires_action")
    assert [talk.run()["status"] for _ in range(5)] == ["requires_action"] * 5
    assert talk.cancel()["required_action"] is None
    (step,) = talk.steps()
    assert step["status"] == "cancelled"
    assert talk.said() == []


@pytest.mark.parametrize("pace", PACES)
def test_rounds_of_calls_follow_each_other(ns, api, pace):
    ns.put(pace=pace)
    ns.play(
        {"call": "look_outside", "args": {"town": "Kiel"}, "recorded": "ok"},
        {"say": "Meanwhile."},
        {"call": [{"name": "look_outside"}, {"name": "read_tides"}]},
        {"call": "read_tides"},
        {"say": "Done."},
    )
    talk = Talk(api)
    assert [talk.answer() for _ in range(3)] == [["look_outside"], ["look_outside", "read_tides"], ["read_tides"]]
    talk.until("completed")
    assert list(map(text_of, talk.said())) == ["Meanwhile.", "Done."]
    assert ns.report()["failures"] == ns.report()["drift"] == []


@pytest.mark.parametrize("pace", PACES)
def test_a_run_fails_behind_its_calls(ns, api, pace):
    ns.put(pace=pace)
    ns.play({"call": "look_outside"}, {"fail": "server_error", "message": "Sorry."})
    talk = Talk(api)
    talk.answer()
    assert talk.until("failed")["last_error"] == {"code": "server_error", "message": "Sorry."}
    assert ns.report()["failures"] == []


def test_a_cancel_between_rounds_leaves_the_first_one_completed(ns, api):
    ns.play({"call": "look_outside"}, {"say": "And now"}, CANCELLED)
    talk = Talk(api)
    talk.answer()
    talk.until("in_progress")
    talk.cancel()
    assert [step["status"] for step in talk.steps()] == ["completed", "cancelled"]


# --- pictures -----------------------------------------------------------------------------------------------------------


def test_a_picture_whose_file_is_not_there_is_named_with_its_place(ns):
    error = ns.load(scenario({"say": "Look.", "images": ["assets/chart.png"]}), status=400)["error"]
    assert 'turns[0].steps[0].images[0]: no image "assets/chart.png" beside the scenario' in error["problems"][0]
