"""/ns/{ns}/faults: faults of the transport."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter
from pydantic import BeforeValidator, Field

from emulator.control.body import ControlBody
from emulator.domain.durations import seconds
from emulator.domain.effects import LONGEST_PAUSE, from_json
from emulator.domain.errors import ApiError
from emulator.domain.faults import ArmedFault, Route
from emulator.service.namespaces import Namespaces

_MOST: Final = 2**63 - 1


class FaultMatch(ControlBody):
    """Which requests. path: a pattern below /v1; `*` is one segment, `**` any number."""

    method: str | None = None
    path: str | None = None


Event = Annotated[int, Field(ge=1, le=_MOST)]
Events = Annotated[int, Field(ge=0, le=_MOST)]
Pause = Annotated[
    float,
    BeforeValidator(partial(seconds, longest=LONGEST_PAUSE), json_schema_input_type=str | float),
    Field(ge=0.001),
]


class FaultEffect(ControlBody):
    """What happens: one of status, disconnect, truncate and the changes of a stream; a delay alone or before it."""

    status: Annotated[int, Field(ge=400, le=599)] | None = None
    error: dict[str, Any] | None = None
    headers: dict[str, str] | None = None
    delay: Pause | None = None
    before: bool | None = None
    disconnect: bool | None = None
    truncate: Events | None = None
    cut_stream_after: Events | None = None
    clean: bool | None = None
    error_event: bool | None = None
    omit_done: bool | None = None
    garble_event: Event | None = None
    duplicate_event: Event | None = None
    stall_stream_after: Events | None = None
    for_: Annotated[Pause | None, Field(alias="for")] = None


class FaultSetting(ControlBody):
    """A fault. times: how many requests it hits (default: all); after: how many it lets pass first.

    probability: of a hit, for each request that it could hit; drawn from the seed of the namespace.
    """

    do: FaultEffect
    match: FaultMatch = FaultMatch()
    times: Annotated[int, Field(ge=1, le=_MOST)] | None = None
    after: Annotated[int, Field(ge=0, le=_MOST)] = 0
    probability: Annotated[float, Field(gt=0, le=1)] | None = None

    def armed(self) -> ArmedFault:
        """Return the fault; raise `ApiError` for one that makes no sense."""
        try:
            fault = from_json(self.do.model_dump(by_alias=True, exclude_none=True))
        except ValueError as error:
            raise ApiError(400, f"do: {error}", param="do") from error
        try:
            return ArmedFault(fault, self.match.method, self.match.path, self.times, self.after, self.probability)
        except ValueError as error:
            raise ApiError(400, f"match.path: {error}", param="match.path") from error


def router(namespaces: Namespaces, routes: Sequence[Route]) -> APIRouter:
    """Return the routes. routes: what faults may hit."""
    router = APIRouter(prefix="/ns/{ns}/faults", tags=["faults"])

    @router.post("", status_code=201)
    async def add_fault(ns: str, body: FaultSetting) -> dict[str, Any]:
        fault = body.armed()
        if not fault.can_hit(routes):
            raise ApiError(400, _never(fault), param="match")
        namespace = await namespaces.open(ns)
        async with namespace.transaction() as tx:
            namespace.store(tx)
        namespace.arm(fault)
        return fault.to_json()

    @router.get("")
    async def list_faults(ns: str) -> dict[str, Any]:
        return {"faults": [fault.to_json() for fault in (await namespaces.find(ns)).faults]}

    @router.delete("")
    async def delete_faults(ns: str) -> dict[str, Any]:
        (await namespaces.find(ns)).disarm()
        return {"faults": []}

    return router


def _never(fault: ArmedFault) -> str:
    kind = "endpoint that streams" if fault.fault.needs_stream else "endpoint"
    return (
        f"match: this fault can never hit: no {kind} answers {fault.method or 'any method'} on"
        f" {fault.path or 'any path'}. A path lies below /v1, one * stands for one segment, and ** for any number."
    )
