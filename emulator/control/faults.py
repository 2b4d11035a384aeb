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
from emulator.engine.facets import Kind
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


Event = Annotated[int, Field(ge=1, le=_MOST)]
Events = Annotated[int, Field(ge=0, le=_MOST)]
Pause = Annotated[
    float,
    BeforeValidator(partial(seconds, longest=LONGEST_PAUSE), json_schema_input_type=str | float),
    Field(ge=0.001),
]


class FaultEffect(ControlBody):
    """What happens: one of status, disconnect, truncate and the changes of a stream; a delay alone or before it."""

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
    delay: Annotated[Pause | None, Field(description="The answer comes so much later, on the machine's clock.")] = None
    before: Annotated[bool | None, Field(description="`false`: the work is done first, so a retry meets it.")] = None
    disconnect: Annotated[bool | None, Field(description="The connection is reset in place of an answer.")] = None
    truncate: Annotated[Events | None, Field(description="The body breaks off after so many bytes.")] = None
    cut_stream_after: Annotated[Events | None, Field(description="The stream breaks off after so many events.")] = None
    clean: Annotated[
        bool | None, Field(description="Whether a stream that is cut ends as if it were whole, or abruptly.")
    ] = None
    error_event: Annotated[
        bool | None, Field(description="An `event: error`, with error, in place of `done` or behind the cut.")
    ] = None
    omit_done: Annotated[bool | None, Field(description="The stream ends without its `done`.")] = None
    garble_event: Annotated[Event | None, Field(description="The event of this number cannot be parsed.")] = None
    duplicate_event: Annotated[Event | None, Field(description="The event of this number comes twice.")] = None
    stall_stream_after: Annotated[
        Events | None, Field(description="The stream says nothing after so many events, and stays open.")
    ] = None
    for_: Annotated[Pause | None, Field(alias="for", description="How long it says nothing.")] = None


class FaultSetting(ControlBody):
    """A fault."""

    do: Annotated[FaultEffect, Field(description="What happens.")]
    match: Annotated[FaultMatch, Field(description="Which requests; without it all.")] = FaultMatch()
    times: Annotated[
        int | None, Field(ge=1, le=_MOST, description="How many requests it hits; without it all.", examples=[2])
    ] = None
    after: Annotated[int, Field(ge=0, le=_MOST, description="How many requests it lets pass first.")] = 0
    probability: Annotated[
        float | None, Field(gt=0, le=1, description="Of a hit, for each request; drawn from the namespace's seed.")
    ] = None

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
    """Return the routes. routes: what faults may hit, beside the stubs of their namespace."""
    router = APIRouter(prefix="/ns/{ns}/faults", tags=["faults"])

    @router.post("", status_code=201, response_description="The fault, with its `hits`.")
    async def add_fault(ns: str, body: FaultSetting) -> dict[str, Any]:
        """Let requests fail on their way.

        One that can never hit is refused. A namespace that does not exist is made.
        """
        return (await add(namespaces, routes, ns, body)).to_json()

    @router.get("", response_description='`{"faults": [...]}`.')
    async def list_faults(ns: str) -> dict[str, Any]:
        """List the faults with their hits."""
        namespace = await namespaces.find(ns)
        await namespace.facets.look(namespace, Kind.FAULTS)
        return {"faults": [fault.to_json() for fault in namespace.faults]}

    @router.delete("", response_description='`{"faults": []}`.')
    async def delete_faults(ns: str) -> dict[str, Any]:
        """Remove all faults."""
        await (await namespaces.find(ns)).disarm()
        return {"faults": []}

    return router


async def add(namespaces: Namespaces, routes: Sequence[Route], ns: str, setting: FaultSetting) -> ArmedFault:
    """Add a fault to a namespace; raise `ApiError` for one that makes no sense, or that could never hit."""
    fault = setting.armed()
    opened = namespaces.opened(ns)
    of_stubs = [stub.route for stub in opened.stubs] if opened else []
    if not fault.can_hit([*routes, *of_stubs]):
        raise ApiError(400, _never(fault), param="match")
    namespace = await namespaces.open(ns)
    async with namespace.transaction() as tx:
        namespace.store(tx)
    await namespace.arm(fault)
    return fault


def _never(fault: ArmedFault) -> str:
    kind = "endpoint that streams" if fault.fault.needs_stream else "endpoint"
    return (
        f"match: this fault can never hit: no {kind} answers {fault.method or 'any method'} on"
        f" {fault.path or 'any path'}. A path lies below /v1, one * stands for one segment, and ** for any number."
    )
