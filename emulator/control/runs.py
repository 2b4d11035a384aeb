"""/ns/{ns}/runs: the runs of a namespace, and moving one by hand."""

from dataclasses import asdict
from functools import partial
from typing import Annotated, Any, Final, Self

from fastapi import APIRouter, Path
from pydantic import Field, model_validator
from starlette.responses import Response

from emulator.control.body import ControlBody
from emulator.control.pages import Page
from emulator.daemon_threads import in_thread
from emulator.engine.namespace import Namespace
from emulator.engine.next_run import NEXT
from emulator.service import run_control, run_records
from emulator.service.namespaces import Namespaces

_PICTURE: Final[dict[str, Any]] = {
    "responses": {"200": {"description": "The picture.", "content": {"image/svg+xml": {}}}}
}
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


class Hold(ControlBody):
    """The status at which a run is to be held."""

    at: Annotated[str, Field(description="A status.", examples=["in_progress"])]


class Release(ControlBody):
    """Where a run is held: at a status, or at a hold of its script."""

    at: Annotated[str | None, Field(description="The status that it is held at.", examples=["in_progress"])] = None
    hold: Annotated[str | None, Field(description="Or the name of the `hold` in its script.")] = None

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.at is None) is (self.hold is None):
            raise ValueError("say either at, a status, or hold, the name of a script's hold")
        return self


class End(ControlBody):
    """When a run is to end: without `at` now."""

    at: Annotated[
        str | None,
        Field(
            description="The status in which it ends, as soon as it is there: `queued`, `in_progress` or"
            " `requires_action`.",
            examples=["requires_action"],
        ),
    ] = None


def router(namespaces: Namespaces) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/ns/{ns}/runs", tags=["runs"])

    @router.get("")
    async def list_runs(ns: str, page: Page, thread: str | None = None, status: str | None = None) -> dict[str, Any]:
        """List the runs of a namespace, newest first, with their timelines."""
        return await run_records.listing(await namespaces.find(ns), page, thread_id=thread, status=status)

    @router.get("/{run}")
    async def get_run(ns: str, run: _Run) -> dict[str, Any]:
        """Return a run with its steps, its calls and their outputs, and what the report says of it."""
        return await run_records.retrieve(await namespaces.find(ns), run)

    @router.get("/{run}/view")
    async def get_view(ns: str, run: _Run) -> dict[str, Any]:
        """Return what the model was given for a run."""
        return await run_records.view(await namespaces.find(ns), run)

    @router.get("/{run}/timeline.svg", response_class=Response, openapi_extra=_PICTURE)
    async def get_timeline(ns: str, run: _Run) -> Response:
        """Draw what a run went through and did, and what its client did meanwhile, to scale."""
        from emulator.service.timelines import timeline  # noqa: PLC0415 - loaded with the first picture
        from emulator.timeline_pictures.picture import MEDIA_TYPE, policy, svg  # noqa: PLC0415 - as above

        found = await timeline(await namespaces.find(ns), run)
        headers = {
            "content-security-policy": f"{policy()}; frame-ancestors 'none'",
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
            "cache-control": "no-store",
        }
        return Response(await in_thread(partial(svg, found), "timeline"), media_type=MEDIA_TYPE, headers=headers)

    @router.post("/{run}/step")
    async def step(ns: str, run: _Run, body: Step | None = None) -> dict[str, Any]:
        """Let a run go on that only shows a status: by one status, or until somewhere."""
        return asdict(await run_control.step(await namespaces.find(ns), run, body.until if body else None))

    @router.post("/{run}/hold")
    async def hold(ns: str, run: _Run, body: Hold) -> dict[str, Any]:
        """Hold a run, or the next one, at a status until it is released."""
        return {"run": await run_control.hold(await _asked(namespaces, ns, run), run, body.at)}

    @router.post("/{run}/release")
    async def release(ns: str, run: _Run, body: Release) -> dict[str, Any]:
        """Release a run, or the next one, from a status or from a hold of its script."""
        return {"run": await _released(await namespaces.find(ns), run, body)}

    @router.post("/{run}/cancel")
    async def cancel(ns: str, run: _Run, body: End | None = None) -> dict[str, Any]:
        """Cancel a run as its client would.

        With `at` as soon as it is in that status; so the next run can be cancelled, too.
        """
        return {"run": await run_control.cancel(await _asked(namespaces, ns, run), run, body.at if body else None)}

    @router.post("/{run}/expire")
    async def expire(ns: str, run: _Run, body: End | None = None) -> dict[str, Any]:
        """Let a run expire now, as the clock would.

        With `at` as soon as it is in that status; so the next run can expire, too.
        """
        return {"run": await run_control.expire(await _asked(namespaces, ns, run), run, body.at if body else None)}

    return router


async def _released(namespace: Namespace, run: str, body: Release) -> dict[str, Any] | None:
    if body.at is not None:
        return await run_control.release_status(namespace, run, body.at)
    return await run_control.release(namespace, run, body.hold or "")


async def _asked(namespaces: Namespaces, ns: str, run: str) -> Namespace:
    """Return the namespace of a run; whoever asks something of the next one may be the first to use it."""
    return await (namespaces.open(ns) if run == NEXT else namespaces.find(ns))
