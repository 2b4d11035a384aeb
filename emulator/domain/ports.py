"""What the engine needs from outside: a clock, ids, and a backend that says what the model would have said."""

from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Protocol, Self, TypeGuard

from emulator.domain.actions import Action
from emulator.domain.drift import Mode
from emulator.domain.errors import EmulatorError
from emulator.domain.view import ModelView


class Timer(Protocol):
    """A call that will be made."""

    def cancel(self) -> None:
        """Do not make it; no effect once made."""


# Kinds of rows of what scripts remember: chains of turns that threads have begun, by chain and by thread, and uses of
# turns that are counted apart.
CHAINS: Final = "chains"
BEGUN: Final = "begun"
PLAYED: Final = "played"


def came_from(dialogue: str) -> str:
    """Return the key of `Memory.scopes` for where a conversation comes from that was a thread before.

    Its row has the id of the ``thread``, the number of its ``turns``, and how many messages were ``answered`` in it.
    """
    return f"thread:{dialogue}//came_from"


ClockMode = Literal["real", "frozen", "auto"]


class Clock(Protocol):
    """The time of one namespace."""

    mode: ClockMode
    speed: float

    def now(self) -> float:
        """Return seconds since the epoch."""

    def call_at(self, when: float, call: Callable[[], None], *, delay: bool = False) -> Timer:
        """Make ``call`` when the clock reaches ``when`` (seconds since the epoch). delay: it ends a model's delay."""

    def machine_time_of(self, when: float) -> float:
        """Return the machine's time at which a real clock reaches ``when``; both are seconds since the epoch."""

    def jump(self, seconds: float) -> bool:
        """Let a model's delay pass at once where this clock does that; False: the delay has to be waited for."""

    def due(self, until: float) -> "Timer | None":
        """Move to the next timer at or before ``until`` and fire it; without one, move to ``until``."""

    async def yield_to_loop(self) -> None:
        """Let other tasks of the server go first."""

    def change(self, mode: ClockMode | None = None, *, at: float | None = None, speed: float | None = None) -> None:
        """Change the mode, the time or the speed; what is waiting keeps the time it waits for."""

    def follow(self, state: Mapping[str, Any]) -> None:
        """Go on as another process has left this clock. state: as `state` returns it."""

    def stop(self) -> None:
        """Make no more calls."""

    def state(self) -> Mapping[str, Any]:
        """Return what `emulator.clock.make_clock` needs to continue from here."""

    def portable_state(self) -> Mapping[str, Any]:
        """Return the same for whoever continues from here later, wherever that is."""


@dataclass(frozen=True, slots=True)
class PinnedIds:
    """Ids that new objects are given, by kind ("thread", "msg", "run", …) and in the order in which they are made.

    every: all of them. taken: those that objects have already.
    """

    by_kind: Mapping[str, Sequence[str]] = field(default_factory=dict)
    every: frozenset[str] = frozenset()
    taken: frozenset[str] = frozenset()

    @classmethod
    def of(cls, *ids: Mapping[str, Sequence[str]]) -> Self:
        """Return the ids of several scripts together, each once."""
        by_kind: dict[str, dict[str, None]] = {}
        for kind, some in ((kind, some) for one in ids for kind, some in one.items() if some):
            by_kind.setdefault(kind, {}).update(dict.fromkeys(some))
        return cls({kind: tuple(some) for kind, some in by_kind.items()}, frozenset().union(*by_kind.values()))


class Ids(Protocol):
    """Names for new objects of one namespace, and its chance."""

    @property
    def pinned(self) -> PinnedIds:
        """What its scripts have pinned."""

    def with_pinned(self, pinned: PinnedIds, *, anew: bool) -> "Ids":
        """Return the same ids with others pinned. anew: those of a kind that differ are given from the first one on."""

    def make(self, kind: str) -> str:
        """Return the next id of ``kind`` ("thread", "msg", "run", …), prefix included."""

    def chance(self, name: str, count: int) -> float:
        """Return a number from 0 up to 1, which depends on the seed, ``name`` and ``count`` only."""

    def counters(self) -> Mapping[str, int]:
        """Return how many of each kind were made, for the next start."""

    def follow(self, counters: Mapping[str, int], seed: int) -> None:
        """Go on as another process has left these ids: from its counts, and with its seed."""

    def reserved(self, before: Mapping[str, int], ahead: int) -> Mapping[str, int]:
        """Return up to which number ids are reserved: ``before`` if that is enough, else some more of each kind."""

    def pass_over(self, taken: Collection[str], ahead: int) -> None:
        """Make none of some ids that are taken, as far as they are pinned or among the next so many of their kind."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a script. line counts from 1; path reads like ``turns[0].steps[1].say``."""

    file: str
    line: int
    path: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.path}"


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of a whole turn, as the script says; the engine splits them over the turn's steps.

    ends_in_calls: its only calls are its end, so that it is one response, however these are answered.
    """

    prompt_tokens: int
    completion_tokens: int
    ends_in_calls: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn that begins: its name for reports, the key its uses are counted under, and its actions.

    The iterator is a generator to which the engine sends each action's result. It must be deterministic: the same view
    and results give the same actions. scope: the key under which Remember and Goto keep their effect: "thread:ID",
    "assistant:ID" or "namespace", and behind a slash whatever the script likes. written_at: returns where in its script
    the turn itself stands, if that is known. place: returns where in its script the last action stands, if that is
    known; place_below: where something within it does, by its path there. script: the file that it is written in.
    counted_apart: its uses have a row of their own, which no run is given: for turns of which there may be many.
    remember: what scripts remember from the beginning of the turn on, by the keys of `Memory.scopes`; what is empty is
    forgotten. recording: how the recording that it comes from is replayed; None where it comes from none. source: where
    its run stands in that recording. drift: how the run differs from its recording, as far as that is known when the
    turn begins; each a line of the report.
    """

    actions: Iterator[Action] | AsyncIterator[Action]
    name: str | None = None
    key: str | None = None
    scope: str | None = None
    usage: Usage | None = None
    written_at: Callable[[], Place | None] = lambda: None
    place: Callable[[], Place | None] = lambda: None
    script: str | None = None
    place_below: Callable[..., Place | None] | None = None
    recording: Mode | None = None
    source: str | None = None
    counted_apart: bool = False
    remember: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    drift: Sequence[Mapping[str, Any]] = ()


