"""Scripts on their way to a server: files with what they name, texts and scenarios as values."""

from base64 import b64decode
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from emulator.domain.ports import Backend, ScriptError, ScriptSource
from emulator.harness.forms import Part
from emulator.settings import given_script

if TYPE_CHECKING:
    from emulator.replays import Replay

_MOST_KEPT: Final = 64


def read_scripts(
    scripts: Sequence[Any], folder: Path, choices: Mapping[str, str]
) -> tuple[list[ScriptSource], "list[Replay]"]:
    """Return scripts ready to be sent, and the recordings among them.

    folder: where relative paths begin, or else the working directory. choices: how recordings are replayed. Raises
    `ScriptError` for what cannot be read, FileNotFoundError, and TypeError for what is no script.
    """
    if not scripts:
        raise TypeError("give at least one scenario")
    from emulator.replays import Replay, distinct, with_replays  # noqa: PLC0415 - loaded once there is a script

    given = [_given(script, number, folder) for number, script in enumerate(scripts, 1)]
    read = with_replays(given, choices, _read_file)
    return distinct(read), [one for one in read if isinstance(one, Replay)]


def backend_of(scripts: Sequence[Any], folder: Path) -> Backend | None:
    """Return scripts in Python as one backend; None where all are scenarios. Raises TypeError where some are."""
    parts = [_backends(script, folder) for script in scripts]
    if not any(parts):
        return None
    if not all(parts):
        raise TypeError("scenarios and scripts in Python are combined by `Together(load_scenario(…), …)`")
    backends = [backend for part in parts for backend in part]
    from scripted_models import Together  # noqa: PLC0415 - as below

    return backends[0] if len(backends) == 1 else Together(*backends)


def _backends(script: Any, folder: Path) -> Sequence[Backend]:
    """Return the backends of a script in Python; of a scenario none."""
    if callable(getattr(script, "turn", None)):
        return [script]
    if not isinstance(script, (str, Path)) or not str(script).endswith(".py"):
        return []
    from scripted_models import load_python  # noqa: PLC0415 - as below

    if not (backends := load_python(_place(script, folder))):
        raise ScriptError([f"{script}:1: python: defines no script"])
    return backends


def _given(script: Any, number: int, folder: Path) -> ScriptSource | Path:
    given = given_script(script, number)
    return given if isinstance(given, ScriptSource) else _place(given, folder)


def _read_file(path: Path) -> ScriptSource:
    status = path.stat()
    return _read(path, status.st_mtime_ns, status.st_size)


def _place(script: Any, folder: Path) -> Path:
    return path if (path := folder / script).exists() else Path(script)


@lru_cache(_MOST_KEPT)
def _read(path: Path, _changed: int, _size: int) -> ScriptSource:
    """Return the script of a file; many tests play the same one. What it names may change unnoticed, and is small."""
    from scripted_models import load_file  # noqa: PLC0415 - its reader is loaded once there is a script

    return load_file(path)


def parts_of(sources: Sequence[ScriptSource]) -> list[Part]:
    """Return scripts and the files that they name as the parts of a form."""
    parts = [Part("script", source.name, "application/yaml", source.text.encode()) for source in sources]
    assets = {name: uri for source in sources for name, uri in source.assets.items()}
    return [*parts, *(_asset(name, uri) for name, uri in assets.items())]


def _asset(name: str, uri: str) -> Part:
    head, _, data = uri.partition(",")
    media_type = head.removeprefix("data:").removesuffix(";base64") or "application/octet-stream"
    return Part("asset", name, media_type, b64decode(data))
