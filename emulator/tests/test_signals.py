"""What is asked of a run: kept until the run takes it, taken once, and meant for what the run waited for then."""

import asyncio

import pytest

from emulator.domain import waiting
from emulator.domain.actions import Call, Check, Expire, Hold, RunCode, Say, SearchFiles, Stream, Wait
from emulator.domain.config import Pace
from emulator.domain.errors import ApiError
from emulator.domain.lifecycle import FROM_OUTSIDE, RUN_TERMINAL, Signal
from emulator.domain.ports import Turn
from emulator.service import runs
from emulator.store.documents import Transaction
from emulator.store.tables import Run, RunSignal
from emulator.wire.runs import SubmitToolOutputs

SLOW = Stream(tps=1)
START = 1_767_603_600.0


class Killed(BaseException):
    """The process is gone; what was not committed is lost."""


class EndlessCode:
    """Runs code that never ends. running: set while it does; ended: how often it was cut off."""

    def __init__(self):
        self.running = asyncio.Event()
        self.ended = 0

    async def run(self, key, code, files, *, now):
        self.running.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.running.clear()
            self.ended += 1

    async def end(self, key):
        pass


@pytest.fixture
def engine_on_file(engine, tmp_path):
    return lambda begin, **options: engine(begin, db=tmp_path / "engine_on_file.db", **options)


def as_async(actions):
    """A script that others may run beside: each of its actions is asked for between two segments."""

    async def play():
        for action in actions:
            yield action

    return lambda view: Turn(play())


def as_plain(actions):
    return lambda view: iter(actions)


either_script = pytest.mark.parametrize("script", [as_plain, as_async], ids=["plain", "async"])


async def with_endless_code(s):
    """Let the engine execute code that never ends; return it."""
    await s.namespaces.open("default")
    s.namespace.sessions = EndlessCode()
    return s.namespace.sessions


def signals(s):
    return [(row["signal"], row["data"]) for row in s.rows(RunSignal)]


# --- asked, and then the server is killed -----------------------------------------------------------------------------


CASES = {
    "release": (None, [Hold("gate"), Say("x"), Hold("gate")]),
    "step": (Pace("manual"), [Say("x")]),
    "cancel": (None, [Say("x"), Hold("gate")]),
    "submit": (None, [Call("f"), Say("x"), Call("f")]),
    "expire": (None, [Call("f")]),
}
ENDS = {
    "release": ("in_progress", "hold:gate", ["x"]),
    "step": ("in_progress", "gate", ["x"]),
    "cancel": ("cancelled", None, ["x"]),
    "submit": ("requires_action", "outputs", ["x"]),
    "expire": ("expired", None, []),
}


async def asked(s, signal):
    """Begin a run, let it settle, and ask for what a test is about."""
    pace, _ = CASES[signal]
    await s.namespaces.open("default")
    if pace:
        await s.set_pace(pace)
    await s.play()
    data = {
        "release": {"name": "gate"},
        "submit": {"outputs": dict.fromkeys(s.calls(), "out")} if signal == "submit" else {},
    }
    await s.signal(Signal(signal), **data.get(signal, {}))


def test_every_signal_from_outside_is_tried():
    assert set(CASES) == set(FROM_OUTSIDE)


@either_script
@pytest.mark.parametrize("signal", CASES)
async def test_what_was_asked_is_done_although_the_server_was_killed_before_the_run_took_it(
    engine_on_file, script, signal
):
    s = engine_on_file(script(CASES[signal][1]))
    await asked(s, signal)
    assert [name for name, _ in signals(s)] == [signal]
    await s.crash()
    assert (s.run["status"], s.waits_for, s.texts) == ENDS[signal]
    assert signals(s) == []
    await s.crash()
    assert (s.run["status"], s.waits_for, s.texts) == ENDS[signal]


