"""A namespace, as tests see it: where its clients go, what happens in it, and what is to happen."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cached_property
from json import dumps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, Unpack
from urllib.parse import quote

from emulator.domain.config import Progression
from emulator.domain.ports import Backend, ScriptError, ScriptSource
from emulator.domain.replay import replay_choices
from emulator.domain.request_order import PATIENCE
from emulator.harness import clients
from emulator.harness.clocks import Clock, Duration, as_duration
from emulator.harness.config import Config, config_as_json, pace_as_json
from emulator.harness.control import JSON, Control, NamespaceControl
from emulator.harness.coverage import CoverageReport
from emulator.harness.environment import variables
from emulator.harness.errors import CheckFailedError, ControlError
from emulator.harness.exports import parts_of_export, parts_of_recording
from emulator.harness.forms import Part, form_of
from emulator.harness.names import namespace_name
from emulator.harness.programs import Program, together
from emulator.harness.reports import Report
from emulator.harness.requests import Requests
from emulator.harness.runs import Run, Runs, id_of
from emulator.harness.scripts import backend_of, parts_of, read_scripts
from emulator.harness.snapshots import Snapshot, path_of
from emulator.harness.threads import Fork, Threads
from emulator.harness.under import Applied, under
from emulator.harness.verdicts import Verdict, finding_lines

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI

    from emulator.replays import Replay

# The name under which a snapshot of another server is kept until it is restored.
_TAKEN_OVER: Final = "taken-over"
Play = Callable[[str, Backend], None]


class Server(Protocol):
    """What a namespace needs of its server."""

    @property
    def url(self) -> str:
        """Where it answers, without a path."""

    @property
    def control(self) -> Control:
        """Its control API."""

    @property
    def play(self) -> Play | None:
        """Lets a namespace play a backend; None where the server runs in another process."""

    @property
    def has_socket(self) -> bool:
        """Whether other processes can reach it."""

    def http_client(self) -> Any:
        """Return a client of the HTTP library that `openai` uses, for this server."""

    def async_http_client(self) -> Any:
        """Return an asynchronous one."""

    def shared_transport(self) -> Any:
        """Return over what official clients send."""

    def async_transport(self) -> Any:
        """Return over what an asynchronous one sends."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run came. reached: whether that is where it was to go; fired: the names of the events on the way."""

    run: Mapping[str, Any]
    reached: bool
    fired: Sequence[str]


