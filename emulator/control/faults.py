"""/ns/{ns}/faults: faults of the transport."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

from fastapi import APIRouter
from pydantic import Field

from emulator.control.body import ControlBody
from emulator.domain.errors import ApiError
from emulator.domain.faults import ArmedFault, Respond, Route, from_json
from emulator.service.namespaces import Namespaces

_MOST: Final = 2**63 - 1


class FaultMatch(ControlBody):
    """Which requests. path: a pattern below /v1; `*` is one segment, `**` any number."""

    method: str | None = None
    path: str | None = None


class FaultEffect(ControlBody):
    """What happens. Either status (with error and headers), or cut_stream_after and/or error_event (with error)."""

    status: Annotated[int, Field(ge=400, le=599)] | None = None
    error: dict[str, Any] | None = None
    headers: dict[str, str] | None = None
    cut_stream_after: Annotated[int, Field(ge=0, le=_MOST)] | None = None
    error_event: bool | None = None


class FaultSetting(ControlBody):
    """A fault. times: how many requests it hits (default: all); after: how many it lets pass first."""

    do: FaultEffect
    match: FaultMatch = FaultMatch()
    times: Annotated[int, Field(ge=1, le=_MOST)] | None = None
    after: Annotated[int, Field(ge=0, le=_MOST)] = 0

    def armed(self) -> ArmedFault:
        """Return the fault; raise `ApiError` for one that makes no sense."""
        try:
            fault = from_json(self.do.model_dump(exclude_none=True))
        except ValueError as error:
            raise ApiError(400, f"do: {error}", param="do") from error
        try:
            return ArmedFault(fault, self.match.method, self.match.path, self.times, self.after)
        except ValueError as error:
            raise ApiError(400, f"match.path: {error}", param="match.path") from error


def router(namespaces: Namespaces, routes: Sequence[Route]) -> APIRouter:
    """Return the routes. routes: what faults may hit, beside the stubs of their namespace."""
    router = APIRouter(prefix="/ns/{ns}/faults", tags=["faults"])

    @router.post("", status_code=201)
    async def add_fault(ns: str, body: FaultSetting) -> dict[str, Any]:
        fault = body.armed()
        opened = namespaces.opened(ns)
        of_stubs = [stub.route for stub in opened.stubs] if opened else []
        if not fault.can_hit([*routes, *of_stubs]):
            raise ApiError(400, _never(fault), param="match")
        namespace = await namespaces.open(ns)
        async with namespace.transaction() as tx:
            namespace.store(tx)
        namespace.faults.append(fault)
        return fault.to_json()

    @router.get("")
    async def list_faults(ns: str) -> dict[str, Any]:
        return {"faults": [fault.to_json() for fault in (await namespaces.find(ns)).faults]}

    @router.delete("")
    async def delete_faults(ns: str) -> dict[str, Any]:
        (await namespaces.find(ns)).faults.clear()
        return {"faults": []}

    return router


def _never(fault: ArmedFault) -> str:
    kind = "endpoint" if isinstance(fault.fault, Respond) else "endpoint that streams"
    return (
        f"match: this fault can never hit: no {kind} answers {fault.method or 'any method'} on"
        f" {fault.path or 'any path'}. A path lies below /v1, one * stands for one segment, and ** for any number."
    )
