"""Recordings that are played as they are: known by their content, and distilled once as long as their files stay so."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Final, Literal, cast

from emulator.domain.ports import ScriptError, ScriptSource
from emulator.domain.replay import distilled

_HEAD: Final = 64 * 1024
_MOST_KEPT: Final = 64
# What begins a line of a scenario in YAML, or the whole of one in JSON; or stands anywhere in one in flow style, whose
# keys have no quotes. Within a text of a recording it is indented.
_IN_YAML: Final = re.compile(rb"^[\"']?(?:emulator|turns)[\"']?[ \t]*:", re.MULTILINE)
_IN_JSON: Final = re.compile(rb'\{\s*"(?:emulator|turns)"\s*:')
_IN_FLOW: Final = re.compile(rb"\{(?:[^\"{}]*,)?\s*(?:emulator|turns)\s*:")
_NAME: Final = re.compile(r"^name: .*$", re.MULTILINE)
_KEYS: Final = frozenset({"emulator", "turns"})


@dataclass(frozen=True, slots=True)
class Replay:
    """A recording as a script. name: of the scenario. notes: what was lost, or is otherwise."""

    path: Path
    name: str
    source: ScriptSource
    kind: str
    fidelity: str
    turns: int
    notes: Sequence[str]

    def __str__(self) -> str:
        turns = f"{self.turns} turn{'' if self.turns == 1 else 's'}"
        return f"{self.path}: {self.kind}, {turns}, fidelity {self.fidelity}"


def replay_of(path: Path, choices: Mapping[str, str]) -> Replay | None:
    """Return the recording in a file; None where it holds a scenario. choices: as of `replay_choices`.

    Raises `ScriptError` for what is neither, with what it looks like, and OSError for what cannot be opened.
    """
    status = path.stat()
    return _replay(path, status.st_mtime_ns, status.st_size, tuple(sorted(choices.items())))


@lru_cache(_MOST_KEPT)
def _replay(path: Path, _changed: int, _size: int, choices: tuple[tuple[str, str], ...]) -> Replay | None:
    if holds_a_scenario(path):
        return None
    # Loaded where a recording is played, and only there.
    from emulator.recording.distilled_files import distil_one, source_of  # noqa: PLC0415
    from emulator.recording.distiller import Options  # noqa: PLC0415
    from emulator.recording.recordings import UnreadableRecordingError  # noqa: PLC0415

    chosen = dict(choices)
    drift = cast("Literal['lenient', 'strict', 'template']", chosen.get("drift", "lenient"))
    ids = cast("Literal['remap', 'pin']", chosen.get("ids", "remap"))
    try:
        made = distil_one(path, Options(drift=drift, ids=ids))
    except UnreadableRecordingError as error:
        raise ScriptError([str(error)]) from None
    except RecursionError:
        raise ScriptError([f"{path}: cannot be read: it is nested too deep"]) from None
    # The lines of reports are those of the scenario, and not the recording's.
    source = replace(source_of(made, path), name=distilled(str(path)))
    return Replay(path, made.name, source, made.kind, made.fidelity, made.runs, tuple(made.notes))


def distinct(scripts: Sequence[ScriptSource | Replay]) -> list[ScriptSource]:
    """Return the sources of scripts, of which none takes the place of another because their files are called alike."""
    taken: set[str] = set()
    sources = []
    for script in scripts:
        if isinstance(script, Replay):
            name, number = script.name, 1
            while name in taken:
                number += 1
                name = f"{script.name}-{number}"
            taken.add(name)
            sources.append(script.source if name == script.name else _renamed(script.source, name))
        else:
            sources.append(script)
    return sources


def _renamed(source: ScriptSource, name: str) -> ScriptSource:
    return replace(source, text=_NAME.sub(lambda _: f"name: {json.dumps(name)}", source.text, count=1))


def holds_a_scenario(path: Path) -> bool:
    """Return whether a file holds a scenario, by what it begins with; also where it is missing, or empty."""
    try:
        with path.open("rb") as file:
            start = _behind_comments(file)
    except FileNotFoundError:
        return True
    if not start.startswith(b"{"):
        return not start or _IN_YAML.search(start) is not None
    try:
        data = json.loads(start) if len(start) < _HEAD else None
    except ValueError:
        data = None  # a part of it, or YAML in one line
    return (_IN_JSON.match(start) or _IN_FLOW.match(start)) is not None if data is None else not _KEYS.isdisjoint(data)


def _behind_comments(file: BinaryIO) -> bytes:
    """Return the beginning of a text behind the comments, of any length, that it may begin with."""
    line = file.readline(_HEAD).removeprefix(b"\xef\xbb\xbf")
    while line and (not line.strip() or line.lstrip().startswith(b"#")):
        while line and not line.endswith(b"\n"):
            line = file.readline(_HEAD)
        line = file.readline(_HEAD)
    return (line + file.read(_HEAD - len(line))).lstrip()
