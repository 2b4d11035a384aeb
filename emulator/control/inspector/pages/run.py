"""A run: its timeline, what the model saw, the turn that was played and why others did not fit, and moving it."""

from functools import partial
from typing import Any, Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from emulator.control.inspector.form_values import text_of
from emulator.control.inspector.prose_json import pretty
from emulator.control.inspector.routing import does, done, shows
from emulator.control.inspector.site import Site
from emulator.control.inspector.timeline_table import rows
from emulator.control.inspector.turn_table import compared
from emulator.control.inspector.view_comparison import seen
from emulator.daemon_threads import in_thread
from emulator.domain import inspector_paths
from emulator.engine.namespace import Namespace
from emulator.service import news, run_control, run_records
from emulator.service.played_turns import played_turn
from emulator.service.run_neighbors import neighbors
from emulator.service.run_offers import offers
from emulator.service.script_matches import past_match
from emulator.service.timelines import timeline
from emulator.timeline_pictures.picture import summary, svg
from emulator.timeline_pictures.scale import lasting

_PATH: Final = "/ns/{ns}/runs/{run}"
_MOST_CALLS: Final = 100


def routes(site: Site) -> list[Route]:
    """Return the routes."""
    return [
        shows(site, _PATH, _show),
        does(site, f"{_PATH}/step", _step),
        does(site, f"{_PATH}/hold", _hold),
        does(site, f"{_PATH}/release", _release),
        does(site, f"{_PATH}/cancel", _cancel),
        does(site, f"{_PATH}/expire", _expire),
    ]


# --- showing ----------------------------------------------------------------------------------------------------------


async def _show(site: Site, request: Request) -> Response:
    namespace, run_id = await _asked(site, request)
    position = await news.position(namespace)
    about = await run_records.retrieve(namespace, run_id)
    found = await timeline(namespace, run_id)
    noun = "Response" if about.get("api") == "responses" else "Run"
    values = {
        "run": about,
        "noun": noun,
        "error": run_records.error_of(about["run"]),
        "is_unmatched": any(line["kind"] == "unmatched" for line in about["report"]),
        "reason": (about["run"].get("incomplete_details") or {}).get("reason"),
        "usage": about["run"].get("usage"),
        "calls": [{**call, "arguments": pretty(call["arguments"])} for call in about["calls"][:_MOST_CALLS]],
        "more_calls": max(0, len(about["calls"]) - _MOST_CALLS),
        "offers": await offers(namespace, run_id),
        "timeline": found,
        "picture": svg(found, alone=False),
        "summary": summary(found),
        "events": rows(found),
        "took": lasting(found.lasted) if not found.goes_back else "",
        "seen": str(position),
        "now": namespace.clock.now(),
        **await _about_the_turn(site, namespace, run_id, about),
    }
    return site.page(request, "run.html", title=f"{noun} {run_id}", **values)


async def _about_the_turn(site: Site, namespace: Namespace, run_id: str, about: dict[str, Any]) -> dict[str, Any]:
    """Return what the model was given, what was played for it, and how all turns compare."""
    beside = await neighbors(namespace, run_id)
    view = None
    if beside.view is not None:  # many texts, and long ones
        view = await in_thread(partial(seen, beside.view, beside.view_before), "page")
    past = await past_match(namespace, run_id)
    return {
        "beside": beside,
        "view": view,
        "played": await played_turn(namespace, site.namespaces.scripts, run_id),
        "past": past,
        "turns": compared(past, about["turn"], _near(about["report"])),
    }


def _near(report: list[dict[str, Any]]) -> list[str]:
    """Return the names of the turns that were nearest when none fitted, as the report has them."""
    return [str(one["turn"]) for line in report if line["kind"] == "unmatched" for one in line.get("near", ())]


# --- moving -----------------------------------------------------------------------------------------------------------


async def _step(site: Site, request: Request, form: FormData) -> Response:
    namespace, run_id = await _asked(site, request)
    until = text_of(form, "until")
    progress = await run_control.step(namespace, run_id, until or None)
    status = progress.run["status"].replace("_", " ")
    said = f"The run is {status}." if progress.reached else f"The run went no further than {status}."
    return _done(request, said)


async def _hold(site: Site, request: Request, form: FormData) -> Response:
    namespace, run_id = await _asked(site, request)
    at = text_of(form, "at")
    await run_control.hold(namespace, run_id, at)
    return _done(request, f"The run is held as soon as it is {at.replace('_', ' ')}, until it is released.")


async def _release(site: Site, request: Request, form: FormData) -> Response:
    namespace, run_id = await _asked(site, request)
    name = text_of(form, "name")
    await run_control.release(namespace, run_id, name)
    return _done(request, f"The run is no more held at {name.replace('_', ' ')}.")


async def _cancel(site: Site, request: Request, form: FormData) -> Response:
    namespace, run_id = await _asked(site, request)
    run = await run_control.cancel(namespace, run_id, text_of(form, "at") or None)
    return _done(request, f"The run is to be cancelled: it is {_status(run)}.")


async def _expire(site: Site, request: Request, form: FormData) -> Response:
    namespace, run_id = await _asked(site, request)
    run = await run_control.expire(namespace, run_id, text_of(form, "at") or None)
    return _done(request, f"The run is to expire: it is {_status(run)}.")


async def _asked(site: Site, request: Request) -> tuple[Namespace, str]:
    return await site.namespace(request), request.path_params["run"]


def _done(request: Request, said: str) -> Response:
    return done(request, inspector_paths.run(request.path_params["ns"], request.path_params["run"]), said)


def _status(run: dict[str, Any] | None) -> str:
    return str(run["status"]).replace("_", " ") if run else "not there yet"
