"""/ns/{ns}/clock: the clock of a namespace, read, changed and moved."""

from typing import Annotated, Any, Final

from fastapi import APIRouter
from pydantic import BeforeValidator, Field, field_validator

from emulator.control.body import ControlBody, Duration
from emulator.domain.config import FASTEST, SLOWEST, ClockChange
from emulator.domain.instants import instant
from emulator.domain.ports import ClockMode
from emulator.service import clocks
from emulator.service.namespaces import Namespaces

_MODES: Final = ("real", "frozen", "auto")


class ClockSetting(ControlBody):
    """mode; at: an ISO instant, where the clock is frozen if no mode is given; speed: seconds per machine second."""

    mode: ClockMode | None = None
    at: str | None = None
    speed: Annotated[float, Field(ge=SLOWEST, le=FASTEST, allow_inf_nan=False)] | None = None

    @field_validator("at")
    @classmethod
    def _is_an_instant(cls, value: str | None) -> str | None:
        if value is not None:
            instant(value)
        return value

    def change(self) -> ClockChange:
        """Return the change of the clock."""
        return ClockChange(self.mode, None if self.at is None else instant(self.at), self.speed)


def _spell_out(setting: Any) -> Any:
    """Return the object that a mode or an instant alone stands for."""
    if not isinstance(setting, str):
        return setting
    if setting in _MODES:
        return {"mode": setting}
    try:
        instant(setting)
    except ValueError as error:
        raise ValueError(f"{error}; write an ISO instant, or one of {', '.join(_MODES)}") from error
    return {"at": setting}


# Also sent as a mode alone, or as an instant alone.
ClockField = Annotated[ClockSetting, BeforeValidator(_spell_out, json_schema_input_type=ClockSetting | str)]


class Advance(ControlBody):
    """How far the clock is moved on."""

    by: Duration


def router(namespaces: Namespaces) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/ns/{ns}/clock", tags=["clocks"])

    @router.get("")
    async def get_clock(ns: str) -> dict[str, Any]:
        return clocks.state(await namespaces.find(ns))

    @router.patch("")
    async def change_clock(ns: str, body: ClockSetting) -> dict[str, Any]:
        namespace = await namespaces.find(ns)
        await clocks.change(namespace, body.change())
        return clocks.state(namespace)

    @router.post("/advance")
    async def advance_clock(ns: str, body: Advance) -> dict[str, Any]:
        namespace = await namespaces.open(ns)
        fired = await clocks.advance(namespace, body.by)
        return {**clocks.state(namespace), "fired": fired}

    return router
