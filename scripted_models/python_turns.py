"""Plays whatever a Python turn returns or yields: actions, lists, generators of both kinds, turns of scenarios."""

import inspect
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterable
from typing import Any, Protocol, cast, get_args, runtime_checkable

from emulator.domain.actions import Action, Fail
from scripted_models.candidates import ActionGenerator
from scripted_models.context import Context
from scripted_models.python_mistakes import mistake, place_of

ACTIONS: tuple[type, ...] = get_args(Action)


@runtime_checkable
class Playable(Protocol):
    """Something that plays actions in the middle of a turn, such as a turn of a scenario."""

    def play(self, context: Context) -> ActionGenerator:
        """Yield the actions."""


def play_function(function: Callable[..., Any], context: Context, where: str) -> ActionGenerator:
    """Play a user's function; a mistake in it fails the run with its place, and never reaches the engine."""
    try:
        value = function(context) if _takes_argument(function) else function()
        return (yield from play(_placed(value, context, where), context))
    except Exception as error:  # noqa: BLE001 - any mistake of the user's function
        yield Fail("server_error", f"[emulator] {mistake(error, context, where)}")


def _placed(value: Any, context: Context, where: str) -> Any:
    """Let a turn say where in its function it is, if that is known."""
    frame = getattr(value, "gi_frame", None) or getattr(value, "ag_frame", None)
    if frame is not None:
        filename = frame.f_code.co_filename
        context.place = lambda *_below: place_of(filename, frame.f_lineno or 1, where)
    return value


def play(value: Any, context: Context) -> ActionGenerator:  # noqa: PLR0911 - one return for each kind
    """Play whatever a turn may return or yield; return the result of the last action."""
    if value is None:
        return None
    if isinstance(value, ACTIONS):
        action = context.prepare(cast("Action", value))
        yield from context.named_files.drift()
        result = yield action
        context.record(action, result)
        return result
    if isinstance(value, Playable):
        return (yield from value.play(context))
    if isinstance(value, AsyncGenerator):
        return (yield from _play_generator(_synchronous(value), context))
    if isinstance(value, Coroutine):
        return (yield from play(_run_until_result(value), context))
    if isinstance(value, Generator):
        return (yield from _play_generator(value, context))
    if isinstance(value, Iterable) and not isinstance(value, str | bytes | dict):
        result = None
        for item in value:
            result = yield from play(item, context)
        return result
    raise TypeError(f"a turn gives actions, not {type(value).__name__}")


def _play_generator(generator: Generator[Any, Any, Any], context: Context) -> ActionGenerator:
    result = None
    try:
        while True:
            try:
                value = generator.send(result)
            except StopIteration as stop:
                # `return [Say(…)]` in a generator is played too
                return (yield from play(stop.value, context)) if _is_playable(stop.value) else stop.value
            result = yield from play(value, context)
    finally:
        generator.close()


def _is_playable(value: Any) -> bool:
    first = value[0] if isinstance(value, list | tuple) and value else value
    return isinstance(first, ACTIONS)


def _synchronous(generator: AsyncGenerator[Any, Any]) -> Generator[Any, Any, None]:
    """Return an async generator as a plain one: a script waits for nothing but the results of its actions."""
    result = None
    try:
        while True:
            try:
                value = _run_until_result(generator.asend(result))
            except StopAsyncIteration:
                return
            result = yield value
    finally:
        _run_until_result(generator.aclose())


def _run_until_result(awaitable: Any) -> Any:
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
