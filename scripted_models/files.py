"""Scripts on disk: scenario files with the files that they name, and Python files with scripts."""

import base64
import hashlib
import importlib.util
import mimetypes
import sys
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import Any

from emulator.domain.ports import Backend, Place, ScriptError, ScriptSource
from scripted_models.problems import Problem, ProblemsError
from scripted_models.reader import MAX_TEXT, OF_LINE, Document, read, read_line
from scripted_models.rules import Rule
from scripted_models.scenario_turns import make_scenario
from scripted_models.scenarios import Scenario
from scripted_models.sources import parse_sources
from scripted_models.yaml_tree import UnreadableError

MAX_ASSET = 512 * 1024 * 1024


def load_file(path: str | Path, params: Mapping[str, str] | None = None) -> ScriptSource:
    """Read a scenario and the files that it names; raise `ScriptError`, or OSError where it cannot be opened.

    Paths are relative to the scenario and lead to files in its folder or below, links included. params: the values of
    its parameters.
    """
    path = Path(path)
    if path.stat().st_size > 4 * MAX_TEXT:
        raise _unreadable(path, UnreadableError(1, f"longer than {MAX_TEXT} characters", Rule.TOO_LARGE))
    try:
        text = path.read_text(encoding="utf-8-sig")
        document = read(str(path), text)
    except UnicodeDecodeError:
        raise _unreadable(path, UnreadableError(1, "not UTF-8", Rule.UNREADABLE_FILE)) from None
    except UnreadableError as error:
        raise _unreadable(path, error) from None
    assets: dict[str, str] = {}
    problems: list[Problem] = []
    turns = _turns_file(document.data)
    for place, name in (*_placed(document), *_placed_in_lines(path.parent, turns)):
        if name in assets or name.startswith("data:"):
            continue
        try:
            assets[name] = _read_asset(path.parent, name)
        except (OSError, ValueError) as error:
            problems.append(Problem("error", place.file, place.line, place.path, str(error), Rule.MISSING_FILE))
    if problems:
        raise ProblemsError(problems)
    return ScriptSource(str(path), text, assets, params or {})


def _unreadable(path: Path, error: UnreadableError) -> ProblemsError:
    return ProblemsError([error.problem(str(path), "scenario")])


def named_files(path: str | Path) -> set[Path]:
    """Return the files that a scenario names, whether they are there or not; none where it cannot be read."""
    path = Path(path)
    try:
        document = read(str(path), path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, UnreadableError):
        return set()
    names = {name for _, name in _asset_names(document.data)}
    names |= {name for _, name in _placed_in_lines(path.parent, _turns_file(document.data))}
    return {path.parent / name for name in names if not name.startswith("data:")}


def load_scenario(path: str | Path, *, allow_python: bool = True, params: Mapping[str, str] | None = None) -> Scenario:
    """Return the scenario of a file as a backend, to be combined with Python or to take its turns by name."""
    parsed, problems = parse_sources([load_file(path, params)], allow_python=allow_python)
    if problems:  # one scenario alone has no warnings at this point
        raise ProblemsError(problems)
    return make_scenario(parsed[0])


def load_python(path: str | Path) -> list[Backend]:
    """Import a Python file and return the scripts and other backends it defines, in order.

    Taken are values of the module (not classes) that have a method ``turn``, each once.
    """
    path = Path(path).resolve()
    name = f"scripted_models_user_{hashlib.sha256(str(path).encode()).hexdigest()[:12]}"
    spec = importlib.util.spec_from_file_location(name, path, loader=_FreshLoader(name, str(path)))
    if spec is None or spec.loader is None:
        raise ScriptError([f"{path}:1: scenario: not a Python file"])
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    backends: list[Backend] = []
    for value in vars(module).values():
        is_backend = callable(getattr(value, "turn", None)) and not isinstance(value, type)
        if is_backend and not any(value is one for one in backends):
            backends.append(value)
    return backends


