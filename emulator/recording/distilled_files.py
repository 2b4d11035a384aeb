"""Distilled scenarios on disk, and recordings that are used as if they were scenarios."""

import base64
import mimetypes
from collections.abc import Mapping, Sequence
from pathlib import Path

from emulator.domain.errors import EmulatorError
from emulator.domain.ports import ScriptSource
from emulator.recording.distiller import Distilled, Options, distil, holdings, useless
from emulator.recording.recognition import read
from emulator.recording.recordings import AnyRecording, UnreadableRecordingError
from scripted_models.writing import write


class WouldOverwriteError(EmulatorError):
    """A file is there already, and is not what would be written."""


def distil_file(path: Path, options: Options | None = None) -> ScriptSource:
    """Return the scenario of one recording, its files as data URIs. Raises `UnreadableRecordingError`."""
    return source_of(distil_one(path, options or Options()), path)


def distil_one(path: Path, options: Options) -> Distilled:
    """Return what one recording gives. Raises `UnreadableRecordingError`, also where it shows no conversation."""
    return distil_files([path], options)[0]


def distil_files(paths: Sequence[Path], options: Options) -> list[Distilled]:
    """Return what recordings give, those that share a thread together. Raises `UnreadableRecordingError`."""
    recordings = [_read(path) for path in paths]
    found = distil(recordings, options)
    for one in useless(recordings, found):
        raise UnreadableRecordingError(f"{one.path}: {holdings(one)}")
    return found


def _read(path: Path) -> AnyRecording:
    try:
        return read(path)
    except RecursionError:
        raise UnreadableRecordingError(f"{path}: cannot be read: it is nested too deep") from None


def source_of(made: Distilled, path: Path) -> ScriptSource:
    """Return what was made of a recording as a script."""
    assets = {name: _data_uri(name, data) for name, data in made.assets.items()}
    return ScriptSource(str(path), write(made.document, made.comments), assets)


def write_to(folder: Path, made: Distilled, *, force: bool = False) -> list[Path]:
    """Write a scenario and the files beside it into a folder, and return their paths, the scenario first.

    A file of other contents is never replaced without ``force``: somebody may have edited it, or it is another's.
    Raises `WouldOverwriteError`, with nothing written.
    """
    contents = _contents(folder, made)
    for path, data in contents.items():
        if not force and path.exists() and (not path.is_file() or path.read_bytes() != data):
            raise WouldOverwriteError(f"{path} is there and differs: --force replaces it")
    for path, data in contents.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return list(contents)


def _contents(folder: Path, made: Distilled) -> Mapping[Path, bytes]:
    scenario = folder / f"{made.name}.yaml"
    if _is_one_of(scenario, made.sources):  # a recording is never replaced, not even by force
        scenario = folder / f"{made.name}.scenario.yaml"
    text = write(made.document, made.comments)
    return {scenario: text.encode(), **{folder / name: data for name, data in made.assets.items()}}


def _is_one_of(path: Path, sources: Sequence[Path]) -> bool:
    return any(path.resolve() == source.resolve() for source in sources)


def _data_uri(name: str, data: bytes) -> str:
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"
