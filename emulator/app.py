"""The composition root: the only module that imports all parts."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

import scripted_models
from emulator import __version__, clock, ids
from emulator.api.access import Keys
from emulator.api.app import ApiOptions
from emulator.api.callers import callers_of_api
from emulator.api.endpoints import api, routes
from emulator.api.forwarding import Forwarder
from emulator.api.neighbors import Neighbors
from emulator.callers import Callers
from emulator.control import envelope
from emulator.control.access import Access
from emulator.control.barrier import WithBarrier
from emulator.control.content_type import JsonBodies
from emulator.control.guard import Guard
from emulator.control.inspector.logins import Logins
from emulator.control.inspector.mount import WithInspector
from emulator.control.lazy import LazyControlApi
from emulator.control.limits import BoundedBodies
from emulator.control.start import START_PATH, asks_for_page
from emulator.control.waking import WithWaking
from emulator.domain.config import ClockStart, NamespaceConfig
from emulator.domain.errors import UnavailableDatabaseError
from emulator.domain.faults import Route
from emulator.domain.forwards import Forward, ForwardError, forwards_of
from emulator.domain.measures import READY, Measures, NoMeasures
from emulator.domain.mounts import CONTROL_PREFIX, OwnPaths
from emulator.domain.ports import LoadedScripts, ScriptError, ScriptSource
from emulator.domain.quotas import Quotas
from emulator.domain.readiness import Readiness
from emulator.extras import require
from emulator.failures import Failures
from emulator.scenario_format import ScenarioFormat
from emulator.script_files import load, read_scripts
from emulator.script_watch import ScriptWatch
from emulator.service.beginnings import MakeClock
from emulator.service.fixtures import RefusedFixtureError
from emulator.service.namespaces import Namespaces
from emulator.service.scripts import ScriptRegistry, ServerScripts
from emulator.service.stubs import StubAnswers
from emulator.settings import Settings
from emulator.store.blobs import Blobs
from emulator.store.database import Database, DatabaseError, UnusableDatabaseError
from emulator.store.documents import Documents
from emulator.store.folder_blobs import FolderBlobs
from emulator.store.journal import Entry, Journal
from emulator.store.sqlite.opening import open_database
from emulator.store.tables import SCHEMA_VERSION
from emulator.stub_templates import StubTemplates
from emulator.tools import kinds
from emulator.transcripts.apis import transcript_of
from emulator.wire.history.behaviors import behaviors_of

if TYPE_CHECKING:
    from emulator.control.scripts import Lint
    from emulator.metrics.registry import PrometheusMeasures
    from emulator.replicas.replica import Replica
    from emulator.sandbox import Sessions
    from emulator.service.still_snapshots import StillSnapshots
    from scripted_models import Problem


def create_app(settings: Settings | None = None) -> Starlette:
    """Return a server of its own as an ASGI app.

    Raises `ScriptError` for scripts that cannot be loaded, `emulator.store.database.UnusableDatabaseError` for a file
    that cannot serve, `ValueError` for hosts and origins that are none, `emulator.domain.forwards.ForwardError` for
    forwards that are refused, and `SandboxError` where code is to be executed and cannot be isolated.
    """
    settings = settings or Settings()
    own = OwnPaths.of(routes())
    forwards = _forwards(settings, own)
    metrics = _metrics() if settings.metrics else None
    namespaces = _namespaces(settings, read_scripts, NoMeasures() if metrics is None else metrics)
    readiness = Readiness({"database": namespaces.documents.database.trouble})
    replica = _replica(settings, namespaces, readiness, NoMeasures() if metrics is None else metrics)
    stubs, forwarder = StubAnswers(StubTemplates(), own), Forwarder(forwards)
    options = ApiOptions(
        keys=Keys(settings.api_keys),
        callers=callers_of_api(settings.hosts, settings.cors),
        checks_host=settings.control_token is None,
        poll_after_ms=settings.poll_after_ms,
        max_body=settings.max_body,
        stopwatch=clock.stopwatch,
        on_request=settings.on_request,
    )
    hit = [*routes(), *(forward.route for forward in forwards)]
    logins = _logins(settings, namespaces)
    access = None if logins is None else Access(logins)
    still = _still_snapshots(namespaces, settings)
    inspect = partial(_inspector, namespaces, _info(settings), hit, logins=logins, still=still)
    make = partial(_control, namespaces, _info(settings), hit, stubs, inspect=inspect, readiness=readiness)
    control: ASGIApp = BoundedBodies(LazyControlApi(make, readiness))
    peers = None if replica is None else replica.shared
    served: ASGIApp = api(namespaces, Neighbors(stubs, forwarder), options, peers)
    if peers is not None:
        control = WithBarrier(control, peers)
    if still is not None:
        served, control = WithWaking(served, still, by_key=True), WithWaking(control, still, by_key=False)
    if metrics is not None:
        from emulator.metrics.page import WithMetrics  # noqa: PLC0415 - few servers are measured

        control = WithMetrics(control, metrics)
    guarded: ASGIApp = Failures(
        Guard(control, Callers(settings.hosts), access),
        lambda _: envelope.failure(),
        lambda _: envelope.unavailable(),
    )
    if metrics is not None:
        served, guarded = _measured(served, guarded, metrics, readiness)
    app = _App(
        served,
        guarded,
        lifespan=partial(_lifespan, namespaces, settings, forwarder, still, replica),
    )

    def stop_reading() -> None:
        namespaces.stop_reading()
        stubs.workers.stop()

    app.state.readiness = readiness
    app.state.streams_end_elsewhere = settings.database_url is not None
    app.state.close_streams = namespaces.documents.journal.close
    app.state.stop_reading = stop_reading
    app.state.play = namespaces.play
    return app


def _logins(settings: Settings, namespaces: Namespaces) -> Logins | None:
    if settings.control_token is None:
        return None
    return Logins(settings.control_token, clock.NamespaceClock().now, namespaces.rows)


def _namespaces(
    settings: Settings, scripts: Callable[[Settings], ServerScripts], measures: Measures | None = None
) -> Namespaces:
    blobs = _blobs(settings)  # first: where their folder is refused, no database is made
    database = _opened(settings)
    return Namespaces(
        documents=Documents(database, _journal(settings, database, measures)),
        blobs=blobs,
        make_clock=_clocks(database),
        **_work(database),
        make_ids=ids.SeededIds,
        scripts=ScriptRegistry(_load, scripts(settings), outlives=settings.db is not None or settings.watch),
        config=_config(settings),
        behaviors_of=behaviors_of,
        transcripts=transcript_of,
        sessions=_sessions() if settings.execute_code else None,
    )


def _journal(settings: Settings, database: Database, measures: Measures | None) -> Journal:
    counted = measures if settings.metrics else None
    if database.bus is not None:
        from emulator.store.shared_journal import SharedJournal  # noqa: PLC0415 - one process has none

        published = None if counted is None else _counted(counted)
        return SharedJournal(database, database.bus, clock.time_of(database), published)
    if counted is None:
        return Journal()
    from emulator.metrics.runs import MeasuredJournal  # noqa: PLC0415 - few servers are measured

    return MeasuredJournal(counted)


def _counted(measures: Measures) -> Callable[[Sequence[Entry]], None]:
    from emulator.metrics.runs import count_runs  # noqa: PLC0415 - few servers are measured

    return partial(count_runs, measures)


def _opened(settings: Settings) -> Database:
    """Open the database. Raises `UnusableDatabaseError` for one that cannot serve, or cannot be reached."""
    url = settings.database_url
    if url is None:
        return open_database(settings.database_file)
    require("--db postgresql://…", "postgres", "psycopg", "psycopg_pool", "procrastinate")
    from emulator.replicas.queue import make_schema  # noqa: PLC0415 - few servers have one
    from emulator.store.postgres.blob_tables import make_blob_tables  # noqa: PLC0415 - few servers have one
    from emulator.store.postgres.opening import open_database as open_postgres  # noqa: PLC0415 - few servers have one

    return open_postgres(url, clock.machine_time, also=(make_schema, make_blob_tables))


def _blobs(settings: Settings) -> Blobs:
    """Return where the bytes of files are: beside a file, and of several servers in their database or their folder."""
    url = settings.database_url
    if url is None:
        return FolderBlobs(_folder_of_files(settings.database_file))
    from emulator.store.postgres.blobs import PostgresBlobs  # noqa: PLC0415 - few servers have one
    from emulator.store.shared_folder_blobs import SharedFolderBlobs  # noqa: PLC0415 - as above

    in_database = PostgresBlobs(url)
    return in_database if settings.files is None else SharedFolderBlobs(settings.files, in_database.unused)


def _metrics() -> "PrometheusMeasures":
    require("--metrics", "postgres", "prometheus_client")
    from emulator.metrics.registry import PrometheusMeasures  # noqa: PLC0415 - few servers are measured

    return PrometheusMeasures()


def _measured(served: ASGIApp, control: ASGIApp, measures: Measures, readiness: Readiness) -> tuple[ASGIApp, ASGIApp]:
    """Return both APIs with what counts their requests."""
    from emulator.api.routes import route_of  # noqa: PLC0415 - few servers are measured
    from emulator.control.routes import control_route_of  # noqa: PLC0415 - as above
    from emulator.metrics.requests import MeasuredRequests, OpenStreams  # noqa: PLC0415 - as above

    measures.gauge(READY, lambda: float(not readiness.reasons()))
    streams, milliseconds = OpenStreams(measures), clock.stopwatch()

    def seconds() -> float:
        return milliseconds() / 1000

    around = partial(MeasuredRequests, measures=measures, streams=streams, seconds=seconds)
    return around(served, "api", route_of=route_of), around(control, "control", route_of=control_route_of)


def _clocks(database: Database) -> MakeClock:
    """Return what makes clocks: where processes share a database, they share its time as well."""
    if not database.is_shared:
        return clock.make_clock
    return partial(clock.make_clock, machine_time=clock.time_of(database), is_shared=True)


def _work(database: Database) -> dict[str, Any]:
    """Return what plays runs and reads files for stores: this process, or whichever has time."""
    if database.bus is None:
        return {}
    from emulator.engine.job_runs import JobRuns  # noqa: PLC0415 - one process has none
    from emulator.engine.settlements import Settlements  # noqa: PLC0415 - as above
    from emulator.engine.stored_ingestions import StoredIngestions  # noqa: PLC0415 - as above

    settlements = Settlements(database.bus)
    return {
        "make_runs": partial(JobRuns, settlements=settlements),
        "make_ingestions": partial(StoredIngestions, settlements=settlements),
    }


def _replica(settings: Settings, namespaces: Namespaces, readiness: Readiness, measures: Measures) -> "Replica | None":
    url = settings.database_url
    if url is None:
        return None
    from emulator.replicas.replica import Replica  # noqa: PLC0415 - as above
    from emulator.store.postgres.database import PostgresDatabase  # noqa: PLC0415 - as above

    if not isinstance(database := namespaces.documents.database, PostgresDatabase):
        raise TypeError(f"{type(database).__name__} is not shared")
    now, setup = clock.time_of(database), _setup(settings, namespaces.scripts.of_server)
    replica = Replica(database, url, namespaces, settings.role, now=now, setup=setup, measures=measures)
    if replica.worker is not None:
        readiness.add("worker", replica.worker.trouble)
    return replica


def _setup(settings: Settings, scripts: ServerScripts) -> Mapping[str, str]:
    """Return what all replicas must have alike, by what the refusal of one that differs calls it."""
    backend = type(scripts.backend)
    digest = scripts.digest or f"{backend.__module__}.{backend.__qualname__}"
    return {
        "another version of the tables": str(SCHEMA_VERSION),
        "other scripts": "watched" if settings.watch else digest,
        "other values of parameters": repr(sorted(settings.params.items())),
        "another choice of --execute-code": str(settings.execute_code),
        "another choice of --files": "the database" if settings.files is None else "a folder",
        "other choices for new namespaces": repr(_config(settings).to_json()),
    }


class _App(Starlette):
    """Hands requests straight to where they belong: the framework's own layers cost more than they give."""

    def __init__(self, api: ASGIApp, control: ASGIApp, **options: Any) -> None:
        super().__init__(**options)
        self._api = api
        self._control = control

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        path = scope["path"]
        is_for_control = path.startswith(CONTROL_PREFIX) and path[len(CONTROL_PREFIX) :][:1] in ("", "/")
        if is_for_control or (path == START_PATH and asks_for_page(scope)):
            await self._control({**scope, "root_path": CONTROL_PREFIX}, receive, send)
        else:
            await self._api(scope, receive, send)


