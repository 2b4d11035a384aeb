"""Plays what a turn of Python gives: actions one by one, lists, generators of both kinds, turns of scenarios."""

import inspect
import traceback
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterable
from typing import Any, Protocol, cast, get_args, runtime_checkable

from emulator.domain.actions import Action, Fail
from scripted_models.choosing import Playing
from scripted_models.context import Context

ACTIONS: tuple[type, ...] = get_args(Action)


@runtime_checkable
class Part(Protocol):
    """Something that plays actions in the middle of a turn, such as a turn of a scenario."""

    def play(self, context: Context) -> Playing:
        """Yield the actions."""


def call(function: Callable[..., Any], context: Context, where: str) -> Playing:
    """Play a user's function; a mistake in it fails the run and says where, it never reaches the engine."""
    try:
        given = function(context) if _takes_argument(function) else function()
        return (yield from drive(given, context))
    except Exception as error:  # noqa: BLE001 - any mistake of the user's function
        frame = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}"
        yield Fail("server_error", f"[emulator] {place}: {where}: {type(error).__name__}: {str(error)[:300]}")


def drive(given: Any, context: Context) -> Playing:  # noqa: PLR0911 - one return for each kind
    """Play whatever a turn may return or yield, and return the result of the last of it."""
    if given is None:
        return None
    if isinstance(given, ACTIONS):
        action = context.ready(cast("Action", given))
        result = yield action
        context.note(action, result)
        return result
    if isinstance(given, Part):
        return (yield from given.play(context))
    if isinstance(given, AsyncGenerator):
        return (yield from _sent(_stepped(given), context))
    if isinstance(given, Coroutine):
        return (yield from drive(_finished(given), context))
    if isinstance(given, Generator):
        return (yield from _sent(given, context))
    if isinstance(given, Iterable) and not isinstance(given, str | bytes | dict):
        result = None
        for one in given:
            result = yield from drive(one, context)
        return result
    raise TypeError(f"a turn gives actions, not {type(given).__name__}")


def _sent(generator: Generator[Any, Any, Any], context: Context) -> Playing:
    result = None
    try:
        while True:
            try:
                given = generator.send(result)
            except StopIteration as stop:
                # `return [Say(…)]` in a generator is played too
                return (yield from drive(stop.value, context)) if _plays(stop.value) else stop.value
            result = yield from drive(given, context)
    finally:
        generator.close()


def _plays(value: Any) -> bool:
    first = value[0] if isinstance(value, list | tuple) and value else value
    return isinstance(first, ACTIONS)


def _stepped(generator: AsyncGenerator[Any, Any]) -> Generator[Any, Any, None]:
    """Let an async generator play like a plain one: a script waits for nothing but its actions' results."""
    result = None
    try:
        while True:
            try:
                given = _finished(generator.asend(result))
            except StopAsyncIteration:
                return
            result = yield given
    finally:
        _finished(generator.aclose())


def _finished(awaitable: Any) -> Any:
    step = awaitable.__await__()
    try:
        step.send(None)
    except StopIteration as stop:
        return stop.value
    error = RuntimeError("a script may not wait for anything outside: yield Wait(…) or Hold(…) instead of awaiting")
    step.throw(error)
    raise error


def _takes_argument(function: Callable[..., Any]) -> bool:
    return bool(inspect.signature(function).parameters)