class Namespace:
    """One namespace of a server: its own data, clock, scripts, faults, request log and report.

    Every method asks the server when it is called, and raises `ControlError` for what it refuses. folder: where the
    paths of scripts begin. recordings: those that were loaded here last.
    """

    def __init__(self, server: Server, name: str, folder: Path | None = None) -> None:
        self._server = server
        self.name = namespace_name(name)
        self.folder = folder or Path()
        self.recordings: tuple[Replay, ...] = ()
        self._control = NamespaceControl(server.control, f"/ns/{self.name}")
        self.clock = Clock(self._control)
        self.runs = Runs(self._control)
        self.requests = Requests(self._control)
        self.threads = Threads(self._control)

    def __repr__(self) -> str:
        return f"<Namespace {self.name} of {self._server.url}>"

    @property
    def control(self) -> NamespaceControl:
        """The control API of this namespace, for what has no method here: ``ask("GET", "/order")``."""
        return self._control

    @property
    def has_socket(self) -> bool:
        """Whether other processes can reach it."""
        return self._server.has_socket

    # --- where clients go -------------------------------------------------------------------------------------------

    @property
    def base_url(self) -> str:
        """The base URL for clients of the API."""
        return f"{self._server.url}/ns/{self.name}/v1"

    @property
    def azure_endpoint(self) -> str:
        """The endpoint for Azure's clients."""
        return f"{self._server.url}/ns/{self.name}"

    @property
    def key(self) -> str:
        """An API key that names the namespace, for programs whose base URL names none."""
        return f"sk-emu-{self.name}"

    @cached_property
    def environment(self) -> Mapping[str, str]:
        """What a program that reads its settings from the environment has to find there."""
        return variables(self.azure_endpoint, self.key)

    def client(self, **options: Any) -> "OpenAI":
        """Return the official client, bound to this namespace. options: of `openai.OpenAI`."""
        return clients.openai_client(self.base_url, self.key, self._server.shared_transport(), options)

    def async_client(self, **options: Any) -> "AsyncOpenAI":
        """Return the asynchronous client, bound to this namespace."""
        return clients.async_openai_client(self.base_url, self.key, self._server.async_transport(), options)

    def http_client(self) -> Any:
        """Return a client of the HTTP library that `openai` uses; of a server in this process, it needs no socket."""
        return self._server.http_client()

    def async_http_client(self) -> Any:
        """Return the asynchronous one."""
        return self._server.async_http_client()

    # --- what the model says ----------------------------------------------------------------------------------------

    def load(
        self,
        *scripts: Any,
        set: Mapping[str, str] | None = None,  # noqa: A002 - as the option of the command is called
        add: bool = False,
        drift: str | None = None,
        ids: str | None = None,
    ) -> Sequence[str]:
        """Play these scripts, in place of all others; return what is to be known of them: what the loader noted.

        scripts: files, texts of several lines, or mappings as they would stand in a file; or, where the server runs in
        this process, scripts in Python: backends, and files that define some. Files may also be recordings, of which
        the notes say what was lost. Relative paths begin at `folder`, or else at the working directory. set: parameters
        of scenarios. add: beside the scenarios that are played already. drift, ids: how recordings are replayed,
        whatever their headers say. Raises `ScriptError`.
        """
        __tracebackhide__ = True
        choices = replay_choices(drift=drift, ids=ids)
        if (backend := backend_of(scripts, self.folder)) is None:
            sources, recordings = read_scripts(scripts, self.folder, choices)
            notes = self._load(sources, set or {}, choices, add=add)
            self.recordings = (*self.recordings, *recordings) if add else tuple(recordings)
            return [*(f"{one.files}: {note}" for one in recordings for note in one.notes), *notes]
        if add or set or choices:
            raise TypeError("scripts in Python take no parameters, and are combined with others by `Together`")
        if self._server.play is None:
            raise TypeError("scripts in Python are played by a server in this process; give that one to its start")
        self._server.play(self.name, backend)
        return ()

    def _load(
        self, sources: Sequence[ScriptSource], params: Mapping[str, str], choices: Mapping[str, str], *, add: bool
    ) -> Sequence[str]:
        __tracebackhide__ = True
        chosen = [f"set={quote(f'{name}={value}', safe='')}" for name, value in params.items()]
        query = "&".join([*chosen, *(f"{name}={choice}" for name, choice in choices.items())])
        path = f"/scripts?{query}" if query else "/scripts"
        try:
            answer = self._control.send("POST" if add else "PUT", path, *form_of(parts_of(sources)))
        except ControlError as error:
            if problems := error.body.get("problems"):
                raise ScriptError(problems) from None
            raise
        notes: Sequence[str] = answer["notes"]
        return notes

    def match(
        self,
        message: str | None = None,
        *,
        messages: Sequence[Mapping[str, Any]] | None = None,
        assistant: Any = None,
        thread: Any = None,
        tools: Sequence[Any] | None = None,
        model: str | None = None,
        instructions: str | None = None,
        metadata: Mapping[str, str] | None = None,
        turn: int | None = None,
    ) -> Mapping[str, Any]:
        """Return which turn would be played for a run like this, and why the others would not; nothing is played.

        {turn, script, place, turns: [{turn, script, matches, field, expected, got, used_up}]}.
        """
        about = {
            "message": message,
            "messages": messages,
            "assistant": None if assistant is None else id_of(assistant),
            "thread": None if thread is None else id_of(thread),
            "tools": tools,
            "model": model,
            "instructions": instructions,
            "metadata": metadata,
            "turn": turn,
        }
        answer: Mapping[str, Any] = self._control.ask("POST", "/scripts/match", _given(about))
        return answer

    # --- what happens -----------------------------------------------------------------------------------------------

    def configure(self, **config: Unpack[Config]) -> None:
        """Change the configuration, and keep the data."""
        self._control.ask("PUT", "", config_as_json(config))

    def pace(self, progression: Progression, *, times: int | None = None, seconds: Duration | None = None) -> None:
        """Choose how long a run shows each status. times: polls, at ``polls``; seconds: at ``time``."""
        self._control.ask("PUT", "/pace", pace_as_json(progression, times, seconds))

    def fault(
        self,
        method: str | None = None,
        path: str | None = None,
        *,
        times: int | None = None,
        after: int | None = None,
        probability: float | None = None,
        status: int | None = None,
        error: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        delay: Duration | None = None,
        disconnect: bool | None = None,
        truncate: int | None = None,
        before: bool | None = None,
        cut_stream_after: int | None = None,
        clean: bool | None = None,
        garble_event: int | None = None,
        omit_done: bool | None = None,
        duplicate_event: int | None = None,
        error_event: bool | None = None,
        stall_stream_after: int | None = None,
        lasting: Duration | None = None,
    ) -> None:
        """Let something go wrong with requests; what each fault does is said in the control API's documentation.

        path: ``*`` is one segment, ``**`` any number. times: how many are hit; without it, all. after: how many pass
        first. probability: of each, from the seed. before=False: the work is done first. lasting: of a stall.
        """
        do = {
            "status": status,
            "error": error,
            "headers": headers,
            "delay": None if delay is None else as_duration(delay),
            "disconnect": disconnect,
            "truncate": truncate,
            "before": before,
            "cut_stream_after": cut_stream_after,
            "clean": clean,
            "garble_event": garble_event,
            "omit_done": omit_done,
            "duplicate_event": duplicate_event,
            "error_event": error_event,
            "stall_stream_after": stall_stream_after,
            "for": None if lasting is None else as_duration(lasting),
        }
        match = _given({"method": method, "path": path})
        how_often = _given({"times": times, "after": after, "probability": probability})
        self._control.ask("POST", "/faults", {"match": match, "do": _given(do), **how_often})

    @property
    def faults(self) -> Sequence[Mapping[str, Any]]:
        """The faults, each with its hits."""
        faults: Sequence[Mapping[str, Any]] = self._control.ask("GET", "/faults")["faults"]
        return faults

    def clear_faults(self) -> None:
        """Let nothing go wrong any more."""
        self._control.ask("DELETE", "/faults")

    def stub(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        text: str | None = None,
        template: str | None = None,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
        times: int | None = None,
    ) -> str:
        """Answer requests that are none of this API, such as those for embeddings; return the id of the stub."""
        answer = {"json": json, "text": text, "template": template, "status": status, "headers": headers}
        body = _given({"method": method, "path": path, **answer, "times": times})
        return str(self._control.ask("POST", "/stubs", body)["id"])

    @property
    def stubs(self) -> Sequence[Mapping[str, Any]]:
        """The stubs, each with its hits."""
        stubs: Sequence[Mapping[str, Any]] = self._control.ask("GET", "/stubs")["stubs"]
        return stubs

    def clear_stubs(self) -> None:
        """Answer none of them any more."""
        self._control.ask("DELETE", "/stubs")

    # --- runs, one by one -------------------------------------------------------------------------------------------

    def step(self, run: Any, until: str | None = None) -> Progress:
        """Let a run go on that only shows a status.

        until: a status, ``settled``, ``step:N``, ``event:NAME`` or ``hold:NAME``; None is one status on.
        """
        body = {} if until is None else {"until": until}
        return Progress(**self._control.ask("POST", f"/runs/{id_of(run)}/step", body))

    def hold(self, run: Any = "next", *, at: str) -> None:
        """Keep a run in a status until it is released. run: ``next`` is the next that is created."""
        self._control.ask("POST", f"/runs/{id_of(run)}/hold", {"at": at})

    def release(self, run: Any, hold: str | None = None, *, at: str | None = None) -> Run:
        """Let a run go on. hold: the name of the breakpoint in its script; at: the status that it is kept in."""
        if (hold is None) is (at is None):
            raise TypeError("give the name of a breakpoint, or at=STATUS")
        self._control.ask("POST", f"/runs/{id_of(run)}/release", {"hold": hold} if at is None else {"at": at})
        return self.runs.get(run)

    def cancel(self, run: Any, *, at: str | None = None) -> Any:
        """Cancel a run, as its client would; return the `Run`, None for the next one.

        at: the status in which it is cancelled, as soon as it is there; None: now. run: ``next`` is the next that is
        created.
        """
        return self._end(run, "cancel", at)

    def expire(self, run: Any, *, at: str | None = None) -> Any:
        """Let a run expire, as the clock would; return it as `cancel` does. at, run: as there."""
        return self._end(run, "expire", at)

    def _end(self, run: Any, verb: str, at: str | None) -> Run | None:
        ended = self._control.ask("POST", f"/runs/{id_of(run)}/{verb}", {} if at is None else {"at": at})["run"]
        return None if ended is None else self.runs.get(run)

    def together(self, a: Program, b: Program, order: str = "", *, timeout: float = PATIENCE) -> tuple[Any, Any]:
        """Run two programs beside each other, their requests let in one by one; return what both return.

        a, b: functions, each called on a thread with a client of its own; or commands, as lists, which find the
        namespace in their environment and of which a `CompletedProcess` is returned. order: whose request is the next,
        as ``"abba"``; behind the last letter, and where there is none, they take turns. Who is not due waits in the
        server; who has ended is passed over. timeout: seconds of the machine that one waits for a request of the other;
        then both go on as they like, and `OrderStalledError` says who waited. Raises the error of the program that
        failed first.
        """
        __tracebackhide__ = True
        return together(self, a, b, order, timeout=timeout)

    def under(self, schedule: Applied, *, resilient: bool = False) -> AbstractContextManager[None]:
        """Empty the namespace and apply a schedule to it for a block; at its end `check`.

        schedule: of `emulator.schedules`; its lines are added to whatever the block raises. Scripts stay, and at the
        end pace and chunks are what they were. resilient: `assert_resilient`, too.
        """
        return under(self, schedule, resilient=resilient)

    # --- going back -------------------------------------------------------------------------------------------------

    def snapshot(self, name: str = "snapshot") -> Snapshot:
        """Keep the namespace as it is, under a name on the server."""
        return Snapshot(self._control, self._control.ask("POST", "/snapshots", {"name": name}))

    @property
    def snapshots(self) -> Sequence[Snapshot]:
        """What is kept of it."""
        return [Snapshot(self._control, one) for one in self._control.ask("GET", "/snapshots")["snapshots"]]

    def restore(self, snapshot: str | Path | Snapshot | bytes = "snapshot") -> None:
        """Become what was kept: by its name here, a snapshot of any namespace or server, or its file or bytes."""
        match snapshot:
            case str():
                self._control.ask("POST", f"{path_of(snapshot)}/restore")
            case Snapshot() if snapshot.control is self._control:
                self.restore(snapshot.name)
            case Snapshot():
                self.restore(snapshot.read())
            case Path():
                self.restore(snapshot.read_bytes())
            case _:
                taken = path_of(_TAKEN_OVER)
                self._control.send("PUT", taken, snapshot, "application/zip")
                self._control.ask("POST", f"{taken}/restore")
                self._control.ask("DELETE", taken)

    def fork(self, thread: Any, at: Any = None) -> Fork:
        """Copy a thread. at: its last message in the copy; None: all."""
        body = {} if at is None else {"at": id_of(at)}
        return Fork(**self._control.ask("POST", f"/threads/{id_of(thread)}/fork", body))

    def import_objects(self, *objects: Any, files: Mapping[str, bytes] | None = None) -> Mapping[str, Any]:
        """Take over objects, and home-made exports of threads; return what was imported, and what was not, and why.

        objects: of the client, or mappings in the API's own JSON, or the paths of exports: files, and folders and zip
        files that an export of a thread made. files: the bytes of files, by the ids or names of these.
        """
        parts = [part for path in objects if isinstance(path, Path) for part in parts_of_export(self._place(path))]
        plain = [one if isinstance(one, Mapping) else one.to_dict() for one in objects if not isinstance(one, Path)]
        if plain or not parts:
            parts.insert(0, Part("objects", "objects.json", JSON, dumps({"objects": plain}).encode()))
        parts += [Part(name, name, "application/octet-stream", data) for name, data in (files or {}).items()]
        answer: Mapping[str, Any] = self._control.send("POST", "/import", *form_of(parts))
        return answer

    def import_recording(
        self,
        path: str | Path | Sequence[str | Path],
        what: str | None = None,
        *,
        drift: str | None = None,
        ids: str | None = None,
    ) -> Mapping[str, Any]:
        """Take over a recording, or several; return what was imported, and its scripts.

        path: of a file, or of a folder or zip file that an export of a thread made; of several recordings, those that
        share a thread give one script. what: ``threads``, ``scripts`` (which are added to
        those that are played) or ``both``; by default both of recorded requests, and the threads of an export. drift,
        ids: how its scripts are replayed.
        """
        paths = [self._place(Path(one)) for one in ([path] if isinstance(path, str | Path) else path)]
        chosen = _given({"as": what, **replay_choices(drift=drift, ids=ids)})
        query = "&".join(f"{name}={quote(value, safe='')}" for name, value in chosen.items())
        parts = [part for one in paths for part in parts_of_recording(one)]
        answer: Mapping[str, Any] = self._control.send("POST", f"/import?{query}", *form_of(parts))
        return answer

    def _place(self, path: Path) -> Path:
        return found if (found := self.folder / path).exists() else path

    def exists(self) -> bool:
        """Return whether there is such a namespace yet, or still."""
        try:
            self._control.ask("GET", "")
        except ControlError as error:
            if error.status == 404:
                return False
            raise
        return True

    def reset(self) -> None:
        """Empty it: scripts, configuration and fixtures stay, ids and counts begin anew."""
        self._control.ask("POST", "/reset")

    def delete(self) -> None:
        """Delete it with everything in it; no error if it does not exist."""
        try:
            self._control.ask("DELETE", "")
        except ControlError as error:
            if error.status != 404:
                raise

    # --- what was wrong ---------------------------------------------------------------------------------------------

    def report(self, *, fail_on_drift: bool = False) -> Report:
        """Return what was noticed. fail_on_drift: each difference from what was recorded is a failure."""
        query = {"fail_on_drift": "true"} if fail_on_drift else None
        return Report.from_json(self._control.ask("GET", "/report", query=query))

    def coverage(self) -> CoverageReport:
        """Return what clients were shown of the API's statuses and events here, and what of it was missed."""
        return CoverageReport.from_json(self._control.ask("GET", "/coverage"))

    def clear_coverage(self) -> None:
        """Forget what was met."""
        self._control.ask("DELETE", "/coverage")

    def check(self) -> None:
        """Raise `CheckFailedError` for an unmatched run, a mistake in a script or a check that does not hold.

        In a namespace that is ``strict`` also for the rest of its list. Nothing is wrong where nothing happened.
        """
        __tracebackhide__ = True
        try:
            report = self.report()
        except ControlError as error:
            if error.status == 404:
                return
            raise
        if report.failures:
            raise CheckFailedError(report.problems)

    def verdict(self) -> Verdict:
        """Return how the program dealt with what went wrong: what a sound one would have done otherwise."""
        return Verdict.from_json(self._control.ask("GET", "/verdict"))

    def assert_resilient(self, *, strict: bool = False) -> None:
        """Raise `CheckFailedError` for what fails the verdict. strict: warnings, too."""
        __tracebackhide__ = True
        try:
            failing = self.verdict().failing(strict=strict)
        except ControlError as error:
            if error.status == 404:
                return
            raise
        if failing:
            raise CheckFailedError(list(finding_lines(failing)))


def _given(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}