class _FreshLoader(SourceFileLoader):
    """Compiles a file as it is now: what Python keeps beside it is told apart by seconds, and editors are faster."""

    def path_stats(self, path: Any) -> Any:
        """Say that nothing is known of the file, so that nothing is kept."""
        raise OSError(path)


def _inside(folder: Path, name: str) -> Path:
    root = folder.resolve()
    file = (root / name).resolve()
    if not file.is_relative_to(root):
        raise ValueError(f'"{name}" leads out of the scenario\'s folder')
    return file


def _read_asset(folder: Path, name: str) -> str:
    file = _inside(folder, name)
    if not file.is_file():
        raise ValueError(f'no file "{name}" beside the scenario')
    if file.stat().st_size > MAX_ASSET:
        raise ValueError(f'"{name}" is too large')
    kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return f"data:{kind};base64,{base64.b64encode(file.read_bytes()).decode()}"


def _placed(document: Document) -> Iterator[tuple[Place, str]]:
    return ((document.place(where), name) for where, name in _asset_names(document.data))


def _placed_in_lines(folder: Path, file: str | None) -> Iterator[tuple[Place, str]]:
    """Yield the images that turns in a file of their own name; it may be missing, or wrong in every other way."""
    try:
        lines = (_inside(folder, file).open("rb")) if file is not None and not file.startswith("data:") else None
    except (OSError, ValueError):
        return
    with lines if lines is not None else nullcontext(()) as found:
        for number, line in enumerate(found, start=1):
            if b'"images"' not in line:
                continue
            try:
                document = read_line(str(file), number, line.decode())
            except (ValueError, UnreadableError):
                continue
            steps = document.data.get("steps") if isinstance(document.data, dict) else None
            yield from ((document.place(where), name) for where, name in _images(steps, (*OF_LINE, "steps")))


def _turns_file(data: Any) -> str | None:
    """Return the file that holds the turns of a scenario, if there is one."""
    turns = data.get("turns") if isinstance(data, dict) else None
    file = turns.get("file") if isinstance(turns, dict) else None
    return file if isinstance(file, str) and file else None


def _asset_names(data: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Yield the paths that a scenario names; it may still be wrong in every other way."""
    fixtures = data.get("fixtures") if isinstance(data, dict) else None
    files = fixtures.get("files") if isinstance(fixtures, dict) else None
    for name, file in files.items() if isinstance(files, dict) else ():
        if isinstance(file, dict) and isinstance(file.get("path"), str):
            yield ("fixtures", "files", name, "path"), file["path"]
    recording = data.get("recording") if isinstance(data, dict) else None
    if isinstance(recording, dict) and isinstance(recording.get("pinned"), str):
        yield ("recording", "pinned"), recording["pinned"]
    if (file := _turns_file(data)) is not None:
        yield ("turns", "file"), file
    exports = fixtures.get("exports") if isinstance(fixtures, dict) else None
    for number, name in enumerate(exports if isinstance(exports, list) else ()):
        if isinstance(name, str):
            yield ("fixtures", "exports", number), name
    turns = data.get("turns") if isinstance(data, dict) else None
    for number, turn in enumerate(turns if isinstance(turns, list) else ()):
        yield from _images(turn.get("steps") if isinstance(turn, dict) else None, ("turns", number, "steps"))


def _images(steps: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for number, step in enumerate(steps if isinstance(steps, list) else ()):
        if not isinstance(step, dict):
            continue
        images = step.get("images")
        images = [images] if isinstance(images, str) else images
        for place, image in enumerate(images if isinstance(images, list) else ()):
            if isinstance(image, str) and "{{" not in image and "{%" not in image:
                yield (*path, number, "images", place), image
        for place, branch in enumerate(step["choose"] if isinstance(step.get("choose"), list) else ()):
            inner = branch.get("steps") if isinstance(branch, dict) else None
            yield from _images(inner, (*path, number, "choose", place, "steps"))
