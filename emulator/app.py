"""The composition root: the only file that knows everybody."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

import scripted_models
from emulator import __version__, clock, ids
from emulator.api.access import Keys
from emulator.api.routes import front_door
from emulator.api.serving import House
from emulator.control.guard import BackDoor, Guard
from emulator.domain.ports import Backend, LoadedScripts, ScriptError, ScriptSource
from emulator.sandbox import SandboxError, Sessions, available
from emulator.service.shelf import ScriptShelf, ServerScripts
from emulator.service.worlds import Worlds
from emulator.settings import Settings
from emulator.store.blobs import Blobs
from emulator.store.database import open_database
from emulator.store.documents import Documents
from emulator.store.journal import Journal


def create_app(settings: Settings | None = None) -> Starlette:
    """Return a server of its own as an ASGI app.

    Raises `ScriptError` for scripts that cannot be loaded. The database is opened when the app starts; then
    `emulator.store.database.UnusableDatabaseError` is raised for a file that cannot serve. `SandboxError` is raised
    where code is to be executed and cannot be isolated.
    """
    settings = settings or Settings()
    documents = Documents(open_database(settings.db), Journal())
    worlds = Worlds(
        documents=documents,
        blobs=Blobs(settings.db.with_name(f"{settings.db.name}.files") if settings.db else None),
        make_clock=clock.make_clock,
        make_ids=ids.SeededIds,
        shelf=ScriptShelf(documents, _load, _server_scripts(settings)),
        setup=_setup(settings),
        parse_instant=clock.instant,
        sessions=_sessions() if settings.execute_code else None,
    )
    house = House(
        worlds=worlds,
        keys=Keys(settings.api_keys),
        poll_after_ms=settings.poll_after_ms,
        max_body=settings.max_body,
        stopwatch=clock.stopwatch,
        on_request=settings.on_request,
    )
    app = _App(lifespan=partial(_live, worlds))
    back_door = BackDoor(partial(_control, worlds, _info(settings)))
    app.mount("/_emulator", Guard(back_door, settings.control_token))
    app.state.front_door = front_door(house)
    app.state.close_streams = worlds.documents.journal.close
    return app


class _App(Starlette):
    """Hands what is for the API straight to the front door: the framework's own layers cost it more than they give."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not scope["path"].startswith("/_emulator"):
            await self.state.front_door(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def _control(worlds: Worlds, info: Mapping[str, Any]) -> ASGIApp:
    from emulator.control.app import control_app  # noqa: PLC0415 - its framework loads when the back door is first used

    return control_app(worlds, info, _lint)


@asynccontextmanager
async def _live(worlds: Worlds, _app: Starlette) -> AsyncIterator[None]:
    worlds.resume()
    yield
    if worlds.sessions is not None:
        await worlds.sessions.aclose()
    worlds.stop()


def _sessions() -> Sessions:
    """Return where code runs; raise `SandboxError` where it cannot be isolated: it is never run without."""
    found = available()
    if not found.ok:
        raise SandboxError(f"code cannot be run in isolation: {found.why}")
    return Sessions()


def _setup(settings: Settings) -> dict[str, Any]:
    """Return what a new namespace starts with."""
    return {
        "seed": settings.seed,
        "clock": {"mode": settings.clock, "at": None, "speed": 1.0},
        "wire": settings.wire.isoformat(),
        "pace": {"progression": "immediate", "times": 1, "seconds": 1.0},
        "models": list(settings.models),
        "v1": settings.v1,
        "sunset": settings.sunset,
        "strict": False,
    }


def _info(settings: Settings) -> dict[str, Any]:
    return {
        "name": "assistants-emulator",
        "version": __version__,
        "database": "file" if settings.db else "memory",
        "scripts": [path.name for path in settings.scripts],
        **_setup(settings),
        "poll_after_ms": settings.poll_after_ms,
        "execute_code": settings.execute_code,
    }


def _server_scripts(settings: Settings) -> ServerScripts:
    """Return what plays in a namespace that has no scripts of its own; without any script, the echo."""
    scenarios = [path for path in settings.scripts if path.suffix != ".py"]
    sources = [scripted_models.load_file(path) for path in scenarios]
    loaded = scripted_models.load(sources, allow_python=True) if sources else None
    backends: list[Backend] = [
        backend for path in settings.scripts if path.suffix == ".py" for backend in _python(path)
    ]
    if loaded is not None:
        backends.insert(0, loaded.backend)
    if not backends:
        return ServerScripts(settings.backend or scripted_models.Echo())
    backend = backends[0] if len(backends) == 1 else scripted_models.Together(*backends)
    return ServerScripts(backend, sources, loaded)


def _load(sources: Sequence[ScriptSource]) -> LoadedScripts:
    return scripted_models.load(sources)  # the loader itself loads when a script comes


def _python(path: Any) -> list[Backend]:
    try:
        return scripted_models.load_python(path)
    except ScriptError:
        raise
    except Exception as error:
        raise ScriptError([f"{path}:1: script: {type(error).__name__}: {error}"]) from error


def _lint(sources: Sequence[ScriptSource]) -> list[Mapping[str, Any]]:
    return [
        {"severity": p.severity, "file": p.file, "line": p.line, "path": p.path, "message": p.message}
        for p in scripted_models.lint(sources, allow_python=False)
    ]