def _control(
    namespaces: Namespaces,
    info: Mapping[str, Any],
    hit: Sequence[Route],
    stubs: StubAnswers,
    *,
    inspect: Callable[["Lint"], ASGIApp],
    readiness: Readiness,
) -> ASGIApp:
    from emulator.control.app import control_api  # noqa: PLC0415 - its framework loads when it is first used

    lint = partial(_lint, namespaces.scripts.of_server.params)
    control = JsonBodies(control_api(namespaces, info, lint, hit, stubs, readiness=readiness))
    return WithInspector(control, partial(inspect, lint))


def _inspector(
    namespaces: Namespaces,
    info: Mapping[str, Any],
    hit: Sequence[Route],
    lint: "Lint",
    *,
    logins: Logins | None,
    still: "StillSnapshots | None",
) -> ASGIApp:
    from emulator.control.inspector.app import inspector  # noqa: PLC0415 - few servers are looked at

    stands_still = (lambda _: False) if still is None else still.stands_still
    return inspector(namespaces, info, lint, hit, scenarios=ScenarioFormat(), logins=logins, stands_still=stands_still)


def _forwards(settings: Settings, own: OwnPaths) -> tuple[Forward, ...]:
    forwards = forwards_of(settings.forward, own, anywhere=settings.forward_anywhere)
    if forwards and find_spec("httpx") is None:
        raise ForwardError("--forward needs httpx: install it, or the extra 'forward'")
    return forwards


