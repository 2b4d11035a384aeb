"""The threads of a namespace, searched; beside them its conversations and the chains of its responses."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from emulator.control.inspector.headers import HEADERS
from emulator.control.inspector.lists import page_of
from emulator.control.inspector.routing import shows
from emulator.control.inspector.site import Site
from emulator.domain import inspector_paths as to
from emulator.engine.namespace import Namespace
from emulator.service import dialogue_lists, news, thread_lists
from emulator.service.thread_lists import NamedObject

# The kinds of dialogues, as the address and the tabs have them.
KINDS: Final = {"threads": "Threads", "conversations": "Conversations", "chains": "Chains of responses"}
_LONGEST_QUERY: Final = 200


def routes(site: Site) -> list[Route]:
    """Return the routes."""
    return [shows(site, "/ns/{ns}/threads", _show)]


async def _show(site: Site, request: Request) -> Response:
    namespace = await site.namespaces.find(request.path_params["ns"])
    kind = request.query_params.get("kind", "threads")
    seen = await news.position(namespace)
    about: dict[str, Any] = {
        "kinds": KINDS,
        "seen": str(seen),
        "now": namespace.now(),
        "is_first": "after" not in request.query_params,
    }
    if kind == "conversations":
        found = await dialogue_lists.conversations(namespace, page_of(request))
    elif kind == "chains":
        found = await dialogue_lists.chains(namespace, page_of(request))
    else:
        return await _threads(site, request, namespace, about)
    return site.page(request, "dialogues.html", title=KINDS[kind], kind=kind, found=found, **about)


async def _threads(site: Site, request: Request, namespace: Namespace, about: dict[str, Any]) -> Response:
    query = request.query_params
    wanted = query.get("q", "").strip()[:_LONGEST_QUERY]
    if not wanted:
        found = await thread_lists.listing(namespace, page_of(request))
    elif (one := await thread_lists.named(namespace, wanted)) is not None:
        return RedirectResponse(_page_of(namespace.name, one), 303, headers=dict(HEADERS))
    else:
        found = await thread_lists.search(namespace, wanted, query.get("after"))
    return site.page(request, "threads.html", title="Threads", kind="threads", wanted=wanted, found=found, **about)


def _page_of(ns: str, one: NamedObject) -> str:
    match one.kind:
        case "thread":
            return to.thread(ns, one.id)
        case "message":
            return f"{to.thread(ns, one.thread_id or '', at=one.id)}#{one.id}"
        case "file":
            return to.file(ns, one.id)
        case _:
            return to.run(ns, one.id)
