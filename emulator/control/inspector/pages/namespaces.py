"""All namespaces: how each is set and what it holds; made, reset and deleted here."""

from typing import Any, Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from emulator.control.inspector.form_values import given, read, text_of
from emulator.control.inspector.lists import AT_ONCE
from emulator.control.inspector.routing import does, done, shows
from emulator.control.inspector.site import Site
from emulator.control.namespaces import NamespaceSetting
from emulator.control.start import START_PATH
from emulator.domain import inspector_paths as to
from emulator.service.overview import MOST_COUNTED, overview

_MOST_TEXT: Final = 64


def routes(site: Site) -> list[Route]:
    """Return the routes."""
    at_root = Route(START_PATH, shows(site, "", _show).endpoint, methods=["GET"])
    return [
        at_root,
        shows(site, "", _show),
        does(site, "/make", _make),
        does(site, "/ns/{ns}/reset", _reset),
        does(site, "/ns/{ns}/delete", _delete),
    ]


async def _show(site: Site, request: Request) -> Response:
    text = request.query_params.get("text", "").strip()[:_MOST_TEXT]
    after = request.query_params.get("after", "")
    found = await overview(site.namespaces, AT_ONCE, text=text, after=after)
    next_page = to.namespaces(text=text, after=found.listed[-1].name) if found.has_more else ""
    values: dict[str, Any] = {"found": found, "text": text, "after": after, "next_page": next_page}
    listed = [one.name for one in found.listed]
    values["kept"] = {name: await site.namespaces.snapshots.of(name) for name in listed}
    values["still"] = [name for name in listed if site.stands_still(name)]
    return site.page(request, "namespaces.html", title="Namespaces", most_counted=MOST_COUNTED, **values)


async def _make(site: Site, request: Request, form: FormData) -> Response:
    name = text_of(form, "name")
    values = given(form, "seed", "wire")
    if clock := given(form, "mode", "at"):
        values["clock"] = clock
    if pace := given(form, "progression", "times", "seconds"):
        values["pace"] = pace
    setting = read(NamespaceSetting, values)
    clock_change = None if setting.clock is None else setting.clock.change()
    await site.namespaces.put(name, setting.change(), clock_change)
    return done(request, to.namespace(name), f"The namespace {name} is there.")


async def _reset(site: Site, request: Request, form: FormData) -> Response:
    name = request.path_params["ns"]
    await site.namespaces.find(name)
    await site.namespaces.reset(name)
    back = to.namespace(name) if text_of(form, "back") == "namespace" else to.namespaces()
    return done(request, back, f"The namespace {name} is empty again: its scripts and its configuration have stayed.")


async def _delete(site: Site, request: Request, _form: FormData) -> Response:
    name = request.path_params["ns"]
    await site.namespaces.delete(name)
    return done(request, to.namespaces(), f"The namespace {name} is deleted.")
