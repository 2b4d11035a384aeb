"""A conversation, or a chain of responses, as a person reads it."""

from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from emulator.control.inspector.citations import Known
from emulator.control.inspector.headers import HEADERS
from emulator.control.inspector.messages import Drawing
from emulator.control.inspector.run_boxes import run_box
from emulator.control.inspector.site import Site
from emulator.daemon_threads import in_thread
from emulator.domain import inspector_paths as to
from emulator.domain.redaction import shown_value
from emulator.engine.namespace import Namespace
from emulator.service import chain_pages, conversation_pages, news
from emulator.service.dialogue_entries import DialoguePage
from emulator.service.thread_pages import ShownRun
from emulator.service.thread_windows import Place

_CONVERSATION = "conv"
_RESPONSE = "resp"


def is_dialogue(id_: str) -> bool:
    """Return whether an id is that of a conversation or a response."""
    return id_.startswith((_CONVERSATION, _RESPONSE))


async def show_dialogue(site: Site, request: Request, namespace: Namespace, id_: str) -> Response:
    """Return the page of a dialogue. A response in the middle of one leads to the whole."""
    query = request.query_params
    seen = str(await news.position(namespace))
    if id_.startswith(_CONVERSATION):
        place = Place(*(query.get(name) or None for name in ("before", "after", "at")))
        return await _page(site, request, namespace, await conversation_pages.page(namespace, id_, place), seen)
    whole = await chain_pages.dialogue_of(namespace, id_)
    if whole != id_:
        return RedirectResponse(to.thread(namespace.name, whole), 303, headers=dict(HEADERS))
    return await _page(
        site, request, namespace, await chain_pages.page(namespace, id_, query.get("after") or None), seen
    )


async def _page(site: Site, request: Request, namespace: Namespace, page: DialoguePage, seen: str) -> Response:
    query = request.query_params
    drawing = Drawing(Known(namespace.name, page.files, page.found), "raw" in query, query.get("all"))
    entries = await in_thread(partial(_drawn, page, drawing), "page")
    is_chain = not page.id.startswith(_CONVERSATION)
    return site.page(
        request,
        "dialogue.html",
        title=f"{'Chain' if is_chain else 'Conversation'} {page.id}",
        page=page,
        subject=page.id,
        is_chain=is_chain,
        entries=entries,
        metadata=shown_value(dict(page.metadata)),
        raw=drawing.raw,
        place={name: value for name in ("before", "after", "at") if (value := query.get(name))},
        marked=query.get("at"),
        seen=seen,
        now=namespace.now(),
    )


def _drawn(page: DialoguePage, drawing: Drawing) -> list[Any]:
    return [_entry(one, drawing) for one in page.entries]


def _entry(one: Any, drawing: Drawing) -> Any:
    if isinstance(one, ShownRun):
        return run_box(one.run, one.doc, one.calls, begins=one.begins, thoughts=one.thoughts)
    return drawing.item(one) if one["type"] == "message" else drawing.other(one)
