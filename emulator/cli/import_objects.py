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
        typer.Argument(exists=True, metavar="FILE...", help="Exports of threads: JSON, NDJSON, folders, zip files."),
    ],
    url: Url = None,
    ns: NamespaceName = "default",
    as_: Annotated[
        Literal["threads", "scripts", "both"],
        typer.Option("--as", help="What becomes of them: threads to be read, scenarios to be played, or both."),
    ] = "threads",
    control_token: Token = None,
) -> None:
    """Import exports of threads; exit code 1 if something had to be left out."""
    skipped = 0
    with namespace_of(url, ns, control_token) as namespace:
        if as_ in ("threads", "both"):
            skipped += _said(_taken(namespace.import_objects, files))
        if as_ in ("scripts", "both"):
            raise RefusedError("recordings do not become scenarios yet: import them as threads")
    if skipped:
        raise typer.Exit(FAILED)


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
