"""``distil``: makes scenarios of recordings."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from emulator.cli.refusals import FAILED

if TYPE_CHECKING:
    from emulator.recording.distiller import Distilled
    from emulator.recording.given_files import GivenFile
    from emulator.recording.recordings import AnyRecording


def distil(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE",
            help="Recordings: cassettes, HAR files, exported threads and so on, folders and zip files of them.",
        ),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", file_okay=False, help="Where scenarios go.")],
    drift: Annotated[
        Literal["lenient", "strict", "template"],
        typer.Option(help="What happens where the program does not do as recorded."),
    ] = "lenient",
    ids: Annotated[Literal["remap", "pin"], typer.Option(help="New ids, or those of the recording.")] = "remap",
    suggest_templates: Annotated[
        bool, typer.Option("--suggest-templates", help="Show recorded outputs in later texts as templates.")
    ] = False,
    times: Annotated[bool, typer.Option("--times", help="Keep the pace of streams.")] = False,
    no_threads: Annotated[bool, typer.Option("--no-threads", help="Do not let exported threads come back.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there and differ.")] = False,
    format: Annotated[Literal["text", "json"], typer.Option(help="How the result is printed.")] = "text",  # noqa: A002
) -> None:
    """Make scenarios of recordings: one line for each, and what was lost. Recordings of one conversation give one.

    Exit code 1 if a file could not be read, shows no conversation, or would replace another; the others are written.
    """
    from emulator.recording.distilled_files import WouldOverwriteError, write_to
    from emulator.recording.distiller import Options, holdings, useless
    from emulator.recording.distiller import distil as distil_all
    from emulator.recording.given_files import given_files

    errors: list[str] = []
    with given_files(files, output) as given:
        errors += given.problems
        recordings = _read(given.files, errors)
    options = Options(drift, ids, suggest_templates, times, not no_threads)
    results: list[dict[str, Any]] = []
    found = distil_all(recordings, options)
    for made in found:
        try:
            paths = write_to(output, made, force=force)
        except WouldOverwriteError as error:
            errors.append(str(error))
        except OSError as error:
            errors.append(f"{error.filename or output}: {error.strerror}")
        else:
            results.append(_result(made, paths))
    errors += [f"{one.path}: {holdings(one)}" for one in useless(recordings, found)]
    _print(results, given.passed_over, errors, format)
    if errors:
        raise typer.Exit(FAILED)


def _read(files: "list[GivenFile]", errors: list[str]) -> "list[AnyRecording]":
    from dataclasses import replace

    from emulator.recording.recognition import read
    from emulator.recording.recordings import UnreadableRecordingError

    recordings: list[AnyRecording] = []
    for file in files:
        try:
            with _progress(file) as progress:
                recordings.append(replace(read(file.path, progress), path=file.shown))
        except UnreadableRecordingError as error:
            errors.append(str(error).replace(str(file.path), str(file.shown), 1))
        except (OSError, RecursionError) as error:
            errors.append(f"{file.shown}: cannot be read: {getattr(error, 'strerror', None) or error}")
    return recordings


@contextmanager
def _progress(file: "GivenFile") -> Iterator[Any]:
    """Show on a terminal how far a long file is read; elsewhere nothing is shown."""
    import sys

    path = file.path
    is_long = path.is_file() and path.stat().st_size > _LONG
    if not (is_long and sys.stderr.isatty()):
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(file.shown.name, total=path.stat().st_size)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _result(made: "Distilled", paths: list[Path]) -> dict[str, Any]:
    return {
        "scenario": str(paths[0]),
        "files": [str(path) for path in paths[1:]],
        "sources": [str(source) for source in made.sources],
        "kind": made.kind,
        "threads": made.threads,
        "turns": made.runs,
        "fidelity": made.fidelity,
        "templates": made.templates,
        "notes": list(made.notes),
    }


def _print(
    results: list[dict[str, Any]],
    passed_over: list[str],
    errors: list[str],
    format: str,  # noqa: A002 - the option's name
) -> None:
    import json

    from emulator.domain.printable import printable

    if format == "json":
        printed = {"scenarios": results, "passed_over": passed_over, "errors": errors}
        typer.echo(json.dumps(printed, indent=2, ensure_ascii=False))
        return
    for one in results:
        counts = f"{_count(one['threads'], 'thread')}, {_count(one['turns'], 'turn')}"
        templates = f", {_count(one['templates'], 'template')} suggested" if one["templates"] else ""
        of = f"{one['kind']} in {len(one['sources'])} files" if len(one["sources"]) > 1 else one["kind"]
        typer.echo(f"{one['scenario']}: {of}, {counts}, fidelity {one['fidelity']}{templates}")
        for note in one["notes"]:
            typer.echo(f"  {note}")
    for line in (*(f"passed over: {one}" for one in passed_over), *(f"error: {one}" for one in errors)):
        typer.echo(printable(line), err=True)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


_LONG = 1_000_000
