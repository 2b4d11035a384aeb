"""``import``: brings threads of before into a running server."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

from emulator.cli.connection import NamespaceName, Token, Url, namespace_of
from emulator.cli.losses import say_losses
from emulator.cli.refusals import FAILED, RefusedError

if TYPE_CHECKING:
    from emulator.harness.namespace import Namespace
    from emulator.recording.given_files import GivenFiles

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
            metavar="FILE",
            help="Exports of threads (JSON, NDJSON, folders, zip files), cassettes and other recordings.",
        ),
    ],
    url: Url = None,
    ns: NamespaceName = "default",
    as_: Annotated[
        Literal["threads", "scripts", "both", "conversation"] | None,
        typer.Option(
            "--as",
            show_default="threads; both of recorded requests",
            help="What becomes of them: threads to be read, scenarios to be played, or both; or a conversation for each"
            " thread, to be continued over Responses.",
        ),
    ] = None,
    control_token: Token = None,
) -> None:
    """Import exports of threads, and recordings; exit code 1 if something had to be left out."""
    from emulator.domain.printable import printable
    from emulator.harness.exports import is_export
    from emulator.recording.given_files import given_files
    from emulator.recording.importing import is_http_recording

    with namespace_of(url, ns, control_token) as namespace, _refusing_broken_files():
        own = [path.absolute() for path in files if is_export(path)]
        with given_files([path for path in files if path.absolute() not in own]) as given:
            _check(given)
            found = [*own, *(one.path.absolute() for one in given.files)]
            asks_for_scripts = as_ in {"scripts", "both"}
            whole = [one for one in found if asks_for_scripts or (one.is_file() and is_http_recording(one))]
            exports = [one for one in found if one not in whole]
            skipped = _said(list(_answers(namespace, exports, as_))) if exports else 0
            if whole:
                answer = namespace.import_recording(whole, as_)
                skipped += _said([answer]) if as_ != "scripts" else 0
                _say_scripts(answer.get("scripts", ()))
            for line in given.passed_over:
                typer.echo(printable(f"passed over: {line}"), err=True)
    if skipped:
        raise typer.Exit(FAILED)


def _check(given: "GivenFiles") -> None:
    """Refuse what cannot be imported, before anything is."""
    from emulator.domain.printable import printable
    from emulator.recording.recognition import problem_of

    found = ((one, problem_of(one.path) or _no_json(one.path)) for one in given.files)
    problems = [*given.problems, *(f"{one.shown}: {problem}" for one, problem in found if problem is not None)]
    if problems:
        raise RefusedError("\n".join(map(printable, problems)))


def _no_json(file: Path) -> str | None:
    """Return why a file of objects is no JSON; None for one that is, or holds recorded requests."""
    from emulator.recording.exports.findings import Findings
    from emulator.recording.exports.json_texts import read_values
    from emulator.recording.importing import is_http_recording

    if file.stat().st_size > _LARGE or is_http_recording(file):
        return None
    try:
        read_values(file.read_bytes(), Findings())
    except ValueError as error:
        return str(error)
    return None


@contextmanager
def _refusing_broken_files() -> Iterator[None]:
    from zipfile import BadZipFile

    try:
        yield
    except OSError as error:
        raise RefusedError(f"{error.filename}: {error.strerror}") from None
    except BadZipFile as error:
        raise RefusedError(f"a zip file cannot be read: {error}") from None


def _say_scripts(scripts: Sequence[Mapping[str, Any]]) -> None:
    for one in scripts:
        turns = _count(one["turns"], "turns")
        typer.echo(f"added: {one['name']}: {one['kind']}, {turns}, fidelity {one['fidelity']}")
        for note in one["notes"]:
            typer.echo(f"note: {note}", err=True)


def _answers(namespace: "Namespace", files: Sequence[Path], as_: str | None) -> "Iterator[Answer]":
    """Yield what came of the imports: of one, or of several where a file is more than fits into one."""
    from emulator.harness.exports import is_export

    large = [file for file in files if file.stat().st_size > _LARGE and not is_export(file)]
    if others := [file for file in files if file not in large]:
        yield namespace.import_objects(*others, as_="conversation" if as_ == "conversation" else "threads")
    for file in large:
        yield from _in_pieces(namespace, file, as_)


def _in_pieces(namespace: "Namespace", file: Path, as_: str | None) -> "Iterator[Answer]":
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
    if as_ == "conversation":
        for piece in _pieces(_whole_threads(read.objects)):
            yield namespace.import_objects(*(one for group in piece for one in group), as_="conversation")
        return
    for piece in _pieces([one] for one in sorted(read.objects, key=lambda one: _LAST.get(one["object"], 0))):
        yield namespace.import_objects(*(one for (one,) in piece))


def _whole_threads(objects: "Sequence[Answer]") -> "Iterator[list[Answer]]":
    """Yield the objects of each thread together, what belongs to none before them."""
    groups: dict[str, list[Answer]] = {"": []}
    for one in objects:
        thread = one["id"] if one["object"] == "thread" else one.get("thread_id", "")
        groups.setdefault(thread, []).append(one)
    yield from groups.values()


def _pieces(groups: Iterable[Sequence[Answer]]) -> "Iterator[list[Sequence[Answer]]]":
    """Yield groups of objects, as many together as a server takes at once; no group is taken apart."""
    import orjson

    piece: list[Sequence[Answer]] = []
    number = size = 0
    for group in groups:
        length = sum(len(orjson.dumps(one)) for one in group)
        if piece and (number + len(group) > _MOST_OBJECTS or size + length > _MOST_BYTES):
            yield piece
            piece, number, size = [], 0, 0
        piece.append(group)
        number, size = number + len(group), size + length
    if piece:
        yield piece


def _said(answers: "Sequence[Answer]") -> int:
    """Print what was imported, and what was not; return how much that is."""
    imported: dict[str, int] = {}
    for answer in answers:
        for noun, number in answer["imported"].items():
            imported[noun] = imported.get(noun, 0) + number
    counts = [_count(number, noun.replace("_", " ")) for noun, number in imported.items()]
    typer.echo(f"imported: {', '.join(counts) or 'nothing'}")
    skipped, notes = ([line for answer in answers for line in answer[name]] for name in ("skipped", "notes"))
    for title, lines in (("skipped", skipped), ("note", notes)):
        for line in lines[:_MOST_LINES]:
            typer.echo(f"{title}: {line['what']}: {line['why']}", err=True)
        if len(lines) > _MOST_LINES:
            typer.echo(f"{title}: {len(lines) - _MOST_LINES:,} more", err=True)
    say_losses([line for answer in answers for line in answer.get("lost", ())])
    return len(skipped)


def _count(number: int, noun: str) -> str:
    """Return a number and what it counts, which is said of many."""
    return f"{number:,} {noun.removesuffix('s') if number == 1 else noun}"
