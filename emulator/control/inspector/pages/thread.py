"""A thread: the conversation as a person reads it, with the runs between its messages; forked here."""

from functools import partial
from typing import Any

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from emulator.control.inspector.citations import Known
from emulator.control.inspector.messages import Drawing
from emulator.control.inspector.pages.dialogue import is_dialogue, show_dialogue
from emulator.control.inspector.routing import does, done, shows
from emulator.control.inspector.run_boxes import run_box
from emulator.control.inspector.site import Site
from emulator.control.inspector.visible import on_one_line
from emulator.daemon_threads import in_thread
from emulator.domain import inspector_paths as to
from emulator.domain.redaction import shown_value
from emulator.service import news, thread_forks, thread_pages
from emulator.service.thread_pages import ShownRun, ThreadPage
from emulator.service.thread_windows import Place


def routes(site: Site) -> list[Route]:
    """Return the routes."""
    return [
        shows(site, "/ns/{ns}/threads/{thread}", _show),
        does(site, "/ns/{ns}/threads/{thread}/fork", _fork),
    ]


async def _show(site: Site, request: Request) -> Response:
    namespace = await site.namespaces.find(request.path_params["ns"])
    thread_id, query = request.path_params["thread"], request.query_params
    if is_dialogue(thread_id):
        return await show_dialogue(site, request, namespace, thread_id)
    seen = await news.position(namespace)
    place = Place(*(query.get(name) or None for name in ("before", "after", "at")))
    page = await thread_pages.page(namespace, thread_id, place)
    known = Known(namespace.name, page.files, page.found)
    drawing = Drawing(known, "raw" in query, query.get("all"), page.assistants)
    entries = await in_thread(partial(_drawn, page, drawing), "page")
    return site.page(
        request,
        "thread.html",
        title=f"Thread {on_one_line(thread_id)}",
        page=page,
        subject=thread_id,
        entries=entries,
        metadata=shown_value(dict(page.thread["metadata"])),
        resources=page.thread.get("tool_resources") or {},
        raw=drawing.raw,
        place={name: value for name in ("before", "after", "at") if (value := query.get(name))},
        marked=query.get("at"),
        seen=str(seen),
        now=namespace.now(),
    )


def _drawn(page: ThreadPage, drawing: Drawing) -> list[Any]:
    return [
        run_box(one.run, one.doc, one.calls, begins=one.begins, more=one.more)
        if isinstance(one, ShownRun)
        else drawing.message(one)
        for one in page.entries
    ]


async def _fork(site: Site, request: Request, form: FormData) -> Response:
    namespace = await site.namespaces.find(request.path_params["ns"])
    at = form.get("at")
    copy = await thread_forks.fork(namespace, request.path_params["thread"], str(at) if at else None)
    messages = "1 message" if len(copy["messages"]) == 1 else f"{len(copy['messages'])} messages"
    said = f"Forked: this thread is a copy with {messages}. What you do here leaves the other one as it is."
    return done(request, to.thread(namespace.name, copy["thread"]["id"]), said)