@either_script
@pytest.mark.parametrize("signal", CASES)
async def test_it_is_done_once_wherever_the_next_server_is_killed_too(engine_on_file, monkeypatch, script, signal):
    commit = Transaction.commit
    for n in range(1, 20):
        s = engine_on_file(script(CASES[signal][1]))
        await asked(s, signal)
        left = n

        async def counted(tx):
            nonlocal left
            left -= tx.has_written
            if left == 0 and tx.has_written:
                asyncio.current_task().add_done_callback(lambda task: task.cancelled() or task.exception())
                await tx.roll_back()
                raise Killed
            await commit(tx)

        monkeypatch.setattr(Transaction, "commit", counted)
        await s.crash()
        monkeypatch.setattr(Transaction, "commit", commit)
        await s.crash()
        assert (s.run["status"], s.waits_for, s.texts) == ENDS[signal], f"killed at commit {n}"
        await s.close()
        s.db.unlink()
        if left > 0:
            break
    assert n > 1


async def test_a_step_is_kept_until_the_run_is_at_its_gate_again(engine_on_file):
    s = engine_on_file([RunCode("a b", logs="1", stream=SLOW), Say("x")])
    await s.play()
    await s.set_pace(Pace("manual"))
    await s.advance(1)
    assert s.waits_for == "gate"
    await s.signal(Signal.STEP)
    for _ in range(2):
        await s.crash()
        assert s.waits_for == "clock"  # the code is shown from its beginning
    assert [name for name, _ in signals(s)] == ["step"]
    await s.advance(1)
    assert (s.waits_for, len(s.steps), signals(s)) == ("gate", 2, [])


async def test_a_step_that_the_next_pace_does_not_need_opens_no_gate_later(engine_on_file):
    s = engine_on_file([Call("f"), Say("x")])
    await s.namespaces.open("default")
    await s.set_pace(Pace("manual"))
    await s.play()
    await s.namespaces.put("default", {"pace": Pace("immediate")})
    await s.crash()
    assert (s.waits_for, signals(s)) == ("outputs", [])
    await s.set_pace(Pace("manual"))
    await s.answer("out")
    assert (s.run["status"], s.waits_for) == ("queued", "gate")


# --- what a signal is meant for ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "script,waits_for",
    [
        ([Call("f"), Say("x")], "outputs"),
        ([Hold("other"), Say("x")], "hold:other"),
        ([Wait(5), Say("x")], "clock"),
        ([Expire()], "expiry"),
    ],
    ids=["outputs", "hold", "clock", "expiry"],
)
@pytest.mark.parametrize(
    "signal,data", [(Signal.STEP, {}), (Signal.RELEASE, {"name": "gate"})], ids=["step", "release"]
)
async def test_a_signal_for_something_else_changes_nothing(engine, script, waits_for, signal, data):
    s = engine(script)
    await s.play()
    before = s.run
    await s.signal(signal, **data)
    await s.settle()
    assert (s.run, s.waits_for, signals(s)) == (before, waits_for, [])


async def test_a_step_that_came_while_the_run_waited_for_outputs_opens_no_later_gate(engine):
    s = engine([Call("f"), Say("x")])
    await s.play()
    await s.set_pace(Pace("manual"))
    await s.signal(Signal.STEP)
    assert not (await s.step()).reached
    await s.answer("out")
    assert (s.run["status"], s.waits_for) == ("queued", "gate")


async def test_a_release_that_came_too_early_does_not_release(engine):
    s = engine([Wait(5), Hold("gate"), Say("x")])
    await s.play()
    assert not await s.release("gate")
    await s.signal(Signal.RELEASE, name="gate")
    await s.advance(5)
    assert (s.waits_for, s.texts) == ("hold:gate", [])


async def test_a_stale_submit_does_not_answer_the_next_call(engine):
    s = engine([Call("f"), Call("g"), Say("x")])
    await s.play()
    await s.answer("out")
    async with s.namespace.transaction() as tx:
        tx.insert(RunSignal, object(), run_id=s.run_id, signal="submit", data={})
    s.task.segments.notify(Signal.SUBMIT)
    await s.settle()
    assert (s.run["status"], s.waits_for, signals(s)) == ("requires_action", "outputs", [])
    assert [step["step_details"]["tool_calls"][0]["function"]["output"] for step in s.steps] == ["out", None]


