"""Recordings that a namespace takes over: their threads as objects, their runs as scripts, or both."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal, cast, get_args

from emulator.domain.errors import ApiError
from emulator.domain.ports import ScriptSource
from emulator.domain.replay import distilled
from emulator.recording.distilled_files import source_of
from emulator.recording.distiller import Distilled, Options, distil, holdings, secrets_of
from emulator.recording.importables import given_objects
from emulator.recording.recognition import kind_of, read
from emulator.recording.recordings import AnyRecording, HttpRecording, UnreadableRecordingError
from emulator.recording.shown_objects import shown_objects
from emulator.service.exported_objects import Given, GivenObjects
from emulator.service.imports import ReceivedFile, import_objects
from emulator.service.namespaces import Namespaces

What = Literal["threads", "scripts", "both"]
WHAT: Final[tuple[What, ...]] = get_args(What)
_HTTP: Final = frozenset({"vcrpy", "ruby-vcr", "har", "test-proxy", "recorded"})
# The name of a recording that comes without one.
UNNAMED: Final = "recording"


def is_http_recording(path: Path) -> bool:
    """Return whether a file holds recorded requests, and not objects."""
    return kind_of(path) in _HTTP


@dataclass(frozen=True, slots=True)
class _Read:
    """What was made of a recording. contents: of files, by their ids."""

    objects: GivenObjects
    contents: Mapping[str, bytes] = field(default_factory=dict)
    scripts: Sequence[tuple[Distilled, ScriptSource]] = ()


async def import_recording(
    namespaces: Namespaces, ns: str, path: Path, what: What, choices: Mapping[str, str]
) -> dict[str, Any]:
    """Take over a recording; return what was imported, and its scripts.

    Raises `ApiError` for what is no recording, and for scripts that cannot be loaded; then nothing has changed.
    """
    read_ = await namespaces.scripts.workers.compute(partial(_read, path, what, choices))
    sources = [source for _, source in read_.scripts]
    if sources:
        await namespaces.add_scripts(ns, sources)
    with tempfile.TemporaryDirectory(prefix="emulator-import-") as folder:
        received = [_received(Path(folder), number, *one) for number, one in enumerate(read_.contents.items())]
        imported = await import_objects(namespaces, ns, lambda: read_.objects, received)
    return {**asdict(imported), "scripts": [_script(made, source) for made, source in read_.scripts]}


def _received(folder: Path, number: int, id_: str, content: bytes) -> ReceivedFile:
    path = folder / str(number)
    path.write_bytes(content)
    return ReceivedFile(id_, id_, path)


def _script(made: Distilled, source: ScriptSource) -> dict[str, Any]:
    about = {"kind": made.kind, "fidelity": made.fidelity, "turns": made.runs, "notes": list(made.notes)}
    return {"name": source.name, **about}


def _read(path: Path, what: What, choices: Mapping[str, str]) -> _Read:
    try:
        recording = read(path)
    except UnreadableRecordingError as error:
        raise ApiError(400, str(error).replace(f"{path.parent}/", "")) from None
    except RecursionError:
        raise ApiError(400, f"{path.name}: it is nested too deep") from None
    scripts = [] if what == "threads" else _scripts(recording, choices)
    if what == "scripts":
        return _Read(GivenObjects([]), scripts=scripts)
    if not isinstance(recording, HttpRecording):
        return _Read(given_objects([path.read_bytes()]), scripts=scripts)
    shown, secrets = shown_objects([recording]), secrets_of([recording])
    objects = [secrets.without_secrets_in(dict(one)) for one in shown.objects]
    given = [Given(str(one.get("id")), one, (0, place)) for place, one in enumerate(objects)]
    contents = {id_: data for id_, data in shown.contents.items() if not secrets.has_secret(data)}
    return _Read(GivenObjects(given, shown.names, noted=shown.noted), contents, scripts)


def _scripts(recording: AnyRecording, choices: Mapping[str, str]) -> list[tuple[Distilled, ScriptSource]]:
    drift = cast("Literal['lenient', 'strict', 'template']", choices.get("drift", "lenient"))
    ids = cast("Literal['remap', 'pin']", choices.get("ids", "remap"))
    # Threads are imported as objects, or not at all.
    found = distil([recording], Options(drift=drift, ids=ids, threads=False))
    if not found:
        raise ApiError(400, f"{recording.path.name}: {holdings(recording)}")
    return [(made, source_of(made, Path(distilled(recording.path.name)))) for made in found]
