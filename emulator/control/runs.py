"""/ns/{ns}/runs/{run}: moving a run by hand."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import Field

from emulator.control.body import ControlBody
from emulator.service import run_control
from emulator.service.namespaces import Namespaces

_Run = Annotated[str, Path(description="The id of a run.", examples=["run_abc123"])]


class Step(ControlBody):
    """How far a run is to go; None is one status on."""

    until: Annotated[
        str | None,
        Field(
            description=(
                "How far: a status, `settled`, `step:2` (it has two steps), `event:thread.run.completed` or"
                " `hold:NAME`; without it by one status."
            ),
            examples=["requires_action"],
        ),
    ] = None


class Release(ControlBody):
    """The name of the breakpoint that a run is held at."""

    hold: Annotated[str, Field(description="The name of the `hold` in the script.", examples=["before-answer"])]


def router(namespaces: Namespaces) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/ns/{ns}/runs/{run}", tags=["runs"])

    @router.post(
        "/step", response_description='`{"run": ..., "reached": whether it came as far, "fired": [names of events]}`.'
    )
    async def step(ns: str, run: _Run, body: Step | None = None) -> dict[str, Any]:
        """Move a run on that only shows a status."""
        return asdict(await run_control.step(await namespaces.find(ns), run, body.until if body else None))

    @router.post("/release", response_description='`{"run": ...}`.')
    async def release(ns: str, run: _Run, body: Release) -> dict[str, Any]:
        """Release a run that its script holds."""
        return {"run": await run_control.release(await namespaces.find(ns), run, body.hold)}

    return router
