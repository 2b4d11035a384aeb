"""``import``: brings threads of before into a running server."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import typer

from emulator.cli.connection import NamespaceName, Token, Url, namespace_of
from emulator.cli.refusals import FAILED, RefusedError

_MOST_LINES: Final = 20


def import_objects(
    files: Annotated[
        list[Path],
        typer.Argument(
            exists=True,
            metavar="FILE...",
            help="Exports of threads (JSON, NDJSON, folders, zip files), cassettes and other recordings.",
        ),
    ],
    url: Url = None,
    ns: NamespaceName = "default",
    as_: Annotated[
        Literal["threads", "scripts", "both"] | None,
        typer.Option(
            "--as",
            show_default="threads; both of recorded requests",
            help="What becomes of them: threads to be read, scenarios to be played, or both.",
        ),
    ] = None,
    control_token: Token = None,
) -> None:
    """Import exports of threads, and recordings; exit code 1 if something had to be left out."""
    from emulator.recording.importing import is_http_recording

    whole = [file for file in files if file.is_file() and (as_ in ("scripts", "both") or is_http_recording(file))]
    exports = [file for file in files if file not in whole]
    if exports and as_ in ("scripts", "both"):
        raise RefusedError(f"{exports[0]}: only files become scenarios: give the ones in it")
    skipped = 0
    with namespace_of(url, ns, control_token) as namespace:
        if exports:
            skipped += _said(_taken(namespace.import_objects, exports))
        for file in whole:
            answer = namespace.import_recording(file.absolute(), as_)
            skipped += _said(answer) if as_ != "scripts" else 0
            _say_scripts(answer.get("scripts", ()))
    if skipped:
        raise typer.Exit(FAILED)


def _say_scripts(scripts: Iterable[Mapping[str, Any]]) -> None:
    for one in scripts:
        typer.echo(f"added: {one['name']}: {one['kind']}, {one['turns']:,} turns, fidelity {one['fidelity']}")
        for note in one["notes"]:
            typer.echo(f"note: {note}", err=True)


def _taken(take: Any, files: Iterable[Path]) -> Mapping[str, Any]:
    from zipfile import BadZipFile

    try:
        answer: Mapping[str, Any] = take(*(file.absolute() for file in files))
    except OSError as error:
        raise RefusedError(f"{error.filename}: {error.strerror}") from None
    except (BadZipFile, KeyError) as error:
        raise RefusedError(f"a zip file cannot be read: {error}") from None
    return answer


def _said(answer: Mapping[str, Any]) -> int:
    """Print what was imported, and what was not; return how much that is."""
    counts = [f"{number:,} {noun.replace('_', ' ')}" for noun, number in answer["imported"].items()]
    typer.echo(f"imported: {', '.join(counts) or 'nothing'}")
    for title, lines in (("skipped", answer["skipped"]), ("note", answer["notes"])):
        for line in lines[:_MOST_LINES]:
            typer.echo(f"{title}: {line['what']}: {line['why']}", err=True)
        if len(lines) > _MOST_LINES:
            typer.echo(f"{title}: {len(lines) - _MOST_LINES:,} more", err=True)
    return len(answer["skipped"])
