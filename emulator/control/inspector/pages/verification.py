"""What is expected of the request log: whether it is there, or which requests came nearest, and as a line of a test."""

import json
from functools import partial
from shlex import quote
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from emulator.control.inspector.expectations import FIELDS, Expectation, read
from emulator.control.inspector.pages.requests import METHODS
from emulator.control.inspector.routing import shows
from emulator.control.inspector.site import Site, server_of
from emulator.control.requests import verification
from emulator.daemon_threads import Workers
from emulator.domain.errors import ApiError
from emulator.domain.mounts import CONTROL_PREFIX
from emulator.engine.namespace import Namespace
from emulator.service.verification import Outcome

_MOST_THREADS: Final = 1
# Of the requests that are as expected.
_MOST_LISTED: Final = 50


def routes(site: Site) -> list[Route]:
    """Return the route. A log is compared on a thread."""
    return [shows(site, "/ns/{ns}/verification", partial(_show, Workers("verification page", _MOST_THREADS)))]


async def _show(workers: Workers, site: Site, request: Request) -> Response:
    namespace = await site.namespace(request)
    typed = {name: value for name in FIELDS if (value := request.query_params.get(name, "")).strip()}
    values: dict[str, Any] = {
        "typed": {**dict.fromkeys(FIELDS, ""), **typed},
        "is_typed": bool(typed),
        "methods": METHODS,
        "wrong": None,
        "refusal": None,
        "outcome": None,
    }
    status = 200
    if typed:
        try:
            expectation = read(typed)
            outcome = await workers.compute(await verification(namespace, expectation.verification(), site.routes))
            values["outcome"] = _shown(namespace, expectation, outcome, server_of(request))
        except ApiError as error:
            status = error.status
            values |= {"refusal": error.message, "wrong": (error.param or "").removeprefix("match.")}
    return site.page(request, "verification.html", title="Verify requests", status=status, **values)


def _shown(namespace: Namespace, expectation: Expectation, outcome: Outcome, server: str) -> dict[str, Any]:
    return {
        "message": outcome.message,
        "count": len(outcome.requests),
        "requests": outcome.requests[-_MOST_LISTED:][::-1],
        "near": [one.to_json() for one in outcome.near],
        "call": expectation.call(),
        "curl": _curl(namespace.name, expectation, server),
    }


def _curl(name: str, expectation: Expectation, server: str) -> str:
    body = json.dumps(expectation.to_json())
    return f"curl --json {quote(body)} {quote(f'{server}{CONTROL_PREFIX}/ns/{name}/requests/verify')}"
