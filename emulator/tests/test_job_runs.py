"""Runs as jobs: whichever process plays which segment, and whenever one dies, a run ends as it does in one process."""

import asyncio
import json
import random

import pytest

from emulator.domain.actions import Call, Calls, Check, Fail, Goto, Hold, Refuse, Remember, RunCode, Say, Stream, Wait
from emulator.domain.config import Pace
from emulator.domain.lifecycle import RUN_TERMINAL
from emulator.domain.ports import Turn
from emulator.store.tables import Message, Run, RunProgress, RunSignal, RunStep, Timer

SLOW = Stream(tps=1, ttft=1)
PIXEL = "data:image/png;base64,iVBORw0KGgo="
EVERYTHING = [
    RunCode("x = 1; y = 2", logs="ok", images=(PIXEL,), stream=SLOW),
    Remember({"a": 1}),
    Say("one two three", images=(PIXEL,), stream=SLOW),
    Check(passed=True, message=""),
    Calls(Call("f", {"a": "b c"}, stream=SLOW), Call("g", as_="h")),
    Wait(2),
    Hold("gate"),
    Refuse("no no", stream=SLOW),
    Goto("end"),
    Call("f"),
    Say("last"),
]
PACES = {
    "immediate": Pace(),
    "manual": Pace("manual"),
    "polls": Pace("polls", times=2),
    "time": Pace("time", seconds=1.5),
}


def plain(view):
    return Turn(iter(EVERYTHING), scope=f"thread:{view.thread_id}")


async def _yielded():
    for action in EVERYTHING:
        yield action


def waiting(view):
    return Turn(_yielded(), scope=f"thread:{view.thread_id}")


async def go(s):
    """Do what comes next: what a client, a person or the clock does to let the run go on."""
    if s.run["status"] == "requires_action":
        await s.answer(*(f"out {n}" for n, _ in enumerate(s.calls())))
    elif s.waits_for == "gate" and s.namespace.config.pace.progression == "polls":
        await poll(s)
    elif s.waits_for == "gate":
        await s.step()
    elif not await s.go_on():
        await s.advance(1)
    await s.settle()


async def poll(s):
    async with s.namespace.transaction(thread=s.thread["id"]) as tx:
        await s.namespace.runs.polled(tx, await tx.get(Run, s.run_id))


async def finish(s):
    for _ in range(80):
        if s.run["status"] in RUN_TERMINAL:
            return
        await go(s)
    pytest.fail(f"the run stays {s.run['status']}, and waits for {s.waits_for}")


async def played(s, pace, end=finish):
    await s.namespaces.open("default")
    await s.set_pace(PACES[pace])
    await s.play()
    await end(s)
    return await story(s)


async def story(s):
    """Everything that anybody sees of a run: its documents with their ids and times, and its events with theirs."""
    memory = (await s.memory(s.thread["id"])).scopes
    events = [entry.event for entry in s.follower._waiting if entry.run_id == s.run_id]
    deltas = [str(delta) for delta in s.deltas]
    rows = [row["doc"] for table in (RunStep, Message) for row in s.rows(table, run_id=s.run_id)]
    return s.run, rows, s.statuses, [name for name in events if not name.endswith(".delta")], deltas, memory


def nothing_is_left(s):
    return not (s.rows(RunProgress) or s.rows(RunSignal) or s.rows(Timer, owner=s.run_id))


@pytest.mark.parametrize("script", [plain, waiting])
@pytest.mark.parametrize("pace", PACES)
async def test_a_run_is_the_same_played_by_jobs(engine, script, pace):
    expected = await played(engine(script, played_by="local"), pace)
    s = engine(script, played_by="jobs")
    assert await played(s, pace) == expected
    assert nothing_is_left(s)


