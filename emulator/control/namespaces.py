"""/ns: namespaces, made, configured, reset and deleted."""

import datetime
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import Field

from emulator.control.body import ControlBody, Duration
from emulator.control.clocks import ClockField
from emulator.domain import config
from emulator.domain.instants import FIRST_WIRE, LAST_WIRE
from emulator.service.namespaces import Namespaces

_Seed = Annotated[int, Field(ge=config.LEAST_SEED, le=config.GREATEST_SEED)]

_Day = Annotated[datetime.date, Field(ge=FIRST_WIRE, le=LAST_WIRE)]


class Pace(ControlBody):
    """How a polled run shows itself: see `emulator.engine.gates`. times: polls; seconds: a duration."""

    progression: config.Progression = "immediate"
    times: Annotated[int, Field(ge=1, lt=2**63)] = 1
    seconds: Duration = 1.0

    def value(self) -> config.Pace:
        """Return the pace as a namespace has it."""
        return config.Pace(self.progression, self.times, self.seconds)


class NamespaceSetting(ControlBody):
    """How a namespace is configured. clock: an instant (frozen there), a mode, or an object. wire: the day spoken."""

    seed: _Seed | None = None
    clock: ClockField | None = None
    wire: _Day | None = None
    pace: Pace | None = None
    models: list[str] | None = None
    v1: Literal["served", "refused"] | None = None
    sunset: bool | None = None
    strict: bool | None = None

    def change(self) -> dict[str, Any]:
        """Return the fields of a namespace's configuration that are set; the clock is no part of them."""
        change = self.model_dump(exclude_none=True, include={"seed", "v1", "sunset", "strict"})
        if self.models is not None:
            change["models"] = tuple(self.models)
        if self.wire is not None:
            change["wire"] = self.wire.isoformat()
        if self.pace is not None:
            change["pace"] = self.pace.value()
        return change


def router(namespaces: Namespaces) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/ns", tags=["namespaces"])

    @router.get("")
    async def list_namespaces() -> dict[str, Any]:
        return {"namespaces": await namespaces.records()}

    @router.put("/{ns}")
    async def put_namespace(ns: str, body: NamespaceSetting) -> Mapping[str, Any]:
        clock = None if body.clock is None else body.clock.change()
        await namespaces.put(ns, body.change(), clock)
        return await namespaces.record(ns)

    @router.get("/{ns}")
    async def get_namespace(ns: str) -> Mapping[str, Any]:
        return await namespaces.record(ns)

    @router.delete("/{ns}")
    async def delete_namespace(ns: str) -> dict[str, Any]:
        await namespaces.delete(ns)
        return {"namespace": ns, "deleted": True}

    @router.post("/{ns}/reset")
    async def reset_namespace(ns: str) -> Mapping[str, Any]:
        await namespaces.reset(ns)
        return await namespaces.record(ns)

    @router.put("/{ns}/pace")
    async def put_pace(ns: str, body: Pace) -> Mapping[str, Any]:
        await namespaces.put(ns, {"pace": body.value()})
        return await namespaces.record(ns)

    return router
