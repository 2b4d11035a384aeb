"""``distil``: makes scenarios of recordings."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from emulator.cli.refusals import FAILED

if TYPE_CHECKING:
    from emulator.recording.distiller import Distilled
    from emulator.recording.recordings import AnyRecording


def distil(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="Recordings: cassettes, HAR files, exported threads, and so on."),
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

    errors: list[str] = []
    recordings = _read(files, errors)
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
    _print(results, errors, format)
    if errors:
        raise typer.Exit(FAILED)


def _read(files: "list[Path]", errors: list[str]) -> "list[AnyRecording]":
    from emulator.recording.recognition import read
    from emulator.recording.recordings import UnreadableRecordingError

    recordings: list[AnyRecording] = []
    for path in dict.fromkeys(files):
        try:
            with _progress(path) as progress:
                recordings.append(read(path, progress))
        except UnreadableRecordingError as error:
            errors.append(str(error))
        except (OSError, RecursionError) as error:
            errors.append(f"{path}: cannot be read: {getattr(error, 'strerror', None) or error}")
    return recordings


@contextmanager
def _progress(path: Path) -> Iterator[Any]:
    """Show on a terminal how far a long file is read; elsewhere nothing is shown."""
    import sys

    is_long = path.is_file() and path.stat().st_size > _LONG
    if not (is_long and sys.stderr.isatty()):
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(path.name, total=path.stat().st_size)
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


def _print(results: list[dict[str, Any]], errors: list[str], format: str) -> None:  # noqa: A002 - the option's name
    import json

    if format == "json":
        typer.echo(json.dumps({"scenarios": results, "errors": errors}, indent=2, ensure_ascii=False))
        return
    for one in results:
        counts = f"{_count(one['threads'], 'thread')}, {_count(one['turns'], 'turn')}"
        templates = f", {_count(one['templates'], 'template')} suggested" if one["templates"] else ""
        typer.echo(f"{one['scenario']}: {one['kind']}, {counts}, fidelity {one['fidelity']}{templates}")
        for note in one["notes"]:
            typer.echo(f"  {note}")
    for error in errors:
        typer.echo(f"error: {error}", err=True)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


_LONG = 1_000_000
