"""The scripts that a server is started with, read from their files: scenarios, recordings and Python as one backend."""

import logging
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Final

import scripted_models
from emulator.domain.errors import EmulatorError
from emulator.domain.parameters import unused_message
from emulator.domain.ports import Backend, LoadedScripts, ScriptError, ScriptSource
from emulator.domain.replay import is_in_memory, replay_choices
from emulator.service.scripts import ServerScripts
from emulator.settings import Settings
from emulator.tools.kinds import types_on

if TYPE_CHECKING:
    from emulator.replays import Replay

_log: Final = logging.getLogger("emulator")
_SCENARIOS: Final = frozenset({".yaml", ".yml", ".json"})
_OF_PACKAGES: Final = frozenset({"node_modules", "site-packages", "__pycache__"})


def read_scripts(settings: Settings) -> ServerScripts:
    """Return what plays in a namespace that has no scripts of its own; without any script, the echo.

    Raises `ScriptError`, and OSError for files that cannot be read.
    """
    sources = _sources(settings)
    loaded = load(sources, allow_python=True) if sources else None
    backends: list[Backend] = [
        backend for one in settings.scripts if isinstance(one, Path) and _is_python(one) for backend in _python(one)
    ]
    if loaded is not None:
        backends.insert(0, loaded.backend)
        for note in loaded.notes:
            if not is_in_memory(note):  # what recordings have lost is said by whoever is given them
                _log.warning("%s", note)
        for name in sorted(settings.params.keys() - loaded.params.keys()):
            _log.warning("%s", unused_message(name))
        sources = [replace(source, params=loaded.params) for source in sources]
    if not backends:
        return ServerScripts(settings.backend or scripted_models.Echo(), params=settings.params)
    backend = backends[0] if len(backends) == 1 else scripted_models.Together(*backends)
    outlives = settings.db is not None or settings.watch
    digest = _digest(settings, sources) if outlives else None
    return ServerScripts(backend, sources, loaded, settings.params, digest)


class NoScenariosError(EmulatorError):
    """A folder that was given for its scenarios, and has none."""


def expanded(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield files as they are, and of folders the scenarios (YAML and JSON) in them and below, sorted by their names.

    What is hidden, or belongs to an environment of packages, is left out. Raises `NoScenariosError`.
    """
    for path in paths:
        if not path.is_dir():
            yield path
        elif scenarios := sorted(_scenarios(path)):
            yield from scenarios
        else:
            raise NoScenariosError(f"{path}: no scenario in this folder: no YAML or JSON that begins with emulator: 1")


def _scenarios(folder: Path) -> Iterator[Path]:
    from emulator.replays import holds_a_scenario  # noqa: PLC0415 - few are given folders

    for parent, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".") and name not in _OF_PACKAGES]
        for file in (Path(parent, name) for name in files if not name.startswith(".")):
            is_text = file.suffix in _SCENARIOS and file.is_file() and file.stat().st_size
            if is_text and holds_a_scenario(file):
                yield file


def replays_of(settings: Settings) -> "list[Replay]":
    """Return the recordings among the scripts of a server. Raises `ScriptError` and OSError."""
    from emulator.replays import replays_of  # noqa: PLC0415 - loaded with a script

    return list(replays_of(_documents(settings), _choices(settings)))


def load(sources: Sequence[ScriptSource], *, allow_python: bool = False, warn: bool = True) -> LoadedScripts:
    """Load sources, and read the exports that they name. warn: warnings are among the notes. Raises `ScriptError`."""
    tools = types_on(None) if warn else None
    loaded = scripted_models.load(sources, allow_python=allow_python, tools=tools)
    if not loaded.fixtures.get("exports"):
        return loaded
    from emulator.recording.exported_fixtures import with_exports  # noqa: PLC0415 - few scenarios have some

    return with_exports(loaded)


def _digest(settings: Settings, sources: Sequence[ScriptSource]) -> str:
    """Return a digest of all scripts of a server, those in Python too, by which a later one sees that they changed."""
    digest = sha256()
    for source in sources:
        about = [*source.params.items(), *source.replay.items(), *source.assets.items()]
        for text in (source.text, *(text for pair in sorted(about) for text in pair)):
            digest.update(b"%d:" % len(text))
            digest.update(text.encode(errors="surrogatepass"))
    for one in settings.scripts:
        if isinstance(one, Path) and _is_python(one):
            digest.update(one.read_bytes())
    return digest.hexdigest()


def _is_python(script: Path | ScriptSource) -> bool:
    return isinstance(script, Path) and script.suffix == ".py"


def _choices(settings: Settings) -> dict[str, str]:
    return replay_choices(drift=settings.drift, ids=settings.ids)


def _documents(settings: Settings) -> Iterator[Path]:
    """Yield the files that are scenarios or recordings."""
    yield from (one for one in settings.scripts if isinstance(one, Path) and not _is_python(one))
    yield from settings.replays


def _sources(settings: Settings) -> list[ScriptSource]:
    scripts = [one for one in (*settings.scripts, *settings.replays) if not _is_python(one)]
    if not scripts:
        return []
    from emulator.replays import distinct, with_replays  # noqa: PLC0415 - loaded with a script

    choices = _choices(settings)
    return [
        replace(source, params={**settings.params, **source.params}, replay={**choices, **source.replay})
        for source in distinct(with_replays(scripts, choices, scripted_models.load_file))
    ]


def _python(path: Path) -> list[Backend]:
    try:
        return scripted_models.load_python(path)
    except ScriptError:
        raise
    except Exception as error:
        from scripted_models.python_mistakes import broken_file  # noqa: PLC0415 - few have some

        raise scripted_models.ProblemsError([broken_file(error, path)]) from error


def named_files(settings: Settings) -> set[Path]:
    """Return the files that the scenarios of a server name, whether they are there or not."""
    from emulator.replays import holds_a_scenario  # noqa: PLC0415 - with a script
    from scripted_models.files import named_files as of_scenario  # noqa: PLC0415 - as the loader, with a script

    return {file for path in _documents(settings) if holds_a_scenario(path) for file in of_scenario(path)}
