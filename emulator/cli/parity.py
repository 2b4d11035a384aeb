"""``parity``: whether a port does what the program did, by what came of each turn and what the model saw."""

import dataclasses
import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from emulator.cli.coverage_files import target, write
from emulator.cli.options import scripts_of, with_settings
from emulator.cli.refusals import FAILED, RefusedError
from emulator.settings import Settings

if TYPE_CHECKING:
    from emulator.domain.parity.records import Record
    from emulator.harness.parity import ParityReport

_PANEL: Final = "Parity"
_Option = partial(typer.Option, rich_help_panel=_PANEL)
_USAGE: Final = "give BEFORE and AFTER, or --before and --after with commands, or one of them with --record FILE"
# There are two servers, each of which begins with nothing.
_OF_ONE_SERVER: Final = ("db", "role", "shared_files", "metrics", "export_to", "watch")


@partial(with_settings, without=_OF_ONE_SERVER)
def parity(
    settings: Settings,
    sides: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[BEFORE AFTER | SCENARIO...]",
            help="Namespaces of a running server, NAME or NAME@URL, or files of --record; with commands, scenarios.",
        ),
    ] = None,
    before: Annotated[
        str | None, _Option(metavar="CMD", show_default="none", help="Run the program, or take the file of a record.")
    ] = None,
    after: Annotated[
        str | None, _Option(metavar="CMD", show_default="none", help="Run its port, or take the file of a record.")
    ] = None,
    record: Annotated[
        Path | None,
        target("--record", show_default="none", rich_help_panel=_PANEL, help="Write the record of one side."),
    ] = None,
    pair: Annotated[
        list[str] | None,
        _Option(metavar="OLD=NEW", show_default="in their order", help="Dialogues that belong together; repeatable."),
    ] = None,
    waivers: Annotated[
        Path | None,
        _Option(metavar="FILE", exists=True, dir_okay=False, show_default="none", help="What may differ, and why."),
    ] = None,
    format: Annotated[  # noqa: A002 - the name of the option
        Literal["text", "json"], _Option(help="For people, or for programs.")
    ] = "text",
    show_equal: Annotated[
        bool, _Option("--show-equal", help="Print what differs and is taken for equal, too, each with its rule.")
    ] = False,
    out: Annotated[
        Path | None,
        target("-o", "--output", show_default="printed", rich_help_panel=_PANEL, help="Where the report is written."),
    ] = None,
    url: Annotated[
        str, _Option(envvar="EMULATOR_URL", metavar="URL", help="Where the server of the namespaces answers.")
    ] = "http://127.0.0.1:8000",
) -> None:
    """Compare a program and its port: what came of each turn, what the model saw, and how the dialogue was led.

    Each side is a namespace of a running server, or the file of a record. With --before and --after commands are run,
    one after the other, each with a fresh server that plays the same scenarios, as `exec` runs them; what they print
    goes to stderr. With --record the record of one side is written, for later comparisons.

    The exit code is 1 for differences that are not waived, and where a command or a check of its server fails.
    """
    given = sides or []
    if before is None and after is None:
        _check_settings(settings)
        records, failures = _named(given, record, url, settings.control_token), 0
    else:
        records, failures = _run(given, before, after, record, settings)
    if record is not None:
        if records:
            write(record, json.dumps(records[0].to_json(), indent=2, ensure_ascii=False))
    elif len(records) == 2:
        found = _compared(records, pair or (), waivers)
        _print(found, format, out, show_equal=show_equal)
        failures += len(found.failures)
    if failures:
        raise typer.Exit(FAILED)


def _named(given: Sequence[str], record: Path | None, url: str, token: str | None) -> "list[Record]":
    """Return the records of namespaces and files."""
    from emulator.cli.parity_names import record_named

    if len(given) != (2 if record is None else 1):
        raise RefusedError(_USAGE)
    return [record_named(one, url, token) for one in given]


def _run(
    scenarios: Sequence[str], before: str | None, after: str | None, record: Path | None, settings: Settings
) -> "tuple[list[Record], int]":
    """Return the records of commands, and how many things went wrong; a port is not run where its program failed."""
    from emulator.cli.parity_programs import recorded, side_of

    given = [side_of(name, one) for name, one in (("before", before), ("after", after)) if one is not None]
    if len(given) != (2 if record is None else 1):
        raise RefusedError(_USAGE)
    if missing := next((one for one in scenarios if not Path(one).exists()), None):
        raise RefusedError(f"{missing}: there is no such scenario")
    scripts = (*settings.scripts, *scripts_of([Path(one) for one in scenarios]))
    chosen = dataclasses.replace(settings, scripts=scripts, clock="auto")
    records: list[Record] = []
    failures = 0
    for side in given:
        found = recorded(side, chosen)
        failures += found.failures
        if found.record is not None:
            records.append(found.record)
        if failures:
            break
    return records, failures


def _check_settings(settings: Settings) -> None:
    """Refuse options of a server where none is started."""
    if dataclasses.replace(settings, control_token=None) != Settings():
        raise RefusedError("options of servers and of the scripted model are for --before and --after")


def _compared(records: "Sequence[Record]", pairs: Sequence[str], waivers: Path | None) -> "ParityReport":
    from emulator.harness.parity import parity as compare

    try:
        return compare(*records, pairs=_pairs(pairs), waivers=waivers)
    except OSError as error:
        raise RefusedError(f"{error.filename or waivers}: {error.strerror}") from None
    except ValueError as error:
        raise RefusedError(str(error)) from None


def _pairs(given: Sequence[str]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for one in given:
        old, equals, new = one.partition("=")
        if not (old and equals and new) or old in pairs:
            why = "is paired already" if equals else "is not OLD=NEW, such as thread_abc=conv_def"
            raise typer.BadParameter(f"{one!r} {why}", param_hint="--pair")
        pairs[old] = new
    return pairs


def _print(found: "ParityReport", format: str, out: Path | None, *, show_equal: bool) -> None:  # noqa: A002 - the option's name
    shown = (
        json.dumps(found.to_json(), indent=2, ensure_ascii=False)
        if format == "json"
        else found.text(show_equal=show_equal)
    )
    if out is None:
        typer.echo(shown)
    else:
        write(out, shown)
