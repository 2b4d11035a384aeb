"""The control API as an ASGI app: one router for each noun."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI

from emulator.control import clocks, events, faults, namespaces, reports, requests, runs, scripts, server
from emulator.control.refusals import HANDLERS
from emulator.domain.faults import Route
from emulator.service.namespaces import Namespaces


def control_api(served: Namespaces, info: Mapping[str, Any], lint: scripts.Lint, routes: Sequence[Route]) -> FastAPI:
    """Return the control API.

    info: what /info says of the server. lint: checks scripts without keeping them. routes: what programs may ask for.
    """
    app = FastAPI(title="Assistants emulator: control API", version=str(info["version"]), docs_url=None, redoc_url=None)
    app.router.redirect_slashes = False  # a path with one slash more is another path
    app.exception_handlers.update(HANDLERS)
    for router in (
        server.router(info),
        namespaces.router(served),
        scripts.router(served, lint),
        clocks.router(served),
        runs.router(served),
        events.router(served),
        faults.router(served, routes),
        requests.router(served, routes),
        reports.router(served),
    ):
        app.include_router(router)
    return app
