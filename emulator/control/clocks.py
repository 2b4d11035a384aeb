"""/ns/{ns}/clock: the clock of a namespace, read, changed and moved."""

from typing import Annotated, Any, Final, cast

from fastapi import APIRouter
from pydantic import Field, field_validator

from emulator.control.body import ControlBody, Duration
from emulator.domain.config import ClockChange
from emulator.domain.errors import ApiError
from emulator.domain.instants import instant
from emulator.domain.ports import ClockMode
from emulator.service import clocks
from emulator.service.namespaces import Namespaces

_MODES: Final = ("real", "frozen", "auto")
# Faster than this, and a test that lasts some days would see the clock at its end.
_FASTEST: Final = 1_000_000.0


class ClockSetting(ControlBody):
    """mode; at: an ISO instant, where the clock is frozen if no mode is given; speed: seconds per machine second."""

    mode: ClockMode | None = None
    at: str | None = None
    speed: Annotated[float, Field(gt=0, le=_FASTEST, allow_inf_nan=False)] | None = None

    @field_validator("at")
    @classmethod
    def _is_an_instant(cls, value: str | None) -> str | None:
        if value is not None:
            instant(value)
        return value

    def change(self) -> ClockChange:
        """Return the change of the clock."""
        return ClockChange(self.mode, None if self.at is None else instant(self.at), self.speed)


class Advance(ControlBody):
    """How far the clock is moved on."""

    by: Duration


def clock_change(setting: ClockSetting | str) -> ClockChange:
    """Return the change of the clock that a namespace's setting describes: an instant, a mode, or an object of both."""
    if isinstance(setting, ClockSetting):
        return setting.change()
    if setting in _MODES:
        return ClockChange(mode=cast("ClockMode", setting))
    try:
        return ClockChange(at=instant(setting))
    except ValueError as error:
        raise ApiError(400, f"clock: {error}; write an ISO instant, or one of {', '.join(_MODES)}") from error


def router(namespaces: Namespaces) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/ns/{ns}/clock", tags=["clocks"])

    @router.get("")
    async def get_clock(ns: str) -> dict[str, Any]:
        return clocks.state(namespaces.find(ns))

    @router.patch("")
    async def change_clock(ns: str, body: ClockSetting) -> dict[str, Any]:
        namespace = namespaces.find(ns)
        await clocks.change(namespace, body.change())
        return clocks.state(namespace)

    @router.post("/advance")
    async def advance_clock(ns: str, body: Advance) -> dict[str, Any]:
        namespace = namespaces.open(ns)
        fired = await clocks.advance(namespace, float(body.by))
        return {**clocks.state(namespace), "fired": fired}

    return router
