"""The runs of a namespace: what a test asks of them, read when it is asked for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, overload

from emulator.domain.view import ModelView
from emulator.harness.control import NamespaceControl

_PAGE: Final = 1000


@dataclass(frozen=True, slots=True)
class Call:
    """A call of a tool. name: of the function, or the type of another tool.

    arguments: the JSON text of a function, what a built-in tool was given; None if nothing. output: what came back;
    None while it is awaited. step_id: of a response, the id of its item.
    """

    id: str
    type: str
    name: str
    arguments: str | None
    output: str | None
    step_id: str


class Calls(Sequence[Call]):
    """The calls of a run in their order, found by number or by name."""

    def __init__(self, calls: Sequence[Call]) -> None:
        self._calls = tuple(calls)

    @overload
    def __getitem__(self, which: int | str) -> Call: ...
    @overload
    def __getitem__(self, which: slice) -> Sequence[Call]: ...
    def __getitem__(self, which: int | str | slice) -> Call | Sequence[Call]:
        """Return the call of a number, or the newest of a name. Raises KeyError with the names that there are."""
        if not isinstance(which, str):
            return self._calls[which]
        if not (named := self.named(which)):
            raise KeyError(f"no call of {which!r}; called were: {', '.join(self.names) or 'none'}")
        return named[-1]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._calls)

    def __contains__(self, which: object) -> bool:
        """Return whether a function of that name was called, or a call is among them."""
        return which in self._calls or which in self.names

    def __repr__(self) -> str:
        return f"Calls({', '.join(f'{call.name}({call.arguments})' for call in self._calls)})"

    @property
    def names(self) -> list[str]:
        """The names in the order of the calls."""
        return [call.name for call in self._calls]

    def named(self, name: str) -> list[Call]:
        """Return all calls of a name, oldest first."""
        return [call for call in self._calls if call.name == name]


@dataclass(frozen=True, slots=True)
class StatusChange:
    """A status of a run. at: seconds since 1970 on the namespace's clock; cause: what led to it."""

    status: str
    at: float
    cause: str


class Run:
    """A run as it was when it was asked for; `refresh` asks again."""

    def __init__(self, control: NamespaceControl, summary: Mapping[str, Any]) -> None:
        self._control = control
        self._summary = summary

    def __repr__(self) -> str:
        return f"<Run {self.id}: {self.status}>"

    @property
    def id(self) -> str:
        """``run_…``, of a response ``resp_…``."""
        return str(self._summary["id"])

    @property
    def api(self) -> str:
        """By which API it was asked for: ``assistants`` or ``responses``."""
        return str(self._summary.get("api", "assistants"))

    @property
    def thread_id(self) -> str:
        """The thread that it belongs to; of a response its conversation, else the response that its dialogue began."""
        return str(self._summary["thread_id"])

    @property
    def assistant_id(self) -> str | None:
        """The assistant that it plays; None for a response that belongs to none."""
        assistant_id = self._summary["assistant_id"]
        return None if assistant_id is None else str(assistant_id)

    @property
    def assistant_rule(self) -> str | None:
        """How the assistant of a response was found, which its request does not name; None for a run.

        ``header``, ``instructions and model``, ``only one``, or ``nameless`` where it was not.
        """
        rule = self._summary.get("assistant_rule")
        return None if rule is None else str(rule)

    @property
    def model(self) -> str:
        """The model's name."""
        return str(self._summary["model"])

    @property
    def status(self) -> str:
        """Its status."""
        return str(self._summary["status"])

    @property
    def waits_for(self) -> str | None:
        """What holds it up: ``outputs``, ``clock``, ``gate`` (the pace), ``hold:NAME``, ``expiry`` …; None: nothing."""
        waits_for = self._summary["waits_for"]
        return None if waits_for is None else str(waits_for)

    @property
    def turn(self) -> str | None:
        """The name of the scripted turn that it plays."""
        turn = self._summary["turn"]
        return None if turn is None else str(turn)

    @property
    def timeline(self) -> list[str]:
        """The statuses that it has had, in their order."""
        return [change.status for change in self.changes]

    @property
    def changes(self) -> list[StatusChange]:
        """The same with times and causes."""
        return [StatusChange(one["status"], one["at"], one["cause"]) for one in self._summary["timeline"]]

    @property
    def doc(self) -> Mapping[str, Any]:
        """The run as the API shows it, in the newest shape."""
        doc: Mapping[str, Any] = self._details["run"]
        return doc

    @property
    def last_error(self) -> Mapping[str, Any] | None:
        """Why it failed: {code, message}."""
        error: Mapping[str, Any] | None = self.doc["error" if self.api == "responses" else "last_error"]
        return error

    @property
    def steps(self) -> list[Mapping[str, Any]]:
        """Its steps as the API shows them, oldest first; a response has none, but ``output`` in its ``doc``."""
        return list(self._details["steps"])

    @property
    def calls(self) -> Calls:
        """The calls of tools, with what came back; of a response those of its whole turn so far."""
        return Calls([Call(**{name: one.get(name) for name in Call.__slots__}) for one in self._details["calls"]])

    @property
    def problems(self) -> list[str]:
        """What the report says of it."""
        return [str(line["message"]) for line in self._details["report"]]

    @cached_property
    def view(self) -> ModelView:
        """What a model would have been given when the run began."""
        return ModelView.from_json(self._control.ask("GET", f"/runs/{self.id}/view"))

    @cached_property
    def _details(self) -> Mapping[str, Any]:
        details: Mapping[str, Any] = self._control.ask("GET", f"/runs/{self.id}")
        return details

    @property
    def inspector_url(self) -> str:
        """Where a browser shows it. Raises `NoAddressError` for one of a server without a socket."""
        return self._control.pages.run(self.id)

    def timeline_svg(self) -> str:
        """Return a picture of what it went through and did, and of what its client did meanwhile, drawn to scale."""
        return self._control.read(f"/runs/{self.id}/timeline.svg").decode()

    def refresh(self) -> "Run":
        """Return the run as it is now."""
        return Run(self._control, self._control.ask("GET", f"/runs/{self.id}"))


