"""Backends around other backends: slow, flaky and chatty ones."""

import dataclasses
import hashlib
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from typing import Any

from emulator.domain.actions import Action, Call, Calls, Fail, RunCode, Say, SearchFiles, UseTool, UseTools, Wait
from emulator.domain.explanations import Explanation, explain
from emulator.domain.ports import Backend, Turn, remembers
from emulator.domain.view import ModelView
from scripted_models.candidates import ActionGenerator, Start
from scripted_models.context import Context
from scripted_models.python_turns import play

_Insertion = Callable[[Action], Iterable[Action]]


class _Wrapper:
    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    def turn(self, view: ModelView) -> Turn:
        """Begin the wrapped backend's turn, changed."""
        started = self._backend.turn(view)
        turn = started if isinstance(started, Turn) else Turn(actions=iter(()))
        inner = play(turn.actions if isinstance(started, Turn) else started, Context(Start(view, {}, None, {})))
        return dataclasses.replace(turn, actions=self._change(inner, view))

    def explain(self, view: ModelView) -> Explanation | None:
        """Return what the wrapped backend would play; None where it cannot tell."""
        return explain(self._backend, view)

    def memory_keys(self, view: ModelView) -> Sequence[str]:
        """Return what the wrapped backend needs to remember."""
        return self._backend.memory_keys(view) if remembers(self._backend) else ()

    def left(self, begun: Mapping[str, Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
        """Return what of recorded threads the wrapped backend has not played."""
        return self._backend.left(begun) if remembers(self._backend) else ()

    def _change(self, inner: ActionGenerator, view: ModelView) -> ActionGenerator:
        raise NotImplementedError


def _with_actions_before(inner: Generator[Action, Any, Any], before: _Insertion) -> ActionGenerator:
    """Play a turn with further actions before some of its own."""
    result = None
    try:
        while True:
            action = inner.send(result)
            for extra in before(action):  # noqa: UP028 - nothing takes their results
                yield extra
            result = yield action
    except StopIteration as stop:
        return stop.value
    finally:
        inner.close()


class Slow(_Wrapper):
    """Lets ``seconds`` of the namespace's time pass before everything that the model does."""

    def __init__(self, backend: Backend, seconds: float = 1.0) -> None:
        super().__init__(backend)
        self._seconds = seconds

    def _change(self, inner: ActionGenerator, view: ModelView) -> ActionGenerator:  # noqa: ARG002 - as the others
        return _with_actions_before(inner, lambda action: () if isinstance(action, Wait) else (Wait(self._seconds),))


class Flaky(_Wrapper):
    """Fails a share of all runs, before they do anything.

    Which ones depends on the seed, the thread and the number of the run alone, so the same suite fails alike each time.
    """

    def __init__(
        self, backend: Backend, probability: float = 0.1, *, seed: int = 0, code: str = "server_error"
    ) -> None:
        super().__init__(backend)
        self._probability = probability
        self._seed = seed
        self._code = code

    def _change(self, inner: ActionGenerator, view: ModelView) -> ActionGenerator:
        digest = hashlib.sha256(f"{self._seed}\0{view.thread_id}\0{view.turn}".encode()).digest()
        if int.from_bytes(digest[:8], "big") < self._probability * 2**64:
            inner.close()
            yield Fail(self._code, "Sorry, something went wrong. (flaky)")
        else:
            yield from inner


class Chatty(_Wrapper):
    """Writes a message before every use of a tool, as models often do."""

    def __init__(self, backend: Backend, text: str = "One moment, let me look that up.") -> None:
        super().__init__(backend)
        self._text = text

    def _change(self, inner: ActionGenerator, view: ModelView) -> ActionGenerator:  # noqa: ARG002 - as the others
        tools = (Call, Calls, RunCode, SearchFiles, UseTool, UseTools)
        return _with_actions_before(inner, lambda action: (Say(self._text),) if isinstance(action, tools) else ())