class UnmatchedError(EmulatorError):
    """No turn of the script fits.

    message: for `last_error`, with the nearest turn. near: one mapping per nearest turn {turn, field, expected, got}.
    http_error: creating the run itself answers 500. drift: as in `Turn`. is_final: no other backend may answer instead.
    run_id: of the run, once the engine has been told.
    """

    run_id: str | None = None

    def __init__(
        self,
        message: str,
        near: Sequence[Mapping[str, Any]] = (),
        *,
        http_error: bool = False,
        drift: Sequence[Mapping[str, Any]] = (),
        is_final: bool = False,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.near = tuple(near)
        self.http_error = http_error
        self.drift = tuple(drift)
        self.is_final = is_final


class Backend(Protocol):
    """A scripted model."""

    def turn(self, view: ModelView) -> Turn | Iterator[Action] | AsyncIterator[Action] | Sequence[Action]:
        """Begin the turn that answers ``view``; raise `UnmatchedError` where there is none."""


class Remembering(Protocol):
    """A backend that remembers more than what concerns the thread, the assistant or the namespace of a run.

    Rows are kept by keys such as ``kind/…``, and read one by one: there may be any number of each kind.
    """

    def memory_keys(self, view: ModelView) -> Sequence[str]:
        """Return the keys of the further rows that ``turn`` needs, in ``view.memory.scopes``; of few of them."""

    def left(self, begun: Mapping[str, Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
        """Return what of recorded threads was not played, as lines of drift. begun: the rows of the kind `BEGUN`."""


def remembers(backend: object) -> TypeGuard[Remembering]:
    """Return whether a backend is `Remembering`; asked with each run, so it is not compared with the protocol."""
    return hasattr(backend, "memory_keys") and hasattr(backend, "left")


@dataclass(frozen=True, slots=True)
class ScriptSource:
    """A script as a namespace stores it. name: for reports. text: YAML or JSON. assets: file name -> data URI.

    params: the values of its parameters, by their names. replay: what of the header of its recording is otherwise.
    """

    name: str
    text: str
    assets: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)
    replay: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the script as JSON data, from whose fields it can be made again."""
        about = {"name": self.name, "text": self.text, "assets": dict(self.assets), "params": dict(self.params)}
        return {**about, "replay": dict(self.replay)} if self.replay else about


@dataclass(frozen=True, slots=True)
class LoadedScripts:
    """Scripts ready to play.

    recorded_wire: the day of their recording, for a namespace for which nobody has chosen another.
    fixtures: objects to create, {"assistants": [...], "threads": [...], "files": [...], "vector_stores": [...]}, each
    with its pinned id and the body of the API's create call; and "exports", each with its content, and "conversations",
    each with the id of its thread. places: where each of them is asked for, by its id. pinned: ids for what is made
    while they play. turns: for the control API, {name, script, key, uses, chain}, the last of turns of chains alone;
    there may be very many, which are made when they are asked for. turn_places: where each of them is written, if that
    is known. required: those of them that have to be played. params: those that are given and used. is_portable:
    whether the sources alone play alike elsewhere, because no step leaves them for Python. sources: what was loaded; a
    loader need not say it.
    """

    backend: Backend
    seed: int | None = None
    clock: str | None = None
    wire: str | None = None
    recorded_wire: str | None = None
    fixtures: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)
    pinned: PinnedIds = field(default_factory=PinnedIds)
    turns: Sequence[Mapping[str, Any]] = ()
    turn_places: Sequence[Place | None] = ()
    required: Sequence[Mapping[str, Any]] = ()
    notes: Sequence[str] = ()
    params: Mapping[str, str] = field(default_factory=dict)
    is_portable: bool = True
    sources: Sequence[ScriptSource] = ()


class ScriptError(EmulatorError):
    """A script that cannot be loaded. problems: one line each, ``file:line: path: message``."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class ScriptLoader(Protocol):
    """Turns sources into something that plays; raises `ScriptError`."""

    def __call__(self, sources: Sequence[ScriptSource]) -> LoadedScripts:
        """Load all sources of one namespace, in order."""