@asynccontextmanager
async def _lifespan(
    namespaces: Namespaces,
    settings: Settings,
    forwarder: Forwarder,
    still: "StillSnapshots | None",
    replica: "Replica | None",
    _app: Starlette,
) -> AsyncIterator[None]:
    try:
        await namespaces.documents.database.open()
        if replica is not None:
            await replica.start()
        if refused := await _refused_fixture(namespaces):
            raise ScriptError([str(refused)])
        await namespaces.resume()
    except DatabaseError as error:
        raise UnusableDatabaseError(f"what was under way cannot be read: {error}") from error
    except UnavailableDatabaseError as error:
        raise UnusableDatabaseError(f"{settings.db}: {error}") from error
    async with _snapshots(namespaces, settings, still), _watching(namespaces, settings):
        yield
        await forwarder.close()
        if replica is not None:
            await replica.stop()
    if namespaces.sessions is not None:
        await namespaces.sessions.aclose()


@asynccontextmanager
async def _watching(namespaces: Namespaces, settings: Settings) -> AsyncIterator[None]:
    """Load the scripts again when their files change, where that is asked for."""
    if not settings.watch:
        yield
        return
    watch = ScriptWatch(settings, namespaces)
    watch.start()
    try:
        yield
    finally:
        await watch.stop()


