"""The snapshots of a namespace: saved, downloaded, uploaded, restored and deleted."""

from collections.abc import AsyncIterator
from typing import Final

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from emulator.control.inspector.form_values import text_of
from emulator.control.inspector.routing import does, done, shows
from emulator.control.inspector.site import Site
from emulator.domain import inspector_paths as to
from emulator.domain.errors import ApiError
from emulator.service import snapshots

_PIECE: Final = 1024 * 1024


def routes(site: Site) -> list[Route]:
    """Return the routes."""
    return [
        shows(site, "/ns/{ns}/snapshots", _show),
        does(site, "/ns/{ns}/snapshots", _save),
        does(site, "/ns/{ns}/snapshots/new/upload", _upload),
        does(site, "/ns/{ns}/snapshots/{name}/restore", _restore),
        does(site, "/ns/{ns}/restore", _restore_chosen),
        does(site, "/ns/{ns}/snapshots/{name}/delete", _delete),
    ]


async def _show(site: Site, request: Request) -> Response:
    namespace = await site.namespace(request)
    kept = await site.namespaces.snapshots.of(namespace.name)
    return site.page(request, "snapshots.html", title="Snapshots", snapshots=kept, now=namespace.clock.now())


def _done(request: Request, said: str) -> Response:
    return done(request, to.snapshots(request.path_params["ns"]), said)


def _back(form: FormData, page: str) -> str:
    """Return where a form leads that also stands in the list of all namespaces."""
    return to.namespaces() if text_of(form, "back") == "namespaces" else page


async def _save(site: Site, request: Request, form: FormData) -> Response:
    ns = (await site.namespace(request)).name
    kept = await snapshots.create(site.namespaces, ns, text_of(form, "name"))
    return done(request, _back(form, to.snapshots(ns)), f"The snapshot {kept.name} of {ns} is saved.")


async def _restore(site: Site, request: Request, form: FormData) -> Response:
    return await _restored(site, request, form, request.path_params["name"])


async def _restore_chosen(site: Site, request: Request, form: FormData) -> Response:
    return await _restored(site, request, form, text_of(form, "snapshot"))


async def _restored(site: Site, request: Request, form: FormData, name: str) -> Response:
    ns = (await site.namespace(request)).name
    await snapshots.restore_kept(site.namespaces, ns, name)
    return done(request, _back(form, to.namespace(ns)), f"The namespace {ns} is what it was in the snapshot {name}.")


async def _delete(site: Site, request: Request, _form: FormData) -> Response:
    ns, name = request.path_params["ns"], request.path_params["name"]
    await site.namespaces.find(ns)
    await site.namespaces.snapshots.drop(ns, name)
    return _done(request, f"The snapshot {name} is deleted.")


# --- uploads ----------------------------------------------------------------------------------------------------------


async def _upload(site: Site, request: Request, form: FormData) -> Response:
    ns = (await site.namespace(request)).name
    file = form.get("file")
    if not isinstance(file, UploadFile) or not file.filename:
        raise ApiError(400, "file: choose the file of a snapshot.", param="file")
    name = text_of(form, "name") or file.filename.removesuffix(".zip")
    kept = await snapshots.put(site.namespaces, ns, name, _pieces(file))
    return _done(request, f"The snapshot {kept.name} is here, and can be restored.")


async def _pieces(file: UploadFile) -> AsyncIterator[bytes]:
    while piece := await file.read(_PIECE):
        yield piece