class Runs:
    """The runs of a namespace, oldest first; a sequence that is read anew each time."""

    def __init__(self, control: NamespaceControl) -> None:
        self._control = control

    def __iter__(self) -> Iterator[Run]:
        """Yield all runs, oldest first."""
        return iter(self.list())

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.list())

    def __getitem__(self, which: int | str) -> Run:
        """Return a run by its id, or by its number in the order of creation."""
        return self.get(which) if isinstance(which, str) else self.list()[which]

    @property
    def last(self) -> Run:
        """The newest run. Raises LookupError where there is none."""
        newest = self._control.ask("GET", "/runs", query={"limit": 1})["runs"]
        if not newest:
            raise LookupError("no run has been created in this namespace")
        return Run(self._control, newest[0])

    def get(self, run: Any) -> Run:
        """Return a run. run: its id, or an object with an ``id``."""
        return Run(self._control, self._control.ask("GET", f"/runs/{id_of(run)}"))

    def inspector_url(self, run: Any) -> str:
        """Return where a browser shows a run, or a response. Raises `NoAddressError` without a socket."""
        return self._control.pages.run(id_of(run))

    def timeline_svg(self, run: Any) -> str:
        """Return the picture of a run's timeline, as an SVG. run: its id, or an object with an ``id``."""
        return self._control.read(f"/runs/{id_of(run)}/timeline.svg").decode()

    def list(self, *, thread: Any = None, status: str | None = None) -> list[Run]:
        """Return the runs, oldest first. thread, status: only those."""
        found: list[Run] = []
        query = {"thread": None if thread is None else id_of(thread), "status": status, "limit": _PAGE}
        while True:
            page = self._control.ask("GET", "/runs", query=query)
            found += [Run(self._control, one) for one in page["runs"]]
            if not page["has_more"]:
                return found[::-1]
            query["after"] = found[-1].id


def id_of(thing: Any) -> str:
    """Return an id. thing: the id itself, or an object that has one, as those of the client."""
    if isinstance(thing, str):
        return thing
    found = thing.get("id") if isinstance(thing, Mapping) else getattr(thing, "id", None)
    if not isinstance(found, str):
        raise TypeError(f"an id, or an object with an id, is needed here, and not {thing!r}")
    return found
