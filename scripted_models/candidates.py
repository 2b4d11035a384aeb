"""Turns that may answer a run, and the scope in which each remembers."""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from emulator.domain.actions import Action
from emulator.domain.drift import Mode
from emulator.domain.nearest import did_you_mean
from emulator.domain.ports import Place, Turn, Usage
from emulator.domain.view import ModelView
from scripted_models.context import Context
from scripted_models.matches import MatchResult, Miss, compare
from scripted_models.problems import brief
from scripted_models.regular_expressions import SearchTime

if TYPE_CHECKING:
    from scripted_models.grammar.matchers import When
    from scripted_models.grammar.parts import Range

ScopeKind = Literal["thread", "assistant", "namespace"]
ActionGenerator = Generator[Action, Any, Any]

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

    chain: the name of the recorded thread that it belongs to. recording: how the recording that it comes from is
    replayed. source: where the run of the turn stands in it. given: returns how what a run is given differs from what
    was recorded, as lines of drift.
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
    chain: str | None = None
    recording: Mode | None = None
    source: str | None = None
    given: Callable[[ModelView], Sequence[Mapping[str, Any]]] | None = None

    def start(self, view: ModelView, match: Mapping[str, str]) -> Start:
        """Return what this turn begins with, for this run."""
        return Start(view, match, self.scope.state(view), dict(self.scope.memory(view).get("vars") or {}))

    def turn(
        self,
        view: ModelView,
        match: Mapping[str, str],
        *,
        remember: Mapping[str, Mapping[str, Any]] | None = None,
        drift: Sequence[Mapping[str, Any]] = (),
    ) -> Turn:
        """Begin. remember, drift: as in `Turn`."""
        context = Context(self.start(view, match))
        return Turn(
            actions=self.begin(context),
            name=self.name,
            key=self.key,
            usage=self.usage(view),
            scope=self.scope.key(view),
            written_at=self.place,
            place=lambda: context.place(),  # noqa: PLW0108 - it changes from step to step
            place_below=lambda *below: context.place(*below),  # noqa: PLW0108 - as above
            script=self.file,
            recording=self.recording,
            source=self.source,
            counted_apart=self.chain is not None,
            remember=remember or {},
            drift=drift if self.given is None else [*drift, *self.given(view)],
        )

    def match(self, view: ModelView, limit: SearchTime) -> MatchResult:
        """Compare this turn with a run, its use count included. Raises `SlowExpressionError`."""
        result = compare(self.when, view, self.scope.state(view), limit)
        used = view.memory.uses.get(self.key, 0)
        if self.uses is not None and self.uses.max is not None and used >= self.uses.max:
            result.misses.insert(0, Miss("uses", f"at most {self.uses.max}", f"played {used} times"))
        return result

    def row(self) -> dict[str, Any]:
        """Return the turn for lists: name, script, key, how often it has to and may be played, and its chain if any."""
        uses = {"min": self.uses.min, "max": self.uses.max} if self.uses else {"min": 0, "max": None}
        about = {"name": self.name, "script": self.scope.script, "key": self.key, "uses": uses}
        return about if self.chain is None else {**about, "chain": self.chain}
