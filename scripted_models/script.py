"""Scripts in Python: turns as functions, selected by the same matchers as the turns of a scenario."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from emulator.domain.actions import Goto
from emulator.domain.explanations import Explanation
from emulator.domain.ports import Place, Turn, Usage
from emulator.domain.view import ModelView
from scripted_models import python_turns
from scripted_models.candidates import ActionGenerator, Candidate, Scope, ScopeKind, unknown_state
from scripted_models.context import Context
from scripted_models.scenarios import Together, Unmatched

if TYPE_CHECKING:
    from scripted_models.grammar.matchers import When
    from scripted_models.grammar.parts import Range

_F = TypeVar("_F", bound=Callable[..., Any])


class Script:
    """A scripted model made of functions.

    ``@script.turn(message=…, …)`` takes the fields of a scenario's ``when``. The function gets a `Context` (or nothing)
    and yields actions, or returns one action or a list. states: all states, the first is where a scope begins.
    """

    def __init__(
        self,
        name: str = "script",
        *,
        scope: ScopeKind = "thread",
        states: Sequence[str] = (),
        unmatched: Unmatched = "fail",
    ) -> None:
        self.name = name
        self.unmatched: Unmatched = unmatched
        self._scope = Scope(name, scope, tuple(states))
        self._candidates: list[Candidate] = []

    @property
    def candidates(self) -> Sequence[Candidate]:
        """The turns, in the order of their definition."""
        return tuple(self._candidates)

    def turn(
        self,
        view: "ModelView | Callable[..., Any] | None" = None,
        *,
        name: str | None = None,
        priority: int = 0,
        uses: "int | Mapping[str, int] | None" = None,
        usage: Usage | None = None,
        goto: str | None = None,
        **when: Any,
    ) -> Any:
        """Begin the turn that answers ``view``; without a view, return a decorator that adds a turn.

        As a decorator: ``when`` holds the fields of a scenario's ``when`` (message, model, assistant, turn, state,
        tools, files, thread_metadata, run_metadata, api). ValueError explains what is wrong with them.
        """
        if isinstance(view, ModelView):
            return self._begin(view)
        if view is not None:  # `@script.turn` without parentheses
            return self.turn()(view)
        conditions, bounds = self._conditions(when, uses)
        if goto is not None and self._scope.states and goto not in self._scope.states:
            raise ValueError(f"goto: {unknown_state(goto, self._scope.states)}")

        def add(function: _F) -> _F:
            title = name or function.__name__
            while any(candidate.name == title for candidate in self._candidates):
                title += "~"
            self._candidates.append(
                Candidate(
                    name=title,
                    key=f"{self.name}/{title}",
                    scope=self._scope,
                    begin=lambda context: _play(function, context, f"{self.name}/{title}", goto),
                    when=conditions,
                    priority=priority,
                    uses=bounds,
                    usage=lambda _view: usage,
                    file=(place := _place(function)).file,
                    place=lambda: place,
                )
            )
            return function

        return add

    def _conditions(
        self, when: Mapping[str, Any], uses: "int | Mapping[str, int] | None"
    ) -> "tuple[When | None, Range | None]":
        if not when and uses is None:
            return None, None
        from scripted_models.conditions import parse_uses, parse_when  # noqa: PLC0415 - the grammar's validator only where it is needed

        conditions = parse_when(when, self._scope.states) if when else None
        return conditions, None if uses is None else parse_uses(uses)

    def explain(self, view: ModelView) -> Explanation | None:
        """Return which turn would answer ``view``, and how each compares with it; nothing is played."""
        return Together(self).explain(view)

    def _begin(self, view: ModelView) -> Turn:
        turn = Together(self).turn(view)
        assert isinstance(turn, Turn)  # noqa: S101 - a backend made of turns returns nothing else
        return turn


def _place(function: Callable[..., Any]) -> Place:
    """Return where a function is written."""
    code = inspect.unwrap(function).__code__ if inspect.isfunction(inspect.unwrap(function)) else None
    name = getattr(function, "__name__", type(function).__name__)
    return Place(Path(code.co_filename).name, code.co_firstlineno, name) if code else Place(name, 1, name)


def _play(function: Callable[..., Any], context: Context, where: str, goto: str | None) -> ActionGenerator:
    yield from python_turns.play_function(function, context, where)
    if goto is not None:
        yield Goto(goto)
