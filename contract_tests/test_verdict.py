"""The verdict on programs, against a real server: each finding has a program that earns it, and one that does not."""

import re
from pathlib import Path

import openai
import pytest

from contract_tests import resilience as programs
from contract_tests.harness import NOON
from contract_tests.resilience import Setting
from emulator.domain.verdict.findings import Finding, FindingKind
from emulator.harness.errors import CheckFailedError

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "verdict.md").read_text()

RUNS, MESSAGES = "/threads/*/runs", "/threads/*/messages"
SAYS, ASKS, FAILS = {"say": "one two three"}, {"call": "look_outside"}, {"fail": "server_error", "message": "broken"}
BUSY = {"status": 429, "headers": {"retry-after": "20"}}
LOST = {"disconnect": True, "before": False}

# finding, what the script does, what goes wrong where and how often, the program that earns it, one that does not
TABLE = [
    (
        "retry_after_ignored",
        SAYS,
        (BUSY, RUNS, 1),
        programs.comes_back_before_its_time,
        programs.comes_back_when_it_may,
    ),
    ("retried_non_retryable", ASKS, None, programs.repeats_what_was_refused, programs.waits_until_the_run_is_over),
    ("retry_storm", SAYS, ({"status": 503}, RUNS, 11), programs.never_stops, programs.stops_after_some),
    ("did_it_twice", SAYS, (LOST, MESSAGES, 1), programs.asks_again, programs.looks_first),
    (
        "did_it_twice",
        SAYS,
        ({"status": 500, "before": False}, RUNS, 1),
        programs.starts_again,
        programs.looks_for_the_run,
    ),
    ("did_it_twice", SAYS, ({"truncate": 20}, RUNS, 1), programs.starts_again, programs.looks_for_the_run),
    (
        "part_taken_for_whole",
        SAYS,
        ({"cut_stream_after": 6, "clean": True}, RUNS, 1),
        programs.believes_the_stream,
        programs.reads_the_run_behind_a_stream,
    ),
    (
        "part_taken_for_whole",
        SAYS,
        ({"omit_done": True}, RUNS, 1),
        programs.believes_the_stream,
        programs.reads_the_run_behind_a_stream,
    ),
    (
        "part_taken_for_whole",
        SAYS,
        ({"cut_stream_after": 6}, RUNS, 1),
        programs.believes_the_stream,
        programs.reads_the_run_behind_a_stream,
    ),
    (
        "part_taken_for_whole",
        SAYS,
        ({"error_event": True}, RUNS, 1),
        programs.believes_the_stream,
        programs.reads_the_run_behind_a_stream,
    ),
    (
        "end_not_looked_at",
        FAILS,
        None,
        programs.reads_the_answer_unseen,
        programs.reads_the_answer_of_a_completed_run,
    ),
    ("run_left_behind", ASKS, None, programs.leaves_its_run, programs.cancels_its_run),
    ("gave_up", SAYS, ({"status": 503}, RUNS, 2), programs.tries_once, programs.stops_after_some),
    ("gave_up", ASKS, (LOST, RUNS, 1), programs.starts_again, programs.looks_for_the_run),
    (
        "gave_up",
        SAYS,
        ({"cut_stream_after": 6}, RUNS, 1),
        programs.leaves_it_at_an_error,
        programs.reads_the_run_behind_a_stream,
    ),
    ("no_backoff", SAYS, ({"status": 503}, RUNS, 2), programs.tries_at_one_pace, programs.stops_after_some),
    (
        "no_read_timeout",
        SAYS,
        ({"stall_stream_after": 3, "for": "200ms"}, RUNS, 1),
        programs.reads_the_run_behind_a_stream,
        None,
    ),
    (
        "no_read_timeout",
        SAYS,
        ({"stall_stream_after": 3, "for": "1h"}, RUNS, 1),
        None,
        programs.has_a_read_time_out,
    ),
    ("polled_too_fast", ASKS, None, programs.polls_without_a_pause, programs.polls_as_its_helper_does),
]


