"""/ns/{ns}/runs/{run}: moving a run by hand."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter

from emulator.control.body import ControlBody
from emulator.service import run_control
from emulator.service.namespaces import Namespaces


class Step(ControlBody):
    """How far a run is to go; None is one status on."""

    until: str | None = None


class Release(ControlBody):
    """The name of the breakpoint that a run is held at."""

    hold: str


def router(namespaces: Namespaces) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/ns/{ns}/runs/{run}", tags=["runs"])

    @router.post("/step")
    async def step(ns: str, run: str, body: Step | None = None) -> dict[str, Any]:
        return asdict(await run_control.step(await namespaces.find(ns), run, body.until if body else None))

    @router.post("/release")
    async def release(ns: str, run: str, body: Release) -> dict[str, Any]:
        return {"run": await run_control.release(await namespaces.find(ns), run, body.hold)}

    return router
