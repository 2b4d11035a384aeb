"""One test in its namespace: set up, checked, explained where it fails, and removed."""

import shlex
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

import pytest

from emulator.domain.errors import EmulatorError
from emulator.harness.control import ask
from emulator.harness.emulator import Emulator
from emulator.harness.environment import without_proxy
from emulator.harness.errors import ControlError
from emulator.harness.names import namespace_name
from emulator.harness.namespace import Namespace
from emulator.harness.reports import Report
from emulator.harness.verdicts import Verdict, finding_lines
from emulator.pytest_plugin.environment import Environment
from emulator.pytest_plugin.guard import REAL, RealServiceGuard
from emulator.pytest_plugin.marks import Options

if TYPE_CHECKING:
    from emulator.pytest_plugin.session import Session

_MOST_THREADS: Final = 3
_NOTHING: Final = Report()
_NO_VERDICT: Final = Verdict()


class RunningTest:
    """A test that uses the emulator; a context manager around its fixtures and its call. folder: for snapshots."""

    def __init__(
        self, session: "Session", emulator: Emulator, item: pytest.Item, options: Options, folder: Path
    ) -> None:
        self._session = session
        self._emulator = emulator
        self._options = options
        self._folder = folder
        self._environment = Environment()
        self._guard = RealServiceGuard(None if options.real_service else emulator.url)
        self._report: Report | None = None
        self._verdict: Verdict | None = None
        self._nodeid = item.nodeid
        self._is_kept = False
        self.namespace = Namespace(emulator, self._name(), item.path.parent)

    def _name(self) -> str:
        """Return what its namespace is called after: a test of the same name may have left one to be looked at."""
        short = self._nodeid.rpartition("/")[2]
        whose = self._session.kept.get(namespace_name(short), self._nodeid)
        return short if whose == self._nodeid else self._nodeid

    def __enter__(self) -> Self:
        """Make the namespace, and let the program under test find it."""
        try:
            self._make()
        except BaseException:
            self.namespace.delete()
            raise
        # A proxy would look up the real service's hosts elsewhere, where nothing is guarded.
        direct = () if self._options.real_service else (host.removeprefix("*") for host in REAL)
        self._environment.set({**self.namespace.environment, **without_proxy(*direct)})
        self._guard.install()
        return self

    def _make(self) -> None:
        namespace, options, session = self.namespace, self._options, self._session
        if session.kept.pop(namespace.name, None) is not None or session.url is not None:
            namespace.delete()  # what an earlier session, or an earlier try, has left to be looked at
        if (base := session.made_at_import()) is not None:
            namespace.restore(base)
        wanted = {"strict": session.is_strict, "fail_on_drift": session.fails_on_drift}
        flags = {name: True for name, is_wanted in wanted.items() if is_wanted}
        config: Any = {"clock": session.clock, **flags, **options.config}
        namespace.configure(**config)
        scripts = options.scripts or (session.scripts if session.url is not None or options.replay else ())
        if scripts:
            choices = options.replay
            namespace.load(*scripts, set=options.params, drift=choices.get("drift"), ids=choices.get("ids"))
        ask(self._emulator.control, "PUT", f"/aliases/{session.name}", {"namespace": namespace.name})

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Remove it."""
        self._guard.remove()
        self._environment.restore()
        with suppress(ControlError):
            ask(self._emulator.control, "DELETE", f"/aliases/{self._session.name}")
        if not self._is_kept:
            self.namespace.delete()

    # --- checks -----------------------------------------------------------------------------------------------------

    @property
    def report(self) -> Report:
        """What was noticed until the end of the call."""
        if self._report is None:
            try:
                self._report = self.namespace.report()
            except ControlError as error:
                if error.status != 404:
                    raise
                self._report = _NOTHING  # the test has deleted its namespace
        return self._report

    @property
    def verdict(self) -> Verdict:
        """What was found until the end of the call, where a fault hit, or the test is to be resilient."""
        if self._verdict is None:
            is_wanted = self._is_resilient or self.report.faulted
            # Of a namespace that the test has deleted there is no report, either.
            self._verdict = self.namespace.verdict() if is_wanted and self.report is not _NOTHING else _NO_VERDICT
        return self._verdict

    @property
    def _is_resilient(self) -> bool:
        chosen = self._options.resilient
        return self._session.is_resilient if chosen is None else bool(chosen)

    def problems(self) -> list[str]:
        """Return what fails the test, although the program under test may have hidden it."""
        problems = list(self._guard.refused)
        if self._options.check:
            failures = [one for one in self.report.failures if one["kind"] not in self._options.allow]
            problems += [str(failure["message"]) for failure in failures]
        if self._is_resilient:
            is_strict = self._options.resilient == "strict" or self._session.is_strict
            problems += finding_lines(self.verdict.failing(strict=is_strict))
        return problems

    def findings(self) -> Mapping[str, Any]:
        """Return what the summary of the session says of the test, as JSON."""
        found: dict[str, Any] = {"lines": [], "hints": []}
        with suppress(EmulatorError):
            found["lines"] = [*self.report.lines(with_hints=False), *(str(one) for one in self.verdict.findings)]
            found["hints"] = [dict(hint) for hint in self.report.hints]
            if self._is_kept:
                found["inspector"] = self.namespace.inspector_url
            if self._session.counts_coverage:
                found["coverage"] = self.namespace.coverage().coverage.to_json()
        return found

    def keep(self) -> None:
        """Let its namespace outlive it, if tests that fail are to be looked at; it may have deleted it itself."""
        with suppress(EmulatorError):
            if self._session.keeps_failed and self.namespace.exists():
                self._is_kept = True
                self._session.kept[self.namespace.name] = self._nodeid

    # --- what helps where it fails ------------------------------------------------------------------------------------

    def explain(self, item: pytest.Item, said: Collection[str] = ()) -> None:
        """Add to the report of the test what was noticed, the newest dialogues, and where a snapshot is kept.

        said: lines that it fails with, which are not said again.
        """
        with suppress(EmulatorError):  # whatever the server has to say, the test's own failure comes first
            sections = [
                ("emulator: report", "\n".join(self.report.lines())),
                ("emulator: verdict", "\n".join(self._findings(said))),
                ("emulator: recordings", "\n".join(self._recordings())),
                ("emulator: threads", "\n\n".join(self._transcripts())),
                ("emulator: snapshot", self._snapshot()),
            ]
            for title, text in sections:
                if text:
                    item.add_report_section("call", title, text)

    def _findings(self, said: Collection[str]) -> Iterator[str]:
        yield from finding_lines(one for one in self.verdict.findings if str(one) not in said)

    def _recordings(self) -> Iterator[str]:
        from emulator.replays import replays_of  # noqa: PLC0415 - where a test fails, or has loaded one

        scripts = [one for one in self._session.scripts if one.suffix != ".py"]
        of_session = () if self._options.scripts else replays_of(scripts, {})
        for recording in self.namespace.recordings or of_session:
            yield str(recording)
            yield from (f"  {note}" for note in recording.notes)

    def _transcripts(self) -> Sequence[str]:
        threads = self.namespace.threads
        newest = [*threads.newest(_MOST_THREADS), *threads.dialogues(_MOST_THREADS)]
        return [self._transcript(one) for one in newest]

    def _transcript(self, thread: Any) -> str:
        """Return a thread as a text; with its page, where that will be there when the text is read."""
        threads = self.namespace.threads
        text = threads.transcript(thread).rstrip()
        return f"{text}\n{threads.inspector_url(thread)}" if self._session.keeps_failed else text

    def _snapshot(self) -> str:
        self._folder.mkdir(exist_ok=True)
        path = self.namespace.snapshot("failed").save(self._folder / f"{self.namespace.name}.zip")
        shown = f"assistants-emulator inspect {shlex.quote(str(path))}"
        return f"{path}\n(emulator.restore(Path(…)) goes on from there)\n{shown}\n(shows it in a browser)"