@pytest.fixture
def setting(ns, client):
    """What a program works with; its clock is frozen, and goes on only while the program waits."""
    ns.put(clock=NOON)
    return Setting(ns, client)


@pytest.fixture
def judge(ns, setting):
    """Return a function that runs a program within what goes wrong, and returns the kinds of what is found of it."""

    def judged(step, fault, program):
        ns.play(step)
        if fault is not None:
            do, path, times = fault
            ns.fault(do, method="POST", path=path, times=times)
        program(setting)
        return [one["kind"] for one in ns.control("GET", "/verdict")["findings"]]

    return judged


def rows(place):
    """Return the rows of the table that have a program in a place."""
    return [
        pytest.param(row[0], row[1], row[2], row[place], id=f"{row[0]}-{row[place].__name__}-{number}")
        for number, row in enumerate(TABLE)
        if row[place] is not None
    ]


@pytest.mark.parametrize("kind, step, fault, program", rows(3))
def test_a_program_earns_its_finding(judge, kind, step, fault, program):
    assert kind in judge(step, fault, program)


@pytest.mark.parametrize("kind, step, fault, program", rows(4))
def test_a_sound_program_earns_none(judge, kind, step, fault, program):
    assert judge(step, fault, program) == []


# --- what the table leaves out --------------------------------------------------------------------------------------


def test_every_kind_of_finding_is_earned_by_a_program_and_described():
    kinds = {kind.value for kind in FindingKind}
    assert {row[0] for row in TABLE} == kinds
    assert set(re.findall(r"^\| \*\*(?:fail|warn)\*\* `(\w+)` \|", PAGE, re.MULTILINE)) == kinds
    assert set(re.findall(r"^\*\*`(\w+)`\*\*: ", PAGE, re.MULTILINE)) == kinds


def test_the_page_says_which_findings_only_warn():
    severities = {kind: severity for severity, kind in re.findall(r"^\| \*\*(\w+)\*\* `(\w+)` \|", PAGE, re.MULTILINE)}
    assert severities == {kind.value: Finding(kind, "").severity for kind in FindingKind}


def test_a_verdict_moves_nothing(ns, setting):
    ns.play(SAYS)
    ns.control("PUT", "/pace", {"progression": "polls", "times": 2})
    run = setting.start()
    for _ in range(5):
        (finding,) = ns.control("GET", "/verdict")["findings"]
        assert (finding["kind"], finding["severity"]) == ("run_left_behind", "fail")
    assert [setting.read(run).status for _ in range(3)] == ["queued", "queued", "in_progress"]


def test_a_strict_verdict_fails_for_warnings(ns, setting):
    ns.fault({"status": 503}, method="POST", path=RUNS)
    programs.tries_once(setting)
    assert ns.control("GET", "/verdict")["passed"]
    verdict = ns.control("GET", "/verdict?strict=true")
    assert (verdict["passed"], verdict["strict"], verdict["faults"]) == (False, True, 1)


def test_a_reset_begins_anew(ns, setting):
    programs.leaves_its_run(setting)
    ns.control("POST", "/reset")
    assert ns.control("GET", "/verdict") == {
        "passed": True,
        "strict": False,
        "requests": 0,
        "faults": 0,
        "findings": [],
    }


def test_a_namespace_that_does_not_exist_has_none(http, server):
    answer = http.get(f"{server.url}/_emulator/ns/never-made/verdict")
    assert (answer.status_code, answer.json()["error"]["type"]) == (404, "control_error")


def test_a_key_in_a_path_is_not_shown(ns, raw):
    secret = "sk-proj-abcdefghijklmnopqrstuvwxyz0123456789"
    ns.fault({"status": 503}, path="/threads/*")
    raw.get(f"/threads/{secret}")
    assert secret not in str(ns.control("GET", "/verdict"))


