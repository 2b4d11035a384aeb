"""Holds at a status: kept until they are lifted, whenever the server is killed."""

import gc
from contextlib import suppress

import pytest

from emulator.domain.actions import Call, Check, Hold, RunCode, Say, Wait
from emulator.domain.config import Pace
from emulator.domain.errors import ApiError
from emulator.domain.lifecycle import Signal
from emulator.domain.waiting import HELD_AT
from emulator.service import run_control, runs
from emulator.store.documents import Transaction
from emulator.store.tables import RunSignal
from emulator.tests.test_signals import EndlessCode, Killed, as_async, as_plain

either_script = pytest.mark.parametrize("script", [as_plain, as_async], ids=["plain", "async"])


@pytest.fixture
def engine_on_file(engine, tmp_path):
    return lambda begin, **options: engine(begin, db=tmp_path / "held.db", **options)


async def hold_next(s, *statuses):
    await s.namespaces.open("default")
    for status in statuses:
        await run_control.hold(s.namespace, "next", status)


async def hold(s, status):
    return await run_control.hold(s.namespace, s.run_id, status)


def signals(s):
    return [(row["run_id"], row["signal"], row["data"]) for row in s.rows(RunSignal)]


@either_script
@pytest.mark.parametrize("status", ["queued", "in_progress"])
async def test_a_held_run_is_where_it_was_after_a_kill_and_goes_on_once_it_is_released(engine_on_file, script, status):
    s = engine_on_file(script([Say("x"), Say("y")]))
    await hold_next(s, status)
    await s.play()
    for _ in range(2):
        assert (s.run["status"], s.waits_for, s.texts) == (status, f"hold:{status}", [])
        await s.crash()
    assert await s.release(status)
    await s.crash()
    assert (s.run["status"], s.texts, signals(s)) == ("completed", ["x", "y"], [])


@either_script
async def test_it_is_released_although_the_server_is_killed_before_the_run_took_that(engine_on_file, script):
    s = engine_on_file(script([Say("x")]))
    await hold_next(s, "in_progress")
    await s.play()
    async with s.namespace.transaction() as tx:
        assert await s.namespace.runs.lift(tx, {"id": s.run_id, "thread_id": s.thread["id"]}, "in_progress")
    await s.crash()
    assert (s.run["status"], s.texts, signals(s)) == ("completed", ["x"], [])


@pytest.mark.parametrize("status", ["queued", "in_progress"])
async def test_it_is_held_once_wherever_the_server_is_killed(engine_on_file, monkeypatch, status):
    commit = Transaction.commit
    for n in range(1, 30):
        s = engine_on_file([Say("x"), Call("f")])
        await hold_next(s, status)
        await s.begin()
        left = n

        async def commit_or_die(tx):
            nonlocal left
            if tx.has_written:
                left -= 1
                if left == 0:
                    raise Killed
            await commit(tx)

        monkeypatch.setattr(Transaction, "commit", commit_or_die)
        with suppress(Killed):
            await s.settle()
        monkeypatch.setattr(Transaction, "commit", commit)
        await s.crash()
        assert (s.run["status"], s.waits_for) == (status, f"hold:{status}")
        assert await s.release(status)
        assert (s.run["status"], s.texts, signals(s)) == ("requires_action", ["x"], [])
        await s.cancel()
        await s.settle()
        await s.close()
        gc.collect()  # what the killed task left: CPython 3.11 breaks if that goes while it parses a module
        if left > 0:
            return


async def test_the_hold_of_the_next_run_is_forgotten_with_the_run_that_took_it(engine):
    s = engine(lambda view: [Say("x")])
    await hold_next(s, "queued", "queued", "cancelling")
    assert signals(s) == [("next", "hold", {"name": "queued"}), ("next", "hold", {"name": "cancelling"})]
    await s.play()
    assert {run for run, *_ in signals(s)} == {s.run_id}
    assert await s.release("queued")
    assert (s.run["status"], signals(s)) == ("completed", [])
    await s.play()
    assert s.run["status"] == "completed"


async def test_a_namespace_looks_once_for_a_hold_of_the_next_run(engine):
    s = engine(lambda view: [Say("x")])
    await s.play()
    assert s.namespace.may_ask_of_next is False
    await hold_next(s, "queued")
    await s.play()
    assert s.run["status"] == "queued"


