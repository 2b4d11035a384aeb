"""Programs whose records are compared: each runs beside a fresh server of its own, with the same settings."""

import dataclasses
import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from emulator.cli.programs import NOT_EXECUTABLE, UNASKED, program_of, variables_of
from emulator.cli.refusals import RefusedError, refusing
from emulator.settings import Settings

if TYPE_CHECKING:
    from emulator.domain.parity.records import Record
    from emulator.harness.emulator import Emulator
    from emulator.harness.namespace import Namespace

# What programs print is kept apart from the report.
_STDERR: Final = 2


@dataclass(frozen=True, slots=True)
class Side:
    """A program, or the record of one. name: before or after. given: as it was given on the command line."""

    name: str
    given: str
    words: tuple[str, ...] = ()
    program: str = ""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What a side came to. failures: how many things went wrong; they have been printed."""

    record: "Record | None"
    failures: int = 0


def side_of(name: str, given: str) -> Side:
    """Return a side; refuse a command that cannot be run, before anything is."""
    try:
        words = tuple(shlex.split(given))
    except ValueError as error:
        raise RefusedError(f"--{name} {given!r}: {error}") from None
    if not words:
        raise RefusedError(f"--{name}: give a command, or the file of a record")
    if len(words) == 1 and Path(given).is_file() and not os.access(given, os.X_OK):
        return Side(name, given)
    return Side(name, given, words, program_of(words[0]))


def recorded(side: Side, settings: Settings) -> Recorded:
    """Return the record of a side: that of its file, or of the namespace that its program used.

    What the program prints goes to stderr, where the server's report follows it.
    """
    from emulator.harness.parity_sides import read_record

    if side.words:
        return _run(side, settings)
    try:
        return Recorded(read_record(Path(side.given)))
    except OSError as error:
        raise RefusedError(f"{side.given}: {error.strerror}") from None
    except ValueError as error:
        raise RefusedError(str(error)) from None


def _run(side: Side, settings: Settings) -> Recorded:
    from emulator.cli.children import run
    from emulator.cli.lost_requests import LostRequests
    from emulator.cli.summary import reports_of, summary_of
    from emulator.live_server import LiveServer

    lost = LostRequests()
    chosen = dataclasses.replace(settings, on_request=lost)
    with refusing(), LiveServer(chosen) as server:
        try:
            environment = {**os.environ, **variables_of(chosen, server.url)}
            code = run(side.program, side.words, environment, stdout=_STDERR)
        except OSError as error:
            raise RefusedError(f"{side.words[0]} cannot be run: {error.strerror}", NOT_EXECUTABLE) from None
        reports = reports_of(server.emulator)
        record = _record(side, server.emulator) if reports else None
    summary = summary_of(reports, UNASKED, lost=lost.hints())
    lines = [f"emulator: {side.name}: {side.given}", *summary.lines]
    if code:
        lines.append(f"emulator: {side.name} failed with exit code {code}")
    typer.echo("\n".join(lines), err=True)
    return Recorded(record, summary.failures + bool(code) + (record is None))


def _record(side: Side, emulator: "Emulator") -> "Record":
    from emulator.harness.parity_sides import record_of

    return dataclasses.replace(record_of(_used(side, emulator)), namespace=side.given)


def _used(side: Side, emulator: "Emulator") -> "Namespace":
    """Return the namespace that a program used: the one that its environment names, or the only one."""
    from emulator.service.open_namespaces import DEFAULT

    namespaces = {namespace.name: namespace for namespace in emulator.namespaces}
    if len(namespaces) == 1:
        return next(iter(namespaces.values()))
    if DEFAULT in namespaces:
        return namespaces[DEFAULT]
    names = ", ".join(sorted(namespaces))
    raise RefusedError(f"--{side.name}: the command used the namespaces {names}, and one is compared")
