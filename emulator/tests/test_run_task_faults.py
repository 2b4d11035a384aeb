"""Scripts, backends and stores that fail under a run."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from emulator.domain.actions import (
    Call,
    Check,
    Remember,
    Say,
    SearchFiles,
)  # fmt: skip
from emulator.engine.script_player import MOST_ACTIONS
from emulator.store.documents import Transaction

search: Any = SearchFiles  # scripts are not always checked for types


def raising(view):
    yield Say("half")
    raise KeyError("colour")


async def endless():
    while True:
        yield Check(passed=True, message="")


@pytest.mark.parametrize(
    "script,message",
    [
        (raising, "[emulator] script raised KeyError: 'colour'"),
        ([Say("x"), "not an action"], "[emulator] script yielded str, which is no action"),
        (lambda view: endless(), f"[emulator] script does not end: {MOST_ACTIONS} actions in one run"),
        ([Call("f", {"n": Decimal(1)})], "[emulator] script yielded a Call that is not JSON: "),
        ([Remember({"n": {1, 2}})], "[emulator] script yielded a Remember that is not JSON: "),
        ([search("q", ({},))], "[emulator] script: results[0]: a result needs file_id, the id of a file"),
        (
            [search("q", ({"file_id": "a", "content": "b"},))],
            "[emulator] script: results[0].content: expected a list of parts",
        ),
        (
            [search("q", ({"file_id": "a", "score": "high"},))],
            "[emulator] script: results[0].score: expected a nu",
        ),
        ([search("q", ("a",))], "[emulator] script: results[0]: expected a result, a mapping with file_id"),
        ([search("q", "all")], "[emulator] script: results: expected auto, or a list of results"),
        ([search(7)], "[emulator] script: query: expected text, got 7"),
        ([search("q", top="3")], '[emulator] script: top: expected a number of results, got "3"'),
        ([Say("x", images=("no image",))], "[emulator] BadImageError: an image has to be a data URI"),
    ],
)
async def test_a_script_at_fault_fails_its_run_and_is_reported(engine, script, message):
    s = engine(script)
    await s.play()
    assert s.run["status"] == "failed"
    assert s.run["last_error"]["code"] == "server_error"
    assert s.run["last_error"]["message"].startswith(message)
    assert s.report[-1][0] == "script"
    assert all(step["status"] != "in_progress" for step in s.steps)
    assert not s.unfinished


async def test_a_write_that_fails_in_the_middle_fails_the_run_from_where_it_was(engine):
    def script(view):
        yield Call("f")
        yield Say("x")

    s = engine(script)
    await s.play()
    await s.submit({s.calls()[0]: "out"})
    s.namespace.ids.make = iter(["step_x", "msg_x"]).__next__  # takes no kind: the next id cannot be made
    await s.settle()
    assert s.run["status"] == "failed"
    assert s.run["last_error"]["message"].startswith("[emulator] TypeError")
    assert [step["status"] for step in s.steps] == ["completed"]
    assert s.used.items() <= s.steps[0]["usage"].items()


async def test_a_backend_that_raises_fails_the_run(engine):
    def begin(view):
        raise ZeroDivisionError("no")

    s = engine(begin)
    await s.play()
    assert s.run["last_error"]["message"] == "[emulator] script raised ZeroDivisionError: no"


async def test_others_get_their_turn_during_an_endless_script(engine):
    s = engine(lambda view: (Check(passed=True, message="") for _ in range(1000)))
    task, turns = await s.begin(), 0
    while not task.segments.settled.is_set():
        turns += 1
        await asyncio.sleep(0)
    assert turns > 10


async def test_a_run_that_could_not_be_stored_leaves_its_thread_free(engine, monkeypatch):
    s = engine([Say("x")])
    await s.play()
    monkeypatch.setattr(Transaction, "_send", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        await s.begin()
    assert not s.unfinished
