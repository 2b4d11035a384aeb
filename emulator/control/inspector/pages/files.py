"""The files of a namespace, and each of them: its text with the passage that is cited, its image, its bytes."""

import re
from functools import partial
from typing import Any, Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from emulator.control.inspector.headers import HEADERS
from emulator.control.inspector.lists import page_of
from emulator.control.inspector.passages import passage
from emulator.control.inspector.routing import shows
from emulator.control.inspector.site import Site
from emulator.control.inspector.visible import on_one_line
from emulator.daemon_threads import in_thread
from emulator.domain.errors import ApiError
from emulator.service import file_pages

# Bytes of others are no page: nothing in them runs or loads, and no browser guesses what they are.
_BYTES: Final = {**HEADERS, "content-security-policy": "default-src 'none'; sandbox"}
_PLACE: Final = re.compile(r"[0-9]{1,9}")


def routes(site: Site) -> list[Route]:
    """Return the routes."""
    return [
        shows(site, "/ns/{ns}/files", _list),
        shows(site, "/ns/{ns}/files/{file}", _show),
        shows(site, "/ns/{ns}/files/{file}/image", _image),
        shows(site, "/ns/{ns}/files/{file}/download", _download),
    ]


async def _list(site: Site, request: Request) -> Response:
    namespace = await site.namespace(request)
    files, more = await file_pages.listing(namespace, page_of(request))
    is_first = "after" not in request.query_params
    values: dict[str, Any] = {"files": files, "more": more, "is_first": is_first, "now": namespace.now()}
    return site.page(request, "files.html", title="Files", **values)


async def _show(site: Site, request: Request) -> Response:
    namespace = await site.namespace(request)
    page = await file_pages.retrieve(namespace, request.path_params["file"])
    wanted = request.query_params.get("quote", "")
    at = request.query_params.get("from", "")
    begin = int(at) if _PLACE.fullmatch(at) else None
    shown = None if page.text is None else await in_thread(partial(passage, page.text, begin, wanted), "page")
    return site.page(
        request,
        "file.html",
        title=f"File {on_one_line(page.doc['filename'])}",
        page=page,
        shown=shown,
        quote=wanted,
        now=namespace.now(),
    )


async def _image(site: Site, request: Request) -> Response:
    """Return the bytes of a file, as what they are: an image, or a refusal."""
    return await _bytes(site, request, as_image=True)


async def _download(site: Site, request: Request) -> Response:
    """Return the bytes of a file, to be saved and not shown."""
    return await _bytes(site, request, as_image=False)


async def _bytes(site: Site, request: Request, *, as_image: bool) -> Response:
    namespace = await site.namespace(request)
    row = await file_pages.find(namespace, request.path_params["file"])
    blobs, name = namespace.blobs, row["blob"]
    try:
        size, kind = await in_thread(lambda: file_pages.size_and_image(blobs, name), "page")
        if as_image and kind is None:
            raise ApiError(404, f"The file '{row['id']}' is no image that a browser is given.")
        pieces = await blobs.beside(partial(blobs.pieces, name))
    except OSError:
        raise ApiError(404, f"The bytes of the file '{row['id']}' are not there.") from None
    about = {"content-type": kind or ""} if as_image else _as_attachment(row["doc"]["filename"])
    return StreamingResponse(pieces, headers={**_BYTES, "content-length": str(size), **about})


def _as_attachment(filename: str) -> dict[str, str]:
    """Return the headers of what is saved under a name: its last segment, which leads to no other folder."""
    segment = re.split(r"[/\\]", filename)[-1]
    name = "".join(letter for letter in segment if letter.isprintable()).strip(" .") or "download"
    disposition = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return {"content-type": "application/octet-stream", "content-disposition": disposition}