async def test_outputs_are_taken_once_although_two_clients_hand_them_in(engine):
    s = engine([Call("f"), Call("g"), Say("x")])
    await s.play()
    (call,) = s.calls()

    async def hand_in(text):
        body = SubmitToolOutputs(tool_outputs=[{"tool_call_id": call, "output": text}])
        return (await runs.submit_tool_outputs(s.namespace, s.thread["id"], s.run_id, body))["status"]

    first, second = await asyncio.gather(hand_in("one"), hand_in("two"), return_exceptions=True)
    assert first == "queued"
    assert isinstance(second, ApiError)
    await s.settle()
    assert (s.run["status"], s.steps[0]["step_details"]["tool_calls"][0]["function"]["output"]) == (
        "requires_action",
        "one",
    )


@either_script
@pytest.mark.parametrize("restarts", [False, True])
async def test_two_releases_of_one_hold_release_it_once(engine_on_file, script, restarts):
    s = engine_on_file(script([Hold("gate"), Say("x"), Hold("gate"), Say("y")]))
    await s.play()
    for _ in range(2):
        await s.signal(Signal.RELEASE, name="gate")
    await (s.crash() if restarts else s.settle())
    assert (s.waits_for, s.texts, signals(s)) == ("hold:gate", ["x"], [])


@either_script
@pytest.mark.parametrize("restarts", [False, True])
async def test_two_steps_at_one_gate_are_one(engine_on_file, script, restarts):
    s = engine_on_file(script([Say("x")]))
    await s.namespaces.open("default")
    await s.set_pace(Pace("manual"))
    await s.play()
    for _ in range(2):
        await s.signal(Signal.STEP)
    await (s.crash() if restarts else s.settle())
    assert (s.waits_for, s.statuses, signals(s)) == ("gate", ["queued", "in_progress"], [])


async def test_whoever_asks_second_is_served_after_the_first(engine):
    s = engine([Hold("gate"), Say("x"), Hold("gate"), Say("y"), Hold("gate")])
    await s.play()
    assert await asyncio.gather(s.release("gate"), s.release("gate")) == [True, True]
    assert (s.waits_for, s.texts) == ("hold:gate", ["x", "y"])
    await s.set_pace(Pace("manual"))
    await s.cancel()
    await s.settle()
    first, second = await asyncio.gather(s.step(), s.step())
    assert (first.run["status"], second.run["status"], second.reached) == ("cancelled", "cancelled", False)


async def test_a_run_that_goes_on_from_a_hold_is_not_held_there_any_more(engine):
    s = engine(lambda view: iter([Hold("gate"), *[Check(passed=True, message="")] * 100, Hold("gate"), Say("x")]))
    await s.play()
    await s.signal(Signal.RELEASE, name="gate")
    seen = set()
    while not s.task.segments.settled.is_set():
        await asyncio.sleep(0)
        if s.waits_for is None:
            seen.add(s.waits_for)
            await s.signal(Signal.RELEASE, name="gate")
    assert seen
    assert (s.waits_for, s.texts) == ("hold:gate", [])


async def test_a_release_finds_a_run_that_is_on_its_way_to_the_hold(engine):
    s = engine(lambda view: iter([*[Check(passed=True, message="")] * 100, Hold("gate"), Say("x")]))
    await s.begin()
    assert await s.release("gate")
    assert s.run["status"] == "completed"


# --- ends -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("signal,status", [(Signal.CANCEL, "cancelled"), (Signal.EXPIRE, "expired")])
@pytest.mark.parametrize(
    "actions",
    [[Call("f")], [Hold("gate")], [Wait(5)], [Say("a b", stream=SLOW)], [Expire()]],
    ids=lambda a: type(a[0]).__name__,
)
async def test_a_run_is_ended_by_a_signal_wherever_it_waits(engine, actions, signal, status):
    s = engine(actions)
    await s.play()
    await s.signal(signal)
    await s.settle()
    assert (s.run["status"], s.waits_for, signals(s), s.task) == (status, None, [], None)
    assert {step["status"] for step in s.steps} <= {status}


