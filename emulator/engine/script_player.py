"""Plays a script: one action after the other, each one's result sent back, from any kind of iterator."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any, Final

from emulator.domain.actions import Action, Fail, Result
from emulator.domain.errors import EmulatorError
from emulator.domain.ports import Turn

# More actions than any story needs: a script that never ends must not hang a test.
MOST_ACTIONS: Final = 10_000


_END: Final = object()


class ScriptFaultError(EmulatorError):
    """The script itself is broken; the message is for `last_error`."""


def as_turn(answer: Turn | Iterator[Action] | AsyncIterator[Action] | Sequence[Action]) -> Turn:
    """Return what a backend answered as a turn."""
    if isinstance(answer, Turn):
        return answer
    return Turn(iter(answer) if isinstance(answer, Sequence) else answer)


def broken(message: str) -> Turn:
    """Return a turn that fails its run before it does anything."""

    def actions() -> Iterator[Action]:
        raise ScriptFaultError(message)
        yield Fail()  # makes it a generator

    return Turn(actions())


def _is_cancelled() -> bool:
    """Return whether it is this task that is to end, and not something that the script waited for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


class ScriptPlayer:
    """The actions of one turn."""

    def __init__(self, turn: Turn) -> None:
        self._actions: Any = turn.actions
        self.count = 0

    async def next(self, result: Result) -> Action | None:
        """Send the last action's result and return the next action; None at the end.

        Raises `ScriptFaultError` for whatever the script raises.
        """
        if self.count >= MOST_ACTIONS:
            raise ScriptFaultError(f"[emulator] script does not end: {MOST_ACTIONS} actions in one run")
        try:
            action = await self._step(result)
        except StopAsyncIteration:
            return None
        except (ScriptFaultError, KeyboardInterrupt):
            raise
        except BaseException as error:
            # Test libraries fail with exceptions that are no `Exception`; they may not take the server with them.
            if isinstance(error, asyncio.CancelledError) and _is_cancelled():
                raise
            raise ScriptFaultError(f"[emulator] script raised {type(error).__name__}: {error}") from error
        if action is _END:
            return None
        if not isinstance(action, Action):
            raise ScriptFaultError(f"[emulator] script yielded {type(action).__name__}, which is no action")
        self.count += 1
        return action

    async def _step(self, result: Result) -> Any:
        actions = self._actions
        if hasattr(actions, "asend"):
            return await actions.asend(result if self.count else None)
        if hasattr(actions, "__anext__"):
            return await anext(actions)
        try:
            return actions.send(result if self.count else None) if hasattr(actions, "send") else next(actions)
        except StopIteration:  # may not leave a coroutine
            return _END

    async def close(self) -> None:
        """Let the script's own clean-up run."""
        actions = self._actions
        try:
            if hasattr(actions, "aclose"):
                await actions.aclose()
            elif hasattr(actions, "close"):
                actions.close()
        except BaseException as error:
            # The run is over; what a script does in its clean-up changes nothing.
            if isinstance(error, KeyboardInterrupt) or (isinstance(error, asyncio.CancelledError) and _is_cancelled()):
                raise
