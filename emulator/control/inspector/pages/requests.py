"""The request log: filtered, the newest first, and emptied here."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from emulator.control.inspector.lists import AT_ONCE
from emulator.control.inspector.routing import does, done, shows
from emulator.control.inspector.site import Site, server_of
from emulator.control.requests import pattern
from emulator.daemon_threads import Workers
from emulator.domain import inspector_paths
from emulator.domain.errors import ApiError
from emulator.domain.request_log import LoggedRequest
from emulator.service.news import position
from emulator.service.overview import prefix_of
from emulator.service.request_log import Filter, summary
from emulator.service.request_search import Search, newest_first, statuses

METHODS: Final = ("GET", "POST", "DELETE", "PATCH", "PUT", "HEAD", "OPTIONS")
_FIELDS: Final = ("method", "path", "status", "run", "thread", "fault", "text")
# Each can hold up the event loop for some milliseconds.
_MOST_THREADS: Final = 1


def routes(site: Site) -> list[Route]:
    """Return the routes. A log is searched on a thread."""
    show = partial(_show, Workers("request log", _MOST_THREADS))
    return [shows(site, "/ns/{ns}/requests", show), does(site, "/ns/{ns}/requests/clear", _clear)]


async def _show(workers: Workers, site: Site, request: Request) -> Response:
    namespace = await site.namespace(request)
    asked = {name: value for name in _FIELDS if (value := request.query_params.get(name, "").strip())}
    after = request.query_params.get("after") or None
    seen = await position(namespace)  # before the log is read, so that nothing is missed
    whole = await namespace.requests.read()
    log = tuple(whole)
    values: dict[str, Any] = {
        "asked": {**dict.fromkeys(_FIELDS, ""), **asked},
        "is_filtered": bool(asked),
        "methods": METHODS,
        "now": namespace.clock.now(),
        "live": inspector_paths.live(namespace.name, **_about(asked), after=str(seen)),
        "total": len(log),
        "dropped": whole.dropped,
        "refusal": None,
        "rows": [],
        "older": None,
        "is_first": after is None,
        "base_url": f"{server_of(request)}{prefix_of(namespace.name)}/v1",
    }
    try:
        search = search_of(asked)
        found = await workers.compute(partial(newest_first, log, search, after, AT_ONCE))
    except ApiError as error:
        return site.page(
            request, "requests.html", title="Requests", status=error.status, **{**values, "refusal": error.message}
        )
    values["rows"] = [row_of(namespace.name, one) for one in found.requests]
    if found.has_more:
        values["older"] = inspector_paths.requests(namespace.name, **asked, after=found.requests[-1].id)
    return site.page(request, "requests.html", title="Requests", **values)


def _about(asked: Mapping[str, str]) -> dict[str, str]:
    """Return what news are about: those of everything else make no rows."""
    return {name: asked[name] for name in ("run", "thread") if name in asked}


def search_of(asked: Mapping[str, str]) -> Search:
    """Return the search that a query describes. Raises `ApiError` for a value that is wrong."""
    wanted = Filter(
        asked.get("method") or None,
        pattern(asked.get("path") or None, "path"),
        asked.get("run") or None,
        asked.get("thread") or None,
    )
    return Search(wanted, statuses(asked.get("status", "")), asked.get("text", ""), bool(asked.get("fault")))


def row_of(name: str, request: LoggedRequest) -> dict[str, Any]:
    """Return what a row of the log shows. name: of its namespace."""
    return {**summary(name, request), "at": request.began_at or request.at}


async def _clear(site: Site, request: Request, _form: FormData) -> Response:
    namespace = await site.namespace(request)
    await namespace.requests.clear()
    return done(request, inspector_paths.requests(namespace.name), "The request log is empty now.")