@pytest.mark.parametrize("signal,status", [(Signal.CANCEL, "cancelled"), (Signal.EXPIRE, "expired")])
@pytest.mark.parametrize("restarts", [False, True])
async def test_an_end_leaves_nothing_of_what_else_was_asked(engine_on_file, signal, status, restarts):
    s = engine_on_file([Hold("gate"), Say("never")])
    await s.play()
    await s.signal(Signal.RELEASE, name="gate")
    await s.signal(signal)
    await (s.crash() if restarts else s.settle())
    assert (s.run["status"], s.texts, signals(s)) == (status, [], [])


@pytest.mark.parametrize("signal,status", [(Signal.CANCEL, "cancelled"), (Signal.EXPIRE, "expired")])
async def test_a_signal_ends_code_that_is_running(engine, signal, status):
    s = engine([RunCode("while True: pass", execute=True), Say("never")])
    code = await with_endless_code(s)
    await s.begin()
    await code.running.wait()
    assert s.waits_for == "code"
    await s.signal(signal)
    await s.settle()
    assert (s.run["status"], s.waits_for, signals(s), code.ended) == (status, None, [], 1)
    (step,) = s.steps
    assert step["status"] == status
    assert step["step_details"]["tool_calls"][0]["code_interpreter"] == {"input": "while True: pass", "outputs": []}


async def test_two_ends_at_once_are_one(engine):
    s = engine([RunCode("while True: pass", execute=True)])
    code = await with_endless_code(s)
    task = await s.begin()
    await code.running.wait()
    await s.signal(Signal.EXPIRE)
    await s.cancel()
    await s.settle()
    assert s.statuses == ["queued", "in_progress", "cancelling", "cancelled"]
    assert task._task.cancelling() == 0


async def test_a_client_cancels_code_that_is_running(engine):
    s = engine([RunCode("while True: pass", execute=True)])
    code = await with_endless_code(s)
    await s.begin()
    await code.running.wait()
    assert (await runs.cancel(s.namespace, s.thread["id"], s.run_id))["status"] == "cancelling"
    assert (await runs.retrieve(s.namespace, s.thread["id"], s.run_id))["status"] == "cancelled"


async def test_other_signals_do_not_end_code_and_nobody_takes_it_for_settled(engine):
    s = engine([RunCode("while True: pass", execute=True)])
    code = await with_endless_code(s)
    task = await s.begin()
    await code.running.wait()
    await s.signal(Signal.STEP)
    task.segments.notify(Signal.STEP)
    await asyncio.sleep(0)
    assert (task.segments.settled.is_set(), task.segments.reachable.is_set(), code.ended) == (False, True, 0)


async def test_code_is_run_anew_after_a_restart(engine_on_file):
    s = engine_on_file([RunCode("while True: pass", execute=True)])
    code = await with_endless_code(s)
    await s.begin()
    await code.running.wait()
    await s.signal(Signal.EXPIRE)
    await s.crash()
    assert (s.run["status"], s.waits_for) == ("expired", None)


async def test_a_run_that_is_being_cancelled_does_not_expire(engine):
    s = engine([Hold("gate")])
    await s.play()
    await s.set_pace(Pace("manual"))
    await s.cancel()
    await s.settle()
    await s.signal(Signal.EXPIRE)
    await s.settle()
    assert (s.run["status"], s.waits_for) == ("cancelling", "gate")
    await s.advance(1000)
    assert s.run["status"] == "cancelling"
    await s.step()
    assert (s.run["status"], signals(s)) == ("cancelled", [])


# --- what a run waits for ---------------------------------------------------------------------------------------------


SITUATIONS = {
    waiting.CLOCK: [Wait(5)],
    "clock in a stream": [Say("a b", stream=SLOW)],
    waiting.OUTPUTS: [Call("f")],
    waiting.EXPIRY: [Expire()],
    waiting.hold("gate"): [Hold("gate")],
}


@pytest.mark.parametrize("what", SITUATIONS)
async def test_the_row_of_a_run_says_what_it_waits_for(engine_on_file, what):
    s = engine_on_file(SITUATIONS[what])
    await s.begin()
    assert s.waits_for is None
    await s.settle()
    assert s.waits_for == what.partition(" ")[0]
    await s.crash()
    assert s.waits_for == what.partition(" ")[0]
    await s.advance(600)
    assert (s.run["status"] in RUN_TERMINAL or s.waits_for, s.waits_for) in ((True, None), ("hold:gate", "hold:gate"))


