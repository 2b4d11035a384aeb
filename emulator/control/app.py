"""All routes of the back door, on one page."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from emulator.control import bodies
from emulator.control.guard import HEALTHY
from emulator.domain.errors import ApiError
from emulator.domain.faults import Fault
from emulator.domain.ports import LoadedScripts, ScriptError
from emulator.engine.world import World
from emulator.service import stepping
from emulator.service.worlds import Worlds
from emulator.store.tables import ReportLine

_log: Final = logging.getLogger(__name__)
Lint = Callable[[Any], list[Mapping[str, Any]]]


def control_app(worlds: Worlds, info: Mapping[str, Any], lint: Lint) -> FastAPI:  # noqa: C901, PLR0915 - one page
    """Return the control API. info: what /info tells of the server. lint: checks scripts without keeping them."""
    app = FastAPI(title="Assistants emulator: control API", version=str(info["version"]), docs_url=None, redoc_url=None)
    app.exception_handlers.update(_HANDLERS)

    @app.get("/health")
    async def health() -> dict[str, str]:
        return HEALTHY  # answered by `BackDoor` already; here for the description, and for other methods

    @app.get("/info")
    async def tell_info() -> Mapping[str, Any]:
        return info

    # --- namespaces ---------------------------------------------------------------------------------------------------

    @app.get("/ns")
    async def list_namespaces() -> dict[str, Any]:
        return {"namespaces": [_about(worlds.get(name)) for name in worlds.names()]}

    @app.put("/ns/{ns}")
    async def put_namespace(ns: str, body: bodies.NamespaceSetting) -> dict[str, Any]:
        return _about(worlds.put(ns, body.change()))

    @app.get("/ns/{ns}")
    async def get_namespace(ns: str) -> dict[str, Any]:
        return _about(worlds.get(ns))

    @app.delete("/ns/{ns}")
    async def delete_namespace(ns: str) -> dict[str, Any]:
        worlds.delete(ns)
        return {"namespace": ns, "deleted": True}

    @app.post("/ns/{ns}/reset")
    async def reset_namespace(ns: str) -> dict[str, Any]:
        return _about(worlds.reset(ns))

    @app.put("/ns/{ns}/pace")
    async def put_pace(ns: str, body: bodies.Pace) -> dict[str, Any]:
        return _about(worlds.put(ns, {"pace": body.model_dump()}))

    # --- scripts ------------------------------------------------------------------------------------------------------

    @app.put("/ns/{ns}/scripts")
    async def put_scripts(ns: str, request: Request) -> dict[str, Any]:
        loaded = worlds.put_scripts(ns, await bodies.script_sources(request))
        return _scripts(worlds, worlds.get(ns), loaded)

    @app.post("/ns/{ns}/scripts")
    async def add_scripts(ns: str, request: Request) -> dict[str, Any]:
        loaded = worlds.add_scripts(ns, await bodies.script_sources(request))
        return _scripts(worlds, worlds.get(ns), loaded)

    @app.get("/ns/{ns}/scripts")
    async def get_scripts(ns: str) -> dict[str, Any]:
        return _scripts(worlds, worlds.get(ns))

    @app.delete("/ns/{ns}/scripts")
    async def delete_scripts(ns: str) -> dict[str, Any]:
        worlds.shelf.take_down(worlds.get(ns))
        return _scripts(worlds, worlds.get(ns))

    @app.post("/lint")
    async def lint_scripts(request: Request) -> dict[str, Any]:
        return {"problems": lint(await bodies.script_sources(request))}

    # --- clock --------------------------------------------------------------------------------------------------------

    @app.get("/ns/{ns}/clock")
    async def get_clock(ns: str) -> dict[str, Any]:
        return _clock(worlds.get(ns))

    @app.patch("/ns/{ns}/clock")
    async def change_clock(ns: str, body: bodies.ClockSetting) -> dict[str, Any]:
        world = worlds.get(ns)
        state = body.state()
        world.clock.change(body.mode, at=state["at"], speed=body.speed)
        if world.clock.mode == "frozen":
            await world.advance(0)  # what the clock has been set past is due
        await world.settle_all()
        world.keep_setup()
        return _clock(world)

    @app.post("/ns/{ns}/clock/advance")
    async def advance_clock(ns: str, body: bodies.Advance) -> dict[str, Any]:
        world = worlds.get(ns)
        await world.settle_all()
        fired = await world.advance(bodies.seconds(body.by))
        world.keep_setup()
        return {**_clock(world), "fired": fired}

    # --- faults and reports -------------------------------------------------------------------------------------------

    @app.post("/ns/{ns}/faults", status_code=201)
    async def add_fault(ns: str, body: bodies.FaultSetting) -> dict[str, Any]:
        effect = body.do.model_dump(exclude_none=True)
        if not effect:
            raise ApiError(400, "A fault has to do something: give status, cut_stream_after or error_event.")
        fault = Fault(effect, body.match.method, body.match.path, body.times, body.after)
        worlds.get(ns).faults.append(fault)
        return asdict(fault)

    @app.get("/ns/{ns}/faults")
    async def list_faults(ns: str) -> dict[str, Any]:
        return {"faults": [asdict(fault) for fault in worlds.get(ns).faults]}

    @app.delete("/ns/{ns}/faults")
    async def delete_faults(ns: str) -> dict[str, Any]:
        worlds.get(ns).faults.clear()
        return {"faults": []}

    @app.get("/ns/{ns}/requests")
    async def list_requests(ns: str) -> dict[str, Any]:
        return {"requests": list(worlds.get(ns).requests)}

    @app.delete("/ns/{ns}/requests")
    async def delete_requests(ns: str) -> dict[str, Any]:
        worlds.get(ns).requests.clear()
        return {"requests": []}

    @app.get("/ns/{ns}/report")
    async def get_report(ns: str) -> dict[str, Any]:
        return _report(worlds, worlds.get(ns))

    @app.post("/ns/{ns}/runs/{run}/step")
    async def step(ns: str, run: str, body: bodies.Step | None = None) -> dict[str, Any]:
        return asdict(await stepping.step(worlds.get(ns), run, body.until if body else None))

    @app.post("/ns/{ns}/runs/{run}/release")
    async def release(ns: str, run: str, body: dict[str, str]) -> dict[str, Any]:
        driver = next((d for d in worlds.get(ns).drivers.values() if d.run["id"] == run), None)
        if driver is None or not driver.release(body.get("hold", "")):
            raise ApiError(404, f"No run '{run}' is held at '{body.get('hold')}'.")
        await driver.settled.wait()
        return {"run": driver.run}

    return app


# --- what is told ---------------------------------------------------------------------------------------------------


def _about(world: World) -> dict[str, Any]:
    return {"namespace": world.name, **world.setup, "clock": _clock(world), "script_version": world.script_version}


def _clock(world: World) -> dict[str, Any]:
    return {"mode": world.clock.mode, "now": world.clock.now()}


def _scripts(worlds: Worlds, world: World, loaded: LoadedScripts | None = None) -> dict[str, Any]:
    sources = [{"name": source.name, "text": source.text} for source in worlds.shelf.sources(world)]
    notes = list(loaded.notes) if loaded else []
    return {"version": world.script_version, "sources": sources, "turns": worlds.shelf.turns(world), "notes": notes}


def _report(worlds: Worlds, world: World) -> dict[str, Any]:
    """Return what a test should know: unmatched runs, unused turns, drift, failed checks, runs that wait."""
    lines: dict[str, list[Any]] = {"unmatched": [], "drift": [], "check": [], "script": []}
    for row in worlds.documents.all(ReportLine, world.name):
        lines.setdefault(row["kind"], []).append({"run": row["run_id"], **row["doc"]})
    unused = [turn for turn in worlds.shelf.turns(world) if not turn["used"]]
    waiting = [{"run": driver.run["id"], "status": driver.run["status"]} for driver in world.drivers.values()]
    return {**lines, "unused": unused, "waiting": waiting}


# --- refusals -------------------------------------------------------------------------------------------------------


def _refused(status: int, message: str, **more: Any) -> JSONResponse:
    return JSONResponse(
        {"error": {"message": message, "type": "control_error", "param": None, "code": None, **more}}, status
    )


async def _api_error(_request: Request, error: Any) -> JSONResponse:
    return _refused(error.status, error.message, param=error.param)


async def _script_error(_request: Request, error: Any) -> JSONResponse:
    return _refused(
        400, error.problems[0] if error.problems else "the script cannot be loaded", problems=error.problems
    )


async def _bad_body(_request: Request, error: Any) -> JSONResponse:
    first = error.errors()[0]
    path = ".".join(str(part) for part in first["loc"] if part != "body")
    said = "nobody knows this field" if first["type"] == "extra_forbidden" else first["msg"]
    said = said.removeprefix("Value error, ")
    return _refused(400, f"{path}: {said}" if path else said, param=path or None)


async def _broken(request: Request, error: Any) -> JSONResponse:
    _log.error("%s %s", request.method, request.url.path, exc_info=error)
    return _refused(500, "The emulator failed; its log says how.")


async def _nowhere(_request: Request, error: Any) -> JSONResponse:
    return _refused(error.status_code, str(error.detail))


_HANDLERS: dict[Any, Any] = {
    ApiError: _api_error,
    ScriptError: _script_error,
    RequestValidationError: _bad_body,
    HTTPException: _nowhere,
    Exception: _broken,
}