def test_the_python_face_raises_what_fails(server):
    ns = server.emulator.namespace("verdict-face", clock=NOON)
    setting = Setting(ns, ns.client())
    ns.load("emulator: 1\nturns: [{name: any, steps: [{call: look_outside}]}]\n")
    ns.assert_resilient(strict=True)
    programs.leaves_its_run(setting)
    (finding,) = ns.verdict().findings
    assert (finding.kind, ns.verdict().passed) == ("run_left_behind", False)
    with pytest.raises(CheckFailedError, match=r"^fail: run_left_behind: run_") as raised:
        ns.assert_resilient()
    assert isinstance(raised.value, AssertionError)
    ns.delete()
    ns.assert_resilient()


async def test_the_asynchronous_face_has_the_same(server):
    ns = server.emulator.async_namespace("verdict-async", clock=NOON)
    assert (await ns.verdict()).passed
    await ns.assert_resilient(strict=True)
    await ns.delete()


def test_a_client_that_left_before_the_answer_came_and_asks_again_does_it_twice(ns, setting, client):
    ns.fault({"delay": "1h", "before": False}, method="POST", path=MESSAGES, times=1)
    patient = client.with_options(timeout=0.5, max_retries=5)
    patient.beta.threads.messages.create(setting.thread.id, role="user", content="And tomorrow?")
    assert [one["kind"] for one in ns.control("GET", "/verdict")["findings"]] == ["did_it_twice"]


def test_what_the_clock_jumps_by_while_a_run_is_streamed_is_not_waited_for(ns, setting):
    ns.put(clock="auto")
    ns.play({"wait": "60s"}, SAYS)
    ns.fault(BUSY, method="POST", path=RUNS, times=1)
    for _ in range(2):
        try:
            list(setting.start(stream=True))
        except openai.RateLimitError:
            continue
    assert [one["kind"] for one in ns.control("GET", "/verdict")["findings"]] == ["retry_after_ignored"]


def test_uploads_are_attempts_of_one_call_although_each_form_has_another_boundary(ns, setting):
    ns.fault({"status": 503}, method="POST", path="/files", times=2)
    upload = setting.client.files.create
    assert programs.attempts(setting, lambda: upload(file=("a.txt", b"tide"), purpose="assistants"), [1, 2])
    assert ns.control("GET", "/verdict")["findings"] == []


def test_an_upload_whose_answer_is_lost_is_done_twice(ns, setting):
    ns.fault(LOST, method="POST", path="/files", times=1)
    upload = setting.client.files.create
    assert programs.attempts(setting, lambda: upload(file=("a.txt", b"tide"), purpose="assistants"), [1])
    assert [one["kind"] for one in ns.control("GET", "/verdict")["findings"]] == ["did_it_twice"]


@pytest.mark.parametrize("keep", ["script", "hold", "manual"])
def test_a_run_that_the_test_keeps_is_not_left_behind(ns, setting, keep):
    ns.play({"hold": "here"}, SAYS)
    if keep == "hold":
        ns.control("POST", "/runs/next/hold", {"at": "in_progress"})
    if keep == "manual":
        ns.control("PUT", "/pace", {"progression": "manual"})
    setting.start()
    assert ns.control("GET", "/verdict")["findings"] == []


def test_the_official_client_heeds_retry_after_by_itself(ns, setting, client):
    ns.fault({"status": 429, "headers": {"retry-after-ms": "30"}}, method="POST", path=RUNS, times=2)
    client.beta.threads.runs.create(setting.thread.id, assistant_id=setting.assistant.id)
    assert ns.control("GET", "/verdict")["findings"] == []


def test_the_official_client_repeats_by_itself_what_was_done_already(ns, setting, client):
    ns.fault(LOST, method="POST", path=MESSAGES, times=1)
    client.beta.threads.messages.create(setting.thread.id, role="user", content="And tomorrow?")
    (finding,) = ns.control("GET", "/verdict")["findings"]
    assert finding["kind"] == "did_it_twice"
    assert finding["fault"] == LOST
    assert "max_retries=0" in finding["advice"]