@pytest.mark.parametrize("status", HELD_AT)
@pytest.mark.parametrize("signal", [Signal.STEP, Signal.RELEASE], ids=str)
async def test_no_signal_ends_a_hold(engine, status, signal):
    s = engine([Hold("gate")])
    await s.play()
    await hold(s, status)
    await s.signal(signal, name="elsewhere")
    await s.settle()
    assert (s.waits_for, signals(s)) == ("hold:gate", [(s.run_id, "hold", {"name": status})])


async def test_a_run_that_waits_for_something_else_is_held_before_it_leaves_its_status(engine):
    s = engine([Wait(5), Say("x")])
    await s.play()
    await hold(s, "in_progress")
    assert s.waits_for == "clock"
    await s.advance(5)
    assert (s.run["status"], s.waits_for) == ("in_progress", "hold:in_progress")
    assert await s.release("in_progress")
    assert s.run["status"] == "completed"


async def test_a_step_at_a_gate_meets_the_hold_behind_it(engine_on_file):
    s = engine_on_file([Say("x")])
    await s.namespaces.open("default")
    await s.set_pace(Pace("manual"))
    await s.play()
    async with s.namespace.transaction() as tx:
        row = {"id": s.run_id, "thread_id": s.thread["id"], "waits_for": "gate"}
        await s.namespace.runs.signal(tx, row, Signal.STEP)
        await s.namespace.runs.hold(tx, row, "queued")
    await s.settle()
    assert (s.run["status"], s.waits_for) == ("queued", "hold:queued")
    await s.crash()
    assert (s.run["status"], s.waits_for) == ("queued", "hold:queued")
    assert await s.release("queued")
    assert (s.run["status"], s.waits_for) == ("in_progress", "gate")


async def test_a_hold_can_be_lifted_before_the_run_is_there(engine):
    s = engine([Hold("gate"), Say("x")])
    await s.play()
    await hold(s, "cancelling")
    assert await s.release("cancelling")
    assert (s.waits_for, signals(s)) == ("hold:gate", [])
    await s.cancel()
    await s.settle()
    assert s.run["status"] == "cancelled"


@pytest.mark.parametrize("signal,status", [(Signal.CANCEL, "cancelled"), (Signal.EXPIRE, "expired")])
@pytest.mark.parametrize("restarts", [False, True])
async def test_an_end_takes_the_holds_of_a_run_with_it(engine_on_file, signal, status, restarts):
    s = engine_on_file([Say("never")])
    await hold_next(s, "queued", "in_progress")
    await s.play()
    await s.signal(signal)
    await (s.crash() if restarts else s.settle())
    assert (s.run["status"], s.waits_for, s.texts, signals(s)) == (status, None, [], [])


async def test_a_run_that_is_being_cancelled_is_held_across_a_kill(engine_on_file):
    s = engine_on_file([Hold("gate")])
    await s.play()
    await hold(s, "cancelling")
    await s.cancel()
    for _ in range(2):
        await s.settle()
        assert (s.run["status"], s.waits_for) == ("cancelling", "hold:cancelling")
        await s.crash()
    assert await s.release("cancelling")
    assert (s.run["status"], signals(s)) == ("cancelled", [])


async def test_code_that_is_running_is_not_ended_by_a_hold(engine):
    s = engine([RunCode("while True: pass", execute=True)])
    await s.namespaces.open("default")
    s.namespace.sessions = code = EndlessCode()
    await s.begin()
    await code.running.wait()
    assert (await hold(s, "cancelling"))["status"] == "in_progress"
    assert code.ended == 0
    assert (await runs.cancel(s.namespace, s.thread["id"], s.run_id))["status"] == "cancelling"
    await s.settle()
    assert (s.waits_for, code.ended) == ("hold:cancelling", 1)


async def test_a_control_request_ends_code_that_is_running(engine):
    s = engine([RunCode("while True: pass", execute=True)])
    await s.namespaces.open("default")
    s.namespace.sessions = code = EndlessCode()
    await s.begin()
    await code.running.wait()
    assert (await run_control.expire(s.namespace, s.run_id))["status"] == "expired"
    assert code.ended == 1


async def test_a_run_on_its_way_is_held_where_it_comes_to_rest(engine):
    s = engine(lambda view: [*[Check(passed=True, message="")] * 200, Say("x")])
    await s.begin()
    with pytest.raises(ApiError, match="is completed"):
        await hold(s, "in_progress")


async def test_an_unknown_status_holds_nothing(engine):
    s = engine([Hold("gate")])
    await s.play()
    with pytest.raises(ApiError):
        await hold(s, "completed")
    assert signals(s) == []
