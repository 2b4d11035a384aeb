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
    """Which requests."""

    method: Annotated[str | None, Field(description="Which method; without it any.", examples=["POST"])] = None
    path: Annotated[
        str | None,
        Field(
            description="A path below /v1, by segments: `*` is one, `**` any number; without it any.",
            examples=["/threads/*/runs"],
        ),
    ] = None


class FaultEffect(ControlBody):
    """What happens. Either status (with error and headers), or cut_stream_after and/or error_event (with error)."""

    status: Annotated[
        int | None, Field(ge=400, le=599, description="This status in place of the answer.", examples=[429])
    ] = None
    error: Annotated[
        dict[str, Any] | None,
        Field(description="The object inside the envelope; without it the service's own for 401, 429 and 500."),
    ] = None
    headers: Annotated[
        dict[str, str] | None, Field(description="Headers of that answer.", examples=[{"retry-after": "1"}])
    ] = None
    cut_stream_after: Annotated[
        int | None, Field(ge=0, le=_MOST, description="The stream ends after so many events.")
    ] = None
    error_event: Annotated[
        bool | None, Field(description="An `event: error`, with error, in place of `done` or behind the cut.")
    ] = None


class FaultSetting(ControlBody):
    """A fault."""

    do: Annotated[FaultEffect, Field(description="What happens.")]
    match: Annotated[FaultMatch, Field(description="Which requests; without it all.")] = FaultMatch()
    times: Annotated[
        int | None, Field(ge=1, le=_MOST, description="How many requests it hits; without it all.", examples=[2])
    ] = None
    after: Annotated[int, Field(ge=0, le=_MOST, description="How many requests it lets pass first.")] = 0

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

    @router.post("", status_code=201, response_description="The fault, with its `hits`.")
    async def add_fault(ns: str, body: FaultSetting) -> dict[str, Any]:
        """Let requests fail on their way.

        One that can never hit is refused. A namespace that does not exist is made.
        """
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

    @router.get("", response_description='`{"faults": [...]}`.')
    async def list_faults(ns: str) -> dict[str, Any]:
        """List the faults with their hits."""
        return {"faults": [fault.to_json() for fault in (await namespaces.find(ns)).faults]}

    @router.delete("", response_description='`{"faults": []}`.')
    async def delete_faults(ns: str) -> dict[str, Any]:
        """Remove all faults."""
        (await namespaces.find(ns)).faults.clear()
        return {"faults": []}

    return router


def _never(fault: ArmedFault) -> str:
    kind = "endpoint" if isinstance(fault.fault, Respond) else "endpoint that streams"
    return (
        f"match: this fault can never hit: no {kind} answers {fault.method or 'any method'} on"
        f" {fault.path or 'any path'}. A path lies below /v1, one * stands for one segment, and ** for any number."
    )
