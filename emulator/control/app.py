"""The control API as an ASGI app: one router for each noun, and the page that describes them."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from fastapi import APIRouter, Depends, FastAPI
from starlette.types import ASGIApp

from emulator.control import (
    aliases,
    clocks,
    coverage,
    events,
    faults,
    imports,
    namespaces,
    orders,
    parity,
    parity_records,
    reports,
    requests,
    runs,
    script_matches,
    scripts,
    server,
    snapshots,
    stubs,
    threads,
    verdicts,
)
from emulator.control.description import described
from emulator.control.page import DocumentationPage
from emulator.control.parameters import check_parameters
from emulator.control.refusals import HANDLERS
from emulator.domain.faults import Route
from emulator.domain.readiness import Readiness
from emulator.service.namespaces import Namespaces
from emulator.service.stubs import StubAnswers

_ABOUT: Final = (
    "For tests and for people, beside the API that is emulated: namespaces, scripts, clocks, faults and whatever else a"
    " test sets up or looks at. The program under test never needs it.\n\n"
    "Bodies are JSON unless a route says otherwise; a field that does not exist is refused, and so is a parameter. A"
    ' refusal has one form, `{"error": {"message": ..., "type": "control_error", "param": ..., "code": ...}}`: 400 for'
    " a value that is wrong, 401 and 403 for those who may not use this API, 404 for what does not exist, 413 for a"
    " body that is too large; 503 while the database of replicas cannot be reached, which is worth another attempt.\n\n"
    "A duration is a number of seconds, or a text such as `300ms`, `10m1s` or `3d`. An instant is a text such as"
    " `2026-01-05T09:00:00Z`."
)
_REFUSAL: Final[dict[int | str, dict[str, Any]]] = {
    "4XX": {
        "description": "A refusal.",
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["error"],
                    "properties": {
                        "error": {
                            "type": "object",
                            "required": ["message", "type", "param", "code"],
                            "properties": {
                                "message": {"type": "string"},
                                "type": {"const": "control_error"},
                                "param": {"type": ["string", "null"]},
                                "code": {"type": ["string", "null"]},
                            },
                        }
                    },
                }
            }
        },
    }
}


class ControlApi(FastAPI):
    """FastAPI, of whose routes the first paragraph of a docstring is the summary."""

    def openapi(self) -> dict[str, Any]:
        """Return the description, made once."""
        if self.openapi_schema is None:
            self.openapi_schema = described(super().openapi())
        return self.openapi_schema


def control_api(
    served: Namespaces,
    info: Mapping[str, Any],
    lint: scripts.Lint,
    routes: Sequence[Route],
    answers: StubAnswers,
    *,
    readiness: Readiness,
) -> ASGIApp:
    """Return the control API.

    info: what /info says of the server. lint: checks scripts without keeping them. routes: what faults may hit, beside
    stubs. answers: those of stubs. readiness: what /ready answers.
    """
    routers = (
        server.router(info, readiness),
        namespaces.router(served),
        aliases.router(served),
        scripts.router(served, lint),
        script_matches.router(served),
        clocks.router(served),
        runs.router(served),
        threads.router(served),
        events.router(served),
        faults.router(served, routes),
        stubs.router(served, answers),
        orders.router(served),
        requests.router(served, routes),
        reports.router(served),
        verdicts.router(served),
        parity.router(served),
        parity_records.router(served),
        coverage.router(served),
        snapshots.router(served),
        imports.router(served),
    )
    app = ControlApi(
        title="Assistants emulator: control API",
        version=str(info["version"]),
        description=_ABOUT,
        openapi_tags=_tags(routers),
        responses=_REFUSAL,
        dependencies=[Depends(check_parameters)],
        docs_url=None,
        redoc_url=None,
    )
    app.router.redirect_slashes = False  # a path with one slash more is another path
    app.exception_handlers.update(HANDLERS)
    for router in routers:
        app.include_router(router)
    return DocumentationPage(app)


def _tags(routers: Iterable[APIRouter]) -> list[dict[str, str]]:
    """Return the nouns, each described by the docstring of its module: what stands there behind the path."""
    abouts: dict[str, str] = {}
    for router in routers:
        module = sys.modules[router.routes[0].endpoint.__module__]  # type: ignore[attr-defined]  # of FastAPI's routes
        about = " ".join((module.__doc__ or "").split()).partition(": ")[2]
        for tag in router.tags[:1]:
            abouts.setdefault(str(tag), about[:1].upper() + about[1:])
    return [{"name": name, "description": about} for name, about in abouts.items()]
