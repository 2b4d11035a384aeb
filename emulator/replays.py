"""Recordings that are played as they are: known by their content, and distilled once as long as their files stay so."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO, Final, Literal, NamedTuple, cast

from emulator.domain.ports import ScriptError, ScriptSource
from emulator.domain.replay import distilled

_HEAD: Final = 64 * 1024
_MOST_KEPT: Final = 64
_MOST_NAMED: Final = 3
# What begins a line of a scenario in YAML, or the whole of one in JSON; or stands anywhere in one in flow style, whose
# keys have no quotes. Within a text of a recording it is indented.
_IN_YAML: Final = re.compile(rb"^[\"']?(?:emulator|turns)[\"']?[ \t]*:", re.MULTILINE)
_IN_JSON: Final = re.compile(rb'\{\s*"(?:emulator|turns)"\s*:')
_IN_FLOW: Final = re.compile(rb"\{(?:[^\"{}]*,)?\s*(?:emulator|turns)\s*:")
_NAME: Final = re.compile(r"^name: .*$", re.MULTILINE)
_KEYS: Final = frozenset({"emulator", "turns"})


@dataclass(frozen=True, slots=True)
class Replay:
    """Recordings of one conversation as a script. paths: their files. name: of the scenario. notes: what was lost."""

    paths: Sequence[Path]
    name: str
    source: ScriptSource = field(repr=False)
    kind: str
    fidelity: str
    turns: int
    notes: Sequence[str]

    @property
    def path(self) -> Path:
        """The first of the files, by which the scenario is called."""
        return self.paths[0]

    @property
    def files(self) -> str:
        """The files as messages name them."""
        shown = [str(path) for path in self.paths]
        if len(shown) > _MOST_NAMED:
            shown = [*shown[: _MOST_NAMED - 1], f"{len(shown) - _MOST_NAMED + 1} more files"]
        *first, last = shown
        return f"{', '.join(first)} and {last}" if first else last

    def __str__(self) -> str:
        turns = f"{self.turns} turn{'' if self.turns == 1 else 's'}"
        return f"{self.files}: {self.kind}, {turns}, fidelity {self.fidelity}"


def replay_of(path: Path, choices: Mapping[str, str]) -> Replay | None:
    """Return the recording in a file; None where it holds a scenario. Otherwise as `replays_of`."""
    return next(iter(replays_of([path], choices)), None)


def replays_of(paths: Iterable[Path], choices: Mapping[str, str]) -> Sequence[Replay]:
    """Return the recordings among some files, those that share a thread as one. choices: as of `replay_choices`.

    Raises `ScriptError` for what is neither a recording nor a scenario, with what it looks like, and OSError for what
    cannot be opened.
    """
    files = [file for path in dict.fromkeys(paths) if not _is_scenario(file := _File.of(path))]
    return _replays(tuple(files), tuple(sorted(choices.items()))) if files else ()


def with_replays(
    scripts: Sequence[Path | ScriptSource], choices: Mapping[str, str], read: Callable[[Path], ScriptSource]
) -> list[ScriptSource | Replay]:
    """Return scripts in their order, scenarios read and recordings distilled. Raises as `replays_of`."""
    replays = replays_of([one for one in scripts if isinstance(one, Path)], choices)
    firsts = {replay.path: replay for replay in replays}
    further = {path for replay in replays for path in replay.paths} - firsts.keys()
    found: list[ScriptSource | Replay] = []
    for one in scripts:
        if isinstance(one, ScriptSource):
            found.append(one)
        elif one in firsts:
            found.append(firsts.pop(one))
        elif one not in further and _is_scenario(_File.of(one)):
            found.append(read(one))
    return found


class _File(NamedTuple):
    """A file as it is at a time."""

    path: Path
    changed: int
    size: int

    @classmethod
    def of(cls, path: Path) -> "_File":
        status = path.stat()
        return cls(path, status.st_mtime_ns, status.st_size)


@lru_cache(1024)
def _is_scenario(file: _File) -> bool:
    return holds_a_scenario(file.path)


@lru_cache(_MOST_KEPT)
def _replays(files: tuple[_File, ...], choices: tuple[tuple[str, str], ...]) -> Sequence[Replay]:
    # Loaded where a recording is played, and only there.
    from emulator.recording.distilled_files import distil_files, distil_one, source_of  # noqa: PLC0415
    from emulator.recording.distiller import Options  # noqa: PLC0415
    from emulator.recording.recordings import UnreadableRecordingError  # noqa: PLC0415

    chosen = dict(choices)
    drift = cast("Literal['lenient', 'strict', 'template']", chosen.get("drift", "lenient"))
    options = Options(drift=drift, ids=cast("Literal['remap', 'pin']", chosen.get("ids", "remap")))
    paths = [file.path for file in files]
    try:
        found = [distil_one(paths[0], options)] if len(paths) == 1 else distil_files(paths, options)
    except UnreadableRecordingError as error:
        raise ScriptError([str(error)]) from None
    except RecursionError:
        raise ScriptError([f"{paths[0]}: cannot be read: it is nested too deep"]) from None
    return [
        # The lines of reports are those of the scenario, and not the recording's.
        Replay(
            tuple(made.sources),
            made.name,
            replace(source_of(made, made.sources[0]), name=distilled(str(made.sources[0]))),
            made.kind,
            made.fidelity,
            made.runs,
            tuple(made.notes),
        )
        for made in found
    ]


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
