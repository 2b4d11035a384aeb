"""``import``: brings threads of before into a running server."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from emulator.cli.connection import NamespaceName, Token, Url, namespace_of
from emulator.cli.refusals import FAILED, RefusedError

if TYPE_CHECKING:
    from emulator.harness.namespace import Namespace

Answer = Mapping[str, Any]
_MOST_LINES: Final = 20
# A file of more bytes is imported in pieces, each of so many objects and bytes, which a server takes at once.
_LARGE: Final = 8 * 1024 * 1024
_MOST_OBJECTS: Final = 5_000
_MOST_BYTES: Final = 8 * 1024 * 1024
_LAST: Final = {"thread.run": 1, "thread.message": 2, "thread.run.step": 3}


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
            skipped += _said(list(_answers(namespace, [file.absolute() for file in exports])))
        for file in whole:
            answer = namespace.import_recording(file.absolute(), as_)
            skipped += _said([answer]) if as_ != "scripts" else 0
            _say_scripts(answer.get("scripts", ()))
    if skipped:
        raise typer.Exit(FAILED)


def _say_scripts(scripts: Sequence[Mapping[str, Any]]) -> None:
    for one in scripts:
        typer.echo(f"added: {one['name']}: {one['kind']}, {one['turns']:,} turns, fidelity {one['fidelity']}")
        for note in one["notes"]:
            typer.echo(f"note: {note}", err=True)


def _answers(namespace: "Namespace", files: Sequence[Path]) -> "Iterator[Answer]":
    """Yield what came of the imports: of one, or of several where a file is more than fits into one."""
    from zipfile import BadZipFile

    large = [file for file in files if file.is_file() and file.stat().st_size > _LARGE and file.suffix != ".zip"]
    try:
        if others := [file for file in files if file not in large]:
            yield namespace.import_objects(*others)
        for file in large:
            yield from _in_pieces(namespace, file)
    except OSError as error:
        raise RefusedError(f"{error.filename}: {error.strerror}") from None
    except (BadZipFile, KeyError) as error:
        raise RefusedError(f"a zip file cannot be read: {error}") from None


def _in_pieces(namespace: "Namespace", file: Path) -> "Iterator[Answer]":
    """Read a large file here, and import it piece by piece: what others name comes before them."""
    from emulator.recording.exports.reading import read_objects

    try:
        read = read_objects(file.read_bytes())
    except ValueError as error:
        raise RefusedError(f"{file}: {error}") from None
    skipped, noted = (
        [{"what": place, "why": why} for why, places in found.items() for place in places]
        for found in (read.findings.skipped, read.findings.noted)
    )
    yield {"imported": {}, "skipped": skipped, "notes": noted}
    for piece in _pieces(sorted(read.objects, key=lambda one: _LAST.get(one["object"], 0))):
        yield namespace.import_objects(*piece)


def _pieces(objects: "Sequence[Mapping[str, Any]]") -> "Iterator[list[Mapping[str, Any]]]":
    import orjson

    piece: list[Mapping[str, Any]] = []
    size = 0
    for one in objects:
        length = len(orjson.dumps(one))
        if piece and (len(piece) == _MOST_OBJECTS or size + length > _MOST_BYTES):
            yield piece
            piece, size = [], 0
        piece.append(one)
        size += length
    if piece:
        yield piece


def _said(answers: "Sequence[Answer]") -> int:
    """Print what was imported, and what was not; return how much that is."""
    imported: dict[str, int] = {}
    for answer in answers:
        for noun, number in answer["imported"].items():
            imported[noun] = imported.get(noun, 0) + number
    counts = [f"{number:,} {noun.replace('_', ' ')}" for noun, number in imported.items()]
    typer.echo(f"imported: {', '.join(counts) or 'nothing'}")
    skipped, notes = ([line for answer in answers for line in answer[name]] for name in ("skipped", "notes"))
    for title, lines in (("skipped", skipped), ("note", notes)):
        for line in lines[:_MOST_LINES]:
            typer.echo(f"{title}: {line['what']}: {line['why']}", err=True)
        if len(lines) > _MOST_LINES:
            typer.echo(f"{title}: {len(lines) - _MOST_LINES:,} more", err=True)
    return len(skipped)
