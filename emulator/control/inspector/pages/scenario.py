"""A thread as a scenario that plays it again: shown, as a file, and put into a namespace."""

import io
import zipfile
from typing import Any, Final
from urllib.parse import quote

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from emulator.control.inspector.headers import HEADERS
from emulator.control.inspector.routing import does, done, shows
from emulator.control.inspector.site import Site
from emulator.daemon_threads import in_thread
from emulator.domain import inspector_paths as to
from emulator.domain.data_uris import from_data_uri
from emulator.domain.errors import ApiError
from emulator.domain.ports import ScriptSource
from emulator.domain.replay import REPLAY_CHOICES

_DRIFTS: Final = REPLAY_CHOICES["drift"]
_MOST_SHOWN: Final = 200_000  # characters; the file has all
_MOST_NAMESPACES: Final = 200


def routes(site: Site) -> list[Route]:
    """Return the routes."""
    return [
        shows(site, "/ns/{ns}/threads/{thread}/scenario", _show),
        shows(site, "/ns/{ns}/threads/{thread}/scenario/file", _file),
        does(site, "/ns/{ns}/threads/{thread}/scenario", _load),
    ]


async def _show(site: Site, request: Request) -> Response:
    drift, templates = _choices(request.query_params)
    made = await _made(site, request, drift, suggest_templates=templates)
    named = sorted(row["ns"] for row in await site.namespaces.documents.namespaces())
    thread_id = request.path_params["thread"]
    return site.page(
        request,
        "scenario.html",
        title=f"Thread {thread_id} as a scenario",
        thread_id=thread_id,
        made=made,
        text=made.source.text[:_MOST_SHOWN],
        left_out=max(0, len(made.source.text) - _MOST_SHOWN),
        assets=list(made.source.assets),
        drift=drift,
        drifts=_DRIFTS,
        templates=templates,
        namespaces=named[:_MOST_NAMESPACES],
    )


async def _file(site: Site, request: Request) -> Response:
    """Return the scenario as a file; with the files that it names, as a zip file of all."""
    drift, templates = _choices(request.query_params)
    source = (await _made(site, request, drift, suggest_templates=templates)).source
    data, ending, kind = (_archive(source), "zip", "zip") if source.assets else (source.text.encode(), "yaml", "yaml")
    name = quote(f"{request.path_params['thread']}.{ending}", safe="")
    headers = {**HEADERS, "content-disposition": f"attachment; filename*=UTF-8''{name}"}
    return Response(data, media_type=f"application/{kind}", headers=headers)


async def _load(site: Site, request: Request, form: FormData) -> Response:
    """Put the scenario into a namespace: beside its scripts, or in their place."""
    into = str(form.get("into") or "").strip()
    if not into:
        raise ApiError(400, "Name the namespace that the scenario is put into.")
    drift, templates = _choices(form)
    made = await _made(site, request, drift, suggest_templates=templates)
    if form.get("how") == "replace":
        await site.namespaces.put_scripts(into, [made.source])
    else:
        await site.namespaces.add_scripts(into, [made.source])
    turns = "1 turn" if made.turns == 1 else f"{made.turns} turns"
    return done(request, to.scripts(into), f"{made.source.name} is loaded: {turns} of the thread are played again.")


def _choices(given: Any) -> tuple[str, bool]:
    drift = str(given.get("drift") or _DRIFTS[0])
    if drift not in _DRIFTS:
        raise ApiError(400, f"drift={drift!r}: choose one of {', '.join(_DRIFTS)}", param="drift")
    return drift, bool(given.get("templates"))


async def _made(site: Site, request: Request, drift: str, *, suggest_templates: bool) -> Any:
    options_of, scenario_of = await in_thread(_distiller, "page")
    options = options_of(drift=drift, suggest_templates=suggest_templates, threads=False)
    return await scenario_of(site.namespaces, request.path_params["ns"], request.path_params["thread"], options)


def _distiller() -> tuple[Any, Any]:
    """Return what makes scenarios: loaded with the first one, which takes long, so beside the event loop."""
    from emulator.recording.distiller import Options  # noqa: PLC0415 - as above
    from emulator.recording.thread_scenarios import scenario_of  # noqa: PLC0415 - as above

    return Options, scenario_of


def _archive(source: ScriptSource) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(source.name, source.text)
        for name, uri in source.assets.items():
            archive.writestr(name, from_data_uri(uri)[1])
    return target.getvalue()
