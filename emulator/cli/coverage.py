"""``coverage``: what clients of a running server were shown, or what several runs of a suite have met together."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from emulator.cli.coverage_files import FORMS, failure_of, read, target, write
from emulator.cli.refusals import FAILED, RefusedError

if TYPE_CHECKING:
    from emulator.domain.state_coverage import Coverage

_USUAL: Final = "http://127.0.0.1:8000"


def coverage(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FILE]...",
            help="Coverage as JSON, of `exec`, pytest or this command; several are added up.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    url: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            show_default=f"EMULATOR_URL, or {_USUAL}; with files, none",
            help="Where a server answers, whose coverage is added.",
        ),
    ] = None,
    format: Annotated[  # noqa: A002 - the name of the option
        Literal["text", "json", "html"], typer.Option(help="For people, for programs, or for browsers.")
    ] = "text",
    out: Annotated[
        Path | None, target("-o", "--output", show_default="printed", help="Where the report is written.")
    ] = None,
    fail_under: Annotated[
        float | None,
        typer.Option(
            min=0, max=100, metavar="N", show_default="none", help="Exit code 1 if less than N percent were met."
        ),
    ] = None,
    control_token: Annotated[
        str | None, typer.Option(envvar="EMULATOR_CONTROL_TOKEN", metavar="TOKEN", help="Token of the control API.")
    ] = None,
) -> None:
    """Show which statuses, reasons and events of the API clients were shown, and how to reach the others."""
    from emulator.domain.state_coverage import Coverage

    found = Coverage()
    for file in files or ():
        found.merge(read(file))
    if url is not None or not files:
        found.merge(_of_server(url or os.environ.get("EMULATOR_URL") or _USUAL, control_token))
    report = FORMS[format](found)
    if out is None:
        typer.echo(report)
    else:
        write(out, report)
    if (failure := failure_of(found, fail_under)) is not None:
        typer.echo(f"emulator: {failure}", err=True)
        raise typer.Exit(FAILED)


def _of_server(url: str, token: str | None) -> "Coverage":
    from emulator.domain.errors import EmulatorError
    from emulator.harness.emulator import Emulator

    try:
        with Emulator.connect(url, token=token) as emulator:
            return emulator.coverage().coverage
    except (EmulatorError, ValueError) as error:
        raise RefusedError(" ".join(str(error).split())) from None
