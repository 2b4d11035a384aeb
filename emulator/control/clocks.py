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
    """A change of a clock; what is left out stays as it is."""

    mode: Annotated[
        ClockMode | None,
        Field(description="`real`: time passes; `frozen`: only when it is advanced; `auto`: delays take no time."),
    ] = None
    at: Annotated[
        str | None,
        Field(
            description="The instant to go on from; without a mode the clock is frozen there.",
            examples=["2026-01-05T09:00:00Z"],
        ),
    ] = None
    speed: Annotated[
        float | None,
        Field(ge=SLOWEST, le=FASTEST, allow_inf_nan=False, description="Seconds of the clock for each real second."),
    ] = None

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

    by: Annotated[Duration, Field(description="A duration.", examples=["10m1s"])]


def router(namespaces: Namespaces) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/ns/{ns}/clock", tags=["clocks"])

    @router.get("", response_description='`{"mode": ..., "now": seconds since 1970}`.')
    async def get_clock(ns: str) -> dict[str, Any]:
        """Read the clock."""
        return clocks.state(await namespaces.find(ns))

    @router.patch("", response_description="The clock, as `GET` shows it.")
    async def change_clock(ns: str, body: ClockSetting) -> dict[str, Any]:
        """Change mode, time or speed of the clock.

        What is due by the new time happens.
        """
        namespace = await namespaces.find(ns)
        await clocks.change(namespace, body.change())
        return clocks.state(namespace)

    @router.post("/advance", response_description='The clock, and `"fired"`: the events of runs that this caused.')
    async def advance_clock(ns: str, body: Advance) -> dict[str, Any]:
        """Move the clock on.

        Everything that is due on the way happens in its order; the answer comes when the namespace has settled.
        """
        namespace = await namespaces.open(ns)
        fired = await clocks.advance(namespace, body.by)
        return {**clocks.state(namespace), "fired": fired}

    return router
