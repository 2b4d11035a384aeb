"""Selects the turn that answers a run: by priority, then in order, among those that match and are not used up."""

import difflib
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from emulator.domain.actions import Action, Fail
from emulator.domain.drift import Mode
from emulator.domain.nearest import did_you_mean
from emulator.domain.ports import Place, Turn, UnmatchedError, Usage
from emulator.domain.view import ModelView
from scripted_models.context import Context
from scripted_models.matches import MatchResult, Miss, compare
from scripted_models.problems import brief
from scripted_models.regular_expressions import SearchTime, SlowExpressionError

if TYPE_CHECKING:
    from scripted_models.grammar.matchers import When
    from scripted_models.grammar.parts import Range

ScopeKind = Literal["thread", "assistant", "namespace"]
ActionGenerator = Generator[Action, Any, Any]

NEAREST: Final = 3
MESSAGE_LENGTH: Final = 600
# Of those that miss least; how alike two texts are takes a fraction of a millisecond.
_MOST_COMPARED: Final = 200
_MOST_LISTED: Final = 20


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a script's state and variables live: one memory per thread, per assistant, or per namespace."""

    script: str
    kind: ScopeKind = "thread"
    states: tuple[str, ...] = ()

    def key(self, view: ModelView) -> str:
        """Return the key under which the engine keeps this script's memory for this run."""
        match self.kind:
            case "thread":
                return f"thread:{view.thread_id}/{self.script}"
            case "assistant":
                return f"assistant:{view.assistant.get('id')}/{self.script}"
            case "namespace":
                return f"namespace/{self.script}"

    def memory(self, view: ModelView) -> Mapping[str, Any]:
        """Return what the engine remembers for this scope: state and vars."""
        return view.memory.scopes.get(self.key(view)) or {}

    def state(self, view: ModelView) -> str | None:
        """Return the current state: the first declared one until a turn goes elsewhere."""
        stored = self.memory(view).get("state")
        first = self.states[0] if self.states else None
        return stored if stored is not None and (stored in self.states or not self.states) else first


def unknown_state(state: str, declared: Sequence[str]) -> str:
    """Return what is wrong with a state that is not declared."""
    more = ", …" if len(declared) > _MOST_LISTED else ""
    known = ", ".join(declared[:_MOST_LISTED]) + more or "none: list them under states"
    return f"unknown state {brief(state)}{did_you_mean(state, declared).removesuffix('?')}; declared: {known}"


@dataclass(frozen=True, slots=True)
class Start:
    """The run and the memory that a turn begins with."""

    view: ModelView
    match: Mapping[str, str]
    state: str | None
    vars: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A turn that may answer a run. begin: returns its generator of actions. file, place: where it is written.

    recording: how the recording is replayed that it comes from.
    """

    name: str
    key: str
    scope: Scope
    begin: Callable[[Context], ActionGenerator]
    when: "When | None" = None
    priority: int = 0
    uses: "Range | None" = None
    usage: Callable[[ModelView], Usage | None] = lambda _view: None
    file: str | None = None
    place: Callable[[], Place | None] = lambda: None
    recording: Mode | None = None

    def start(self, view: ModelView, match: Mapping[str, str]) -> Start:
        """Return what this turn begins with, for this run."""
        return Start(view, match, self.scope.state(view), dict(self.scope.memory(view).get("vars") or {}))

    def turn(self, view: ModelView, match: Mapping[str, str]) -> Turn:
        """Begin."""
        context = Context(self.start(view, match))
        return Turn(
            actions=self.begin(context),
            name=self.name,
            key=self.key,
            usage=self.usage(view),
            scope=self.scope.key(view),
            place=lambda: context.place(),  # noqa: PLW0108 - it changes from step to step
            place_below=lambda *below: context.place(*below),  # noqa: PLW0108 - as above
            script=self.file,
            recording=self.recording,
        )

    def match(self, view: ModelView, limit: SearchTime) -> MatchResult:
        """Compare this turn with a run, its use count included. Raises `SlowExpressionError`."""
        result = compare(self.when, view, self.scope.state(view), limit)
        used = view.memory.uses.get(self.key, 0)
        if self.uses is not None and self.uses.max is not None and used >= self.uses.max:
            result.misses.insert(0, Miss("uses", f"at most {self.uses.max}", f"played {used} times"))
        return result

    def row(self) -> dict[str, Any]:
        """Return the turn for lists: name, script, key, and how often it has to and may be played."""
        uses = {"min": self.uses.min, "max": self.uses.max} if self.uses else {"min": 0, "max": None}
        return {"name": self.name, "script": self.scope.script, "key": self.key, "uses": uses}


def in_order(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return turns in the order in which they are asked: by priority, then as they stand."""
    return sorted(candidates, key=lambda candidate: -candidate.priority)


def select(candidates: Iterable[Candidate], view: ModelView, *, http_error: bool = False) -> Turn:
    """Begin the turn that answers a run; raise `UnmatchedError` where there is none."""
    tried: list[tuple[Candidate, MatchResult]] = []
    limit = SearchTime()  # of all turns: whoever writes many slow expressions holds up everybody else
    for candidate in in_order(candidates):
        try:
            result = candidate.match(view, limit)
        except SlowExpressionError as error:
            # Whether it matches is not known, so no later turn may answer instead.
            failure = Fail("server_error", f"[emulator] turn {brief(candidate.name)}: {error}")
            return Turn(actions=(action for action in (failure,)), name=candidate.name)
        if not result.misses:
            return candidate.turn(view, result.captures)
        tried.append((candidate, result))
    raise unmatched(tried, view, http_error=http_error)


def unmatched(tried: Sequence[tuple[Candidate, MatchResult]], view: ModelView, *, http_error: bool) -> UnmatchedError:
    """Return the error that names the nearest turns."""
    least = sorted(tried, key=lambda one: len(one[1].misses))[:_MOST_COMPARED]
    ranked = sorted(least, key=lambda one: (len(one[1].misses), -_likeness(one[0], view)))[:NEAREST]
    near = [
        {"turn": candidate.name, "script": candidate.scope.script, "field": result.misses[0].field,
         "expected": result.misses[0].expected, "got": result.misses[0].got}
        for candidate, result in ranked
    ]  # fmt: skip
    return UnmatchedError(unmatched_message(near), near, http_error=http_error)


def unmatched_message(near: Sequence[Mapping[str, Any]]) -> str:
    """Return the message about a run that no turn matches."""
    nearest = "; ".join(f"{one['turn']}: {one['field']} expected {one['expected']}, got {one['got']}" for one in near)
    text = f"[emulator] no scripted turn matches. nearest: {nearest or 'none, no turn is loaded'}"
    return text if len(text) <= MESSAGE_LENGTH else text[: MESSAGE_LENGTH - 1] + "…"


def _likeness(candidate: Candidate, view: ModelView) -> float:
    matcher = candidate.when.message if candidate.when else None
    expected = matcher and (matcher.equals or " ".join(matcher.contains or ()) or matcher.glob or matcher.regex)
    if not expected or not view.message:
        return 0.0
    return difflib.SequenceMatcher(None, expected[:200].lower(), view.message[:200].lower()).ratio()
