"""/coverage and /ns/{ns}/coverage: what clients were shown of the API's statuses and events, and what they missed."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response

from emulator.domain import inspector_paths
from emulator.domain.coverage_figures import document
from emulator.domain.state_coverage import Coverage
from emulator.service.namespaces import Namespaces

Format = Annotated[
    Literal["json", "text", "html"], Query(description="For programs, for terminals or for browsers.", alias="format")
]
_ANSWER = "`{percent, groups, missed, others, met, errors, faults, tools}`, a text, or a page."


def router(namespaces: Namespaces) -> APIRouter:
    """Return the routes."""
    router = APIRouter(tags=["coverage"])

    @router.get("/coverage", response_class=Response, response_description=_ANSWER)
    async def get_all(shown_as: Format = "json") -> Response:
        """Read what was met in all namespaces, in deleted ones too.

        Each missed item has the one line of a test that reaches it.
        """
        return _shown(await namespaces.all_coverage(), shown_as, "All namespaces", inspector_paths.namespaces())

    @router.get("/ns/{ns}/coverage", response_class=Response, response_description=_ANSWER)
    async def get(ns: str, shown_as: Format = "json") -> Response:
        """Read what was met in a namespace, also before it was reset.

        Each missed item has the one line of a test that reaches it.
        """
        met = await (await namespaces.find(ns)).met()
        return _shown(met, shown_as, f"Namespace {ns}", inspector_paths.namespace(ns))

    @router.delete("/ns/{ns}/coverage", response_description='`{"namespace", "deleted": true}`.')
    async def delete(ns: str) -> dict[str, object]:
        """Forget what was met in a namespace."""
        await namespaces.clear_coverage(ns)
        return {"namespace": ns, "deleted": True}

    return router


def _shown(coverage: Coverage, shown_as: str, about: str, inspector: str) -> Response:
    """Return a coverage in the form that was asked for; few ask for those of people, whose libraries take a while."""
    if shown_as == "text":
        from emulator.coverage_reports.text import text  # noqa: PLC0415

        return PlainTextResponse(f"{text(coverage)}\n")
    if shown_as == "html":
        from emulator.coverage_reports.page import page, policy  # noqa: PLC0415

        headers = {
            "content-security-policy": f"{policy()}; frame-ancestors 'none'",
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
            "cache-control": "no-store",
        }
        return HTMLResponse(page(coverage, about, inspector), headers=headers)
    return JSONResponse(document(coverage))