@pytest.mark.parametrize("is_kept", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("pace", PACES)
@pytest.mark.parametrize("script", [plain, waiting])
async def test_a_worker_that_dies_at_any_commit_changes_nothing(engine, script, pace, is_kept):
    expected = await played(engine(script, played_by="local"), pace)
    for n in range(1, 200):
        s = engine(script, played_by="jobs")
        left = n

        def dies(now, is_kept=is_kept):
            nonlocal left
            left -= now is is_kept
            return left == 0 and now is is_kept

        s.documents.database.dies_at = dies
        assert await played(s, pace) == expected, f"killed at commit {n}"
        assert nothing_is_left(s)
        await s.close()
        if left > 0:
            break
    assert n > 10


@pytest.mark.parametrize("seed", range(20))
async def test_workers_that_die_again_and_again_change_nothing(engine, seed):
    script, pace = (plain, waiting)[seed % 2], list(PACES)[seed % len(PACES)]
    expected = await played(engine(script, played_by="local"), pace)
    s, chance = engine(script, played_by="jobs"), random.Random(seed)
    s.documents.database.dies_at = lambda _: chance.random() < 0.2
    assert await played(s, pace) == expected
    assert nothing_is_left(s)


async def interrupted(s, end, at):
    for _ in range(at):
        if s.run["status"] not in RUN_TERMINAL:
            await go(s)
    if s.run["status"] in RUN_TERMINAL:
        return
    if end == "cancel":
        await s.cancel()
        await s.settle()
        await finish(s)
    else:
        await s.advance(700)


@pytest.mark.parametrize("pace", PACES)
@pytest.mark.parametrize("end", ["cancel", "expire"])
async def test_a_run_that_ends_early_ends_with_what_it_had_shown(engine, end, pace):
    for at in range(30):
        local = engine(plain, played_by="local")
        expected = await played(local, pace, lambda s, at=at: interrupted(s, end, at))
        s = engine(plain, played_by="jobs")
        assert await played(s, pace, lambda s, at=at: interrupted(s, end, at)) == expected, f"ended at {at}"
        await local.close()
        await s.close()
        if expected[0]["status"] == "completed":
            break


async def test_a_worker_that_comes_back_late_does_nothing_more(engine):
    began, has_begun, is_let_go = [], asyncio.Event(), asyncio.Event()

    async def actions():
        began.append(1)
        has_begun.set()
        if len(began) == 1:
            await is_let_go.wait()
        yield Say("once")

    s = engine(lambda _: Turn(actions()), played_by="jobs")
    await s.begin()
    await has_begun.wait()
    driver = s.documents.database.driver
    driver.execute("INSERT INTO jobs (task, ns, about, lock) SELECT task, ns, about, lock FROM jobs")
    driver.execute("DELETE FROM jobs WHERE is_doing = 1")
    s.queue.look()
    await s.settle()
    assert (s.run["status"], s.texts, len(began)) == ("completed", ["once"], 2)
    before = await story(s)
    is_let_go.set()
    await asyncio.gather(*s.queue.tasks)
    assert await story(s) == before
    assert nothing_is_left(s)


async def test_a_job_of_a_namespace_that_was_reset_does_nothing(engine):
    s = engine([Wait(5), Say("x")], played_by="jobs")
    await s.play()
    await s.namespaces.reset("default")
    assert nothing_is_left(s)
    s.documents.database.driver.execute(
        "INSERT INTO jobs (task, ns, about) VALUES ('play', 'default', ?)",
        (json.dumps({"run_id": s.run_id, "generation": "default"}),),
    )
    s.queue.look()
    await asyncio.gather(*s.queue.tasks)
    assert s.rows(Message) == []


async def test_a_run_that_no_turn_fits_fails_as_in_one_process(engine):
    def begin(view):
        raise ValueError("no idea")

    expected = engine(begin, played_by="local")
    await expected.play()
    s = engine(begin, played_by="jobs")
    await s.play()
    assert (s.run, s.report) == (expected.run, expected.report)


async def test_a_failure_with_a_pace_shows_each_status(engine):
    expected = await played(engine([Fail("server_error", "no")], played_by="local"), "time")
    assert await played(engine([Fail("server_error", "no")], played_by="jobs"), "time") == expected
