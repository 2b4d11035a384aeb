"""What the engine needs from outside: a clock, ids, and a backend that says what the model would have said."""

from collections.abc import AsyncIterator, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from emulator.domain.actions import Action
from emulator.domain.errors import EmulatorError
from emulator.domain.view import ModelView


class Timer(Protocol):
    """A call that will be made."""

    def cancel(self) -> None:
        """Do not make it; no effect once made."""


ClockMode = Literal["real", "frozen", "auto"]


class Clock(Protocol):
    """The time of one namespace."""

    mode: ClockMode

    def now(self) -> float:
        """Return seconds since the epoch."""

    def call_at(self, when: float, call: Callable[[], None], *, delay: bool = False) -> Timer:
        """Make ``call`` when the clock reaches ``when`` (seconds since the epoch). delay: it ends a model's delay."""

    def jump(self, seconds: float) -> bool:
        """Let a model's delay pass at once where this clock does that; False: the delay has to be waited for."""

    def due(self, until: float) -> "Timer | None":
        """Move to the next timer at or before ``until`` and fire it; without one, move to ``until``."""

    async def yield_to_loop(self) -> None:
        """Let other tasks of the server go first."""

    def change(self, mode: ClockMode | None = None, *, at: float | None = None, speed: float | None = None) -> None:
        """Change the mode, the time or the speed; what is waiting keeps the time it waits for."""

    def stop(self) -> None:
        """Make no more calls."""

    def state(self) -> Mapping[str, Any]:
        """Return what `emulator.clock.make_clock` needs to continue from here."""


class Ids(Protocol):
    """Names for new objects of one namespace, and its chance."""

    def make(self, kind: str) -> str:
        """Return the next id of ``kind`` ("thread", "msg", "run", …), prefix included."""

    def chance(self, name: str, count: int) -> float:
        """Return a number from 0 up to 1, which depends on the seed, ``name`` and ``count`` only."""

    def counters(self) -> Mapping[str, int]:
        """Return how many of each kind were made, for the next start."""

    def reserved(self, before: Mapping[str, int], ahead: int) -> Mapping[str, int]:
        """Return up to which number ids are reserved: ``before`` if that is enough, else some more of each kind."""

    def pass_over(self, taken: Collection[str], ahead: int) -> None:
        """Make none of some ids that are taken, as far as they are among the next so many of their kind."""


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
    """Tokens of a whole turn, as the script says; the engine splits them over the turn's steps."""

    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn that begins: its name for reports, the key its uses are counted under, and its actions.

    The iterator is a generator to which the engine sends each action's result. It must be deterministic: the
    same view and results give the same actions. scope: the key under which Remember and Goto
    keep their effect: "thread:ID", "assistant:ID" or "namespace", and behind a slash whatever the script likes.
    place: returns where in its script the last action stands, if that is known. script: the file that it is written in.
    """

    actions: Iterator[Action] | AsyncIterator[Action]
    name: str | None = None
    key: str | None = None
    scope: str | None = None
    usage: Usage | None = None
    place: Callable[[], Place | None] = lambda: None
    script: str | None = None


class UnmatchedError(EmulatorError):
    """No turn of the script fits.

    message: for `last_error`, with the nearest turn. near: one mapping per nearest turn {turn, field, expected, got}.
    http_error: creating the run itself answers 500. run_id: of the run, once the engine has been told.
    """

    run_id: str | None = None

    def __init__(self, message: str, near: Sequence[Mapping[str, Any]] = (), *, http_error: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.near = tuple(near)
        self.http_error = http_error


class Backend(Protocol):
    """A scripted model."""

    def turn(self, view: ModelView) -> Turn | Iterator[Action] | AsyncIterator[Action] | Sequence[Action]:
        """Begin the turn that answers ``view``; raise `UnmatchedError` where there is none."""


@dataclass(frozen=True, slots=True)
class ScriptSource:
    """A script as a namespace stores it. name: for reports. text: YAML or JSON. assets: file name -> data URI.

    params: the values of its parameters, by their names.
    """

    name: str
    text: str
    assets: Mapping[str, str] = field(default_factory=dict)
    params: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LoadedScripts:
    """Scripts ready to play.

    fixtures: objects to create, {"assistants": [...], "threads": [...], "files": [...], "vector_stores": [...]}, each
    with its pinned id and the body of the API's create call; and "exports", each with its content. places: where each
    of them is asked for, by its id. turns: for the control API, {name, script, key, uses}. params: those that are given
    and used. is_portable: whether the sources alone play alike elsewhere, because no step leaves them for Python.
    """

    backend: Backend
    seed: int | None = None
    clock: str | None = None
    wire: str | None = None
    fixtures: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict)
    turns: Sequence[Mapping[str, Any]] = ()
    notes: Sequence[str] = ()
    params: Mapping[str, str] = field(default_factory=dict)
    is_portable: bool = True


class ScriptError(EmulatorError):
    """A script that cannot be loaded. problems: one line each, ``file:line: path: message``."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class ScriptLoader(Protocol):
    """Turns sources into something that plays; raises `ScriptError`."""

    def __call__(self, sources: Sequence[ScriptSource]) -> LoadedScripts:
        """Load all sources of one namespace, in order."""
