import asyncio
import logging

import pytest

from emulator.domain.actions import Call, Hold, Outputs, Say, Wait
from emulator.domain.ports import Turn
from emulator.engine.script_player import MOST_ACTIONS, ScriptFaultError, ScriptPlayer, as_turn, broken

ACTIONS = [Say("one"), Wait(1.0), Say("two")]


def generator():
    yield from ACTIONS


async def async_generator():
    for action in ACTIONS:
        yield action


class Bare:
    """An iterator that is no generator."""

    def __init__(self):
        self.left = list(ACTIONS)

    def __iter__(self):
        return self

    def __next__(self):
        if not self.left:
            raise StopIteration
        return self.left.pop(0)


class AsyncBare:
    def __init__(self):
        self.left = list(ACTIONS)

    def __aiter__(self):
        return self

    async def __anext__(self):
        if not self.left:
            raise StopAsyncIteration
        await asyncio.sleep(0)
        return self.left.pop(0)


KINDS = {
    "a list": lambda: ACTIONS,
    "a tuple": lambda: tuple(ACTIONS),
    "a generator": generator,
    "an async generator": async_generator,
    "an iterator": Bare,
    "an async iterator": AsyncBare,
    "a turn": lambda: Turn(generator(), name="named"),
}


async def played(turn, results=()):
    playing, seen, results = ScriptPlayer(as_turn(turn)), [], list(results)
    result = None
    while (action := await playing.next(result)) is not None:
        seen.append(action)
        result = results.pop(0) if results else None
    await playing.close()
    return seen


@pytest.mark.parametrize("kind", KINDS)
async def test_every_kind_of_iterator_plays(kind):
    assert await played(KINDS[kind]()) == ACTIONS


async def test_nothing_is_a_turn_too():
    assert await played([]) == []


@pytest.mark.parametrize("kind", ["plain", "async"])
async def test_the_result_of_an_action_comes_back_from_its_yield(kind):
    got = []

    def plain():
        got.append((yield Call("f")))
        got.append((yield Say("so")))

    async def waiting():
        got.append((yield Call("f")))
        got.append((yield Say("so")))

    outputs = Outputs({"f": "42"})
    await played(plain() if kind == "plain" else waiting(), [outputs, None])
    assert got == [outputs, None]


async def test_a_script_that_raises_is_at_fault_and_says_how():
    def raising():
        yield Say("one")
        raise LookupError("no such row")

    with pytest.raises(ScriptFaultError, match=r"^\[emulator\] script raised LookupError: no such row$"):
        await played(raising())


@pytest.mark.parametrize(
    "error", [SystemExit("bye"), asyncio.CancelledError(), pytest.fail.Exception("not so"), StopIteration()]
)
async def test_what_is_no_plain_exception_does_not_get_out_either(error):
    async def raising():
        yield Say("one")
        raise error

    with pytest.raises(ScriptFaultError, match=r"^\[emulator\] script raised "):
        await played(raising())


async def test_being_cancelled_is_not_the_scripts_fault():
    turn = asyncio.Event()

    async def waiting():
        turn.set()
        await asyncio.Event().wait()
        yield Say("never")

    task = asyncio.create_task(played(waiting()))
    await turn.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize("odd", ["a text", 3, None, {"say": "x"}, Say])
async def test_what_is_no_action_is_refused_by_its_type(odd):
    with pytest.raises(ScriptFaultError, match=rf"script yielded {type(odd).__name__}, which is no action"):
        await played([odd])


async def test_a_script_without_an_end_is_stopped():
    def endless():
        while True:
            yield Hold("again")

    playing = ScriptPlayer(as_turn(endless()))
    for _ in range(MOST_ACTIONS):
        assert await playing.next(None) == Hold("again")
    with pytest.raises(ScriptFaultError, match=f"script does not end: {MOST_ACTIONS} actions"):
        await playing.next(None)


@pytest.mark.parametrize("given", [None, 7])
async def test_what_cannot_be_played_is_the_scripts_fault(given):
    with pytest.raises(ScriptFaultError, match="script raised TypeError"):
        await played(given)


async def test_the_clean_up_of_a_script_runs_and_may_fail():
    cleaned = []

    def tidy():
        try:
            yield Say("one")
            yield Say("two")
        finally:
            cleaned.append(True)
            raise SystemExit

    playing = ScriptPlayer(as_turn(tidy()))
    await playing.next(None)
    await playing.close()
    assert cleaned == [True]


async def test_a_broken_turn_says_why_before_it_does_anything(caplog):
    caplog.set_level(logging.DEBUG)
    with pytest.raises(ScriptFaultError, match=r"^because$"):
        await played(broken("because"))