@pytest.mark.parametrize(
    "pace,what", [(Pace("manual"), "gate"), (Pace("polls"), "gate"), (Pace("time", seconds=2), "clock")]
)
async def test_it_says_so_at_every_pace(engine, pace, what):
    s = engine([SearchFiles("x", ()), Say("x")])
    await s.namespaces.open("default")
    await s.set_pace(pace)
    await s.play()
    seen = []
    while s.run["status"] not in RUN_TERMINAL:
        seen.append(s.waits_for)
        await (s.advance(2) if what == "clock" else s.step())
    assert (set(seen), s.waits_for) == ({what}, None)
    assert len(seen) > 2


@pytest.mark.parametrize(
    "actions",
    [[Say("x")], [], [Say("x"), Expire(now=True)]],
    ids=["a message", "nothing", "expired"],
)
async def test_a_run_that_is_over_waits_for_nothing(engine, actions):
    s = engine(actions)
    await s.play()
    assert s.run["status"] in RUN_TERMINAL
    assert s.waits_for is None


# --- the timeline -----------------------------------------------------------------------------------------------------


def timeline(s):
    """Changes of the run's status: (status, seconds since its start, cause)."""
    (row,) = s.rows(Run, heavy=True, id=s.run_id)
    return [(one["status"], one["at"] - START, one["cause"]) for one in row["timeline"]]


async def test_the_timeline_of_a_plain_run(engine):
    s = engine([Wait(2), Say("x")])
    await s.play()
    await s.advance(2)
    assert timeline(s) == [("queued", 0, "create"), ("in_progress", 0, "start"), ("completed", 2, "complete")]


async def test_the_timeline_of_a_run_with_tools_goes_on_over_a_restart(engine_on_file):
    s = engine_on_file([Call("f"), Hold("gate"), Say("x")])
    await s.play()
    await s.advance(3)
    await s.crash()
    await s.submit({s.calls()[0]: "out"})
    await s.crash()
    await s.advance(1.5)
    await s.release("gate")
    assert timeline(s) == [
        ("queued", 0, "create"),
        ("in_progress", 0, "start"),
        ("requires_action", 0, "require_action"),
        ("queued", 3, "submit"),
        ("in_progress", 3, "start"),
        ("completed", 4.5, "complete"),
    ]
    assert s.statuses[-1] == "completed"


@pytest.mark.parametrize("restarts", [False, True])
async def test_the_timeline_of_a_cancelled_run(engine_on_file, restarts):
    s = engine_on_file([Hold("gate")])
    await s.play()
    await s.advance(1)
    await s.cancel()
    await (s.crash() if restarts else s.settle())
    assert timeline(s)[1:] == [("in_progress", 0, "start"), ("cancelling", 1, "cancel"), ("cancelled", 1, "cancelled")]


@pytest.mark.parametrize("restarts", [False, True])
async def test_the_timeline_of_an_expired_run(engine_on_file, restarts):
    s = engine_on_file([Call("f")])
    await s.play()
    if restarts:
        await s.crash()
    await s.advance(700)
    assert timeline(s)[2:] == [("requires_action", 0, "require_action"), ("expired", 600, "expire")]


async def test_the_timeline_of_a_run_that_was_killed_in_the_middle_of_an_advance(engine_on_file, monkeypatch):
    s = engine_on_file(lambda view: iter([Wait(5), Say("x")]))
    await s.play()
    first = s.run_id
    await s.play()

    def stops(follower):
        raise Killed

    due = s.namespace.clock.due
    monkeypatch.setattr(
        s.namespace.clock,
        "due",
        lambda until: due(until) if s.rows(Run, id=first)[0]["doc"]["status"] == "in_progress" else stops(None),
    )
    with pytest.raises(Killed):
        await s.advance(5)
    await s.crash()
    assert timeline(s) == [("queued", 0, "create"), ("in_progress", 0, "start"), ("completed", 5, "complete")]
