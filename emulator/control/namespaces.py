"""/ns: namespaces, made, configured, reset and deleted."""

import datetime
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from fastapi import APIRouter
from pydantic import BeforeValidator, Field, model_validator

from emulator.control.body import ControlBody, Duration
from emulator.control.clocks import ClockField
from emulator.domain import config, quotas
from emulator.domain.instants import wire_day
from emulator.service.namespaces import Namespaces

# Of a value that is refused.
_MOST_SHOWN: Final = 100

_Seed = Annotated[int, Field(ge=config.LEAST_SEED, le=config.GREATEST_SEED)]

_Quota = Annotated[int, Field(strict=True, ge=1, lt=2**63)]

# Fields that have the same values in the configuration.
_AS_THEY_ARE: Final = {"seed", "v1", "sunset", "strict", "fail_on_drift", "chunks"}


def _read_day(setting: Any) -> datetime.date:
    """Return the day of a wire. Raises ValueError, in the same words as the command line and scenarios."""
    return wire_day(str(setting)[:_MOST_SHOWN])


_Day = Annotated[datetime.date, BeforeValidator(_read_day, json_schema_input_type=datetime.date)]


class Pace(ControlBody):
    """How a polled run shows itself: see `emulator.engine.gates`."""

    progression: Annotated[
        config.Progression,
        Field(
            description=(
                "When a run moves on: at once (`immediate`), after some polls, after some time on the clock (`time`),"
                " or when it is stepped (`manual`)."
            ),
            examples=["polls"],
        ),
    ] = "immediate"
    times: Annotated[
        int, Field(ge=1, lt=2**63, description="For how many polls each status is shown, at `polls`.", examples=[2])
    ] = 1
    seconds: Annotated[Duration, Field(description="For how long each status is shown, at `time`: a duration.")] = 1.0

    def value(self) -> config.Pace:
        """Return the pace as a namespace has it."""
        return config.Pace(self.progression, self.times, self.seconds)


class Quotas(ControlBody):
    """What each API key may use in a minute, on the namespace's clock."""

    rpm: Annotated[_Quota | None, Field(description="Requests in a minute.", examples=[60])] = None
    tpm: Annotated[_Quota | None, Field(description="Tokens of runs in a minute.", examples=[90000])] = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.rpm is None and self.tpm is None:
            raise ValueError("say rpm, tpm or both; null in place of the object removes the quotas")
        return self

    def value(self) -> quotas.Quotas:
        """Return the quotas as a namespace has them."""
        return quotas.Quotas(self.rpm, self.tpm)


class NamespaceSetting(ControlBody):
    """How a namespace is configured; what is left out stays as it is."""

    seed: Annotated[_Seed | None, Field(description="The seed of ids and chance.", examples=[7])] = None
    clock: Annotated[
        ClockField | None,
        Field(
            description="An instant (frozen there), a mode, or an object as for `PATCH /ns/{ns}/clock`.",
            examples=["2026-01-05T09:00:00Z"],
        ),
    ] = None
    wire: Annotated[_Day | None, Field(description="The day whose answers are given.")] = None
    pace: Annotated[Pace | None, Field(description="How long a run shows each status.")] = None
    models: Annotated[
        list[str] | None, Field(description="The models that are listed and accepted; an empty list accepts any.")
    ] = None
    v1: Annotated[
        Literal["served", "refused"] | None,
        Field(description="How requests with `OpenAI-Beta: assistants=v1` are answered from 18 December 2024 on."),
    ] = None
    sunset: Annotated[
        bool | None, Field(description="Whether assistants and threads are gone, as since the end of the service.")
    ] = None
    strict: Annotated[bool | None, Field(description="Whether a call that the run does not offer fails the run.")] = (
        None
    )
    fail_on_drift: Annotated[
        bool | None, Field(description="Whether each difference from what was recorded is a failure of the report.")
    ] = None

    chunks: Annotated[
        Literal["word", "char", "whole"] | Annotated[int, Field(strict=True, ge=1, lt=2**63)] | None,
        Field(
            description="How streams are cut where the script does not say: by words, by characters, not at all, or"
            " into so many characters.",
            examples=["char"],
        ),
    ] = None

    quotas: Annotated[
        Quotas | None, Field(description="What each API key may use in a minute; `null` removes the quotas.")
    ] = None

    def change(self) -> dict[str, Any]:
        """Return the fields of a namespace's configuration that are set; the clock is no part of them."""
        change = self.model_dump(exclude_none=True, include=_AS_THEY_ARE)
        if self.models is not None:
            change["models"] = tuple(self.models)
        if self.wire is not None:
            change["wire"] = self.wire.isoformat()
        if self.pace is not None:
            change["pace"] = self.pace.value()
        if "quotas" in self.model_fields_set:
            change["quotas"] = None if self.quotas is None else self.quotas.value()
        return change


def router(namespaces: Namespaces) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/ns", tags=["namespaces"])

    @router.get("", response_description='`{"namespaces": [...]}`, with configuration and clock.')
    async def list_namespaces() -> dict[str, Any]:
        """List all namespaces."""
        return {"namespaces": await namespaces.records()}

    @router.put("/{ns}", response_description="The namespace, as `GET` shows it.")
    async def put_namespace(ns: str, body: NamespaceSetting) -> Mapping[str, Any]:
        """Make or configure a namespace.

        Its data stay as they are.
        """
        clock = None if body.clock is None else body.clock.change()
        await namespaces.put(ns, body.change(), clock)
        return await namespaces.record(ns)

    @router.get("/{ns}", response_description="Its configuration, clock and script version.")
    async def get_namespace(ns: str) -> Mapping[str, Any]:
        """Read a namespace."""
        return await namespaces.record(ns)

    @router.delete("/{ns}", response_description='`{"namespace": ..., "deleted": true}`.')
    async def delete_namespace(ns: str) -> dict[str, Any]:
        """Delete a namespace with everything in it."""
        await namespaces.delete(ns)
        return {"namespace": ns, "deleted": True}

    @router.post("/{ns}/reset", response_description="The namespace, as `GET` shows it.")
    async def reset_namespace(ns: str) -> Mapping[str, Any]:
        """Empty a namespace.

        Scripts, configuration and fixtures stay; ids and use counts start again; faults, stubs and request log are
        cleared.
        """
        await namespaces.reset(ns)
        return await namespaces.record(ns)

    @router.put("/{ns}/pace", response_description="The namespace, as `GET` shows it.")
    async def put_pace(ns: str, body: Pace) -> Mapping[str, Any]:
        """Choose how long a polled run shows each status."""
        await namespaces.put(ns, {"pace": body.value()})
        return await namespaces.record(ns)

    return router