@asynccontextmanager
async def _snapshots(namespaces: Namespaces, settings: Settings, still: "StillSnapshots | None") -> AsyncIterator[None]:
    """Begin with the snapshots of a folder or some to look at, and save all namespaces in the end, which then stop."""
    if still is not None:
        try:
            await still.take_in()
        except BaseException:
            await namespaces.stop()
            raise
    if settings.import_from is None and settings.export_to is None:
        yield
        await namespaces.stop()
        return
    from emulator.service.snapshot_folders import SnapshotFolders  # noqa: PLC0415 - most servers have none

    folders = SnapshotFolders(namespaces, settings.import_from, settings.export_to)
    try:
        await folders.take_in()
    except BaseException:
        await namespaces.stop()
        raise
    yield
    await namespaces.halt()
    await folders.save()
    await namespaces.close()


def _still_snapshots(namespaces: Namespaces, settings: Settings) -> "StillSnapshots | None":
    if not settings.inspected:
        return None
    from emulator.service.still_snapshots import StillSnapshots  # noqa: PLC0415 - most servers have none

    return StillSnapshots(namespaces, settings.inspected)


def _sessions() -> "Sessions":
    """Return where code runs; raise `SandboxError` where it cannot be isolated: it is never run without."""
    from emulator.sandbox import SandboxError, Sessions, available  # noqa: PLC0415 - few servers run code

    found = available()
    if not found.ok:
        raise SandboxError(f"code cannot be run in isolation: {found.why}")
    return Sessions()


def _config(settings: Settings) -> NamespaceConfig:
    """Return what a new namespace starts with."""
    return NamespaceConfig(
        seed=settings.seed,
        clock=ClockStart(settings.clock),
        wire=settings.wire.isoformat(),
        models=tuple(settings.models),
        v1=settings.v1,
        sunset=settings.sunset,
        strict=settings.strict,
        fail_on_drift=settings.fail_on_drift,
        quotas=Quotas(settings.rpm, settings.tpm) if settings.rpm or settings.tpm else None,
    )


def _folder_of_files(db: Path | None) -> Path | None:
    """Return where the bytes of files lie: beside the database, whose lock is theirs too."""
    if db is None:
        return None
    folder = db.absolute().parent / f"{db.name}.files"
    try:
        is_file = folder.exists() and not folder.is_dir()
    except OSError as error:  # a name that is too long, say
        raise UnusableDatabaseError(f"{db}: {error.strerror}") from error
    if is_file:
        raise UnusableDatabaseError(f"{folder}: not a folder, and the bytes of files belong there")
    return folder


def _info(settings: Settings) -> dict[str, Any]:
    return {
        "name": "assistants-emulator",
        "version": __version__,
        "database": _kind_of_database(settings),
        "scripts": [_shown(Path(one.name).name) for one in settings.scripts],
        **_config(settings).to_json(),
        "poll_after_ms": settings.poll_after_ms,
        "execute_code": settings.execute_code,
        "forward": dict(settings.forward),
    }


def _kind_of_database(settings: Settings) -> str:
    """Return what data are in, without saying where."""
    if settings.database_url is not None:
        return "postgresql"
    return "memory" if settings.db is None else "file"


def _shown(name: str) -> str:
    """Return the name of a file as text; not every name is Unicode."""
    return os.fsencode(name).decode(errors="replace")


def _load(sources: Sequence[ScriptSource]) -> LoadedScripts:
    return load(sources)  # the loader itself loads when a script comes


def _lint(params: Mapping[str, str], sources: Sequence[ScriptSource]) -> list[Mapping[str, Any]]:
    """Return the findings; on a thread, where the fixtures are made in an event loop of their own."""
    from scripted_models.parameters import unused_parameters  # noqa: PLC0415 - as the loader, when a script comes

    played = [replace(source, params={**params, **source.params}) for source in sources]
    found = scripted_models.lint(played, allow_python=False, tools=kinds.types_on(None))
    if not any(problem.severity == "error" for problem in found):
        try:
            loaded = load(played, warn=False)
        except scripted_models.ProblemsError as error:  # of exports, which are read only here
            return [problem.to_json() for problem in (*found, *error.found)]
        found = [*found, *unused_parameters(sources, loaded.params), *asyncio.run(refused_fixtures(loaded))]
    return [problem.to_json() for problem in found]


async def refused_fixtures(loaded: LoadedScripts) -> "list[Problem]":
    """Return what is wrong with the first fixture of scripts that the API would refuse.

    They are made in a server of their own, of which nothing is kept.
    """
    if not any(loaded.fixtures.values()):
        return []
    namespaces = _namespaces(Settings(), lambda _: ServerScripts(loaded.backend, loaded=loaded))
    try:
        refused = await _refused_fixture(namespaces)
    finally:
        await namespaces.stop()
    return [refused] if refused else []


async def _refused_fixture(namespaces: Namespaces) -> "Problem | None":
    """Return what is wrong with the first fixture of a server's scripts that the API would refuse."""
    loaded = namespaces.scripts.of_server.loaded
    if loaded is None or not any(loaded.fixtures.values()):
        return None
    try:
        await namespaces.try_fixtures(loaded)
    except RefusedFixtureError as error:
        place = loaded.places[error.fixture]
        rule = scripted_models.Rule.FIXTURE
        return scripted_models.Problem("error", place.file, place.line, place.path, error.message, rule)
    return None
