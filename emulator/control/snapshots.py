"""/ns/{ns}/snapshots: everything in a namespace saved as one file, restored, downloaded and uploaded."""

from collections.abc import AsyncIterator, Iterator, Mapping
from typing import IO, Annotated, Any

from fastapi import APIRouter, Path, Request
from pydantic import Field
from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse

from emulator.control.body import ControlBody
from emulator.domain.errors import ApiError
from emulator.service import snapshots
from emulator.service.namespaces import Namespaces

_PIECE = 1024 * 1024
_Name = Annotated[str, Path(description="The name of a snapshot.", examples=["before"])]


class NewSnapshot(ControlBody):
    """The name of a snapshot."""

    name: Annotated[
        str, Field(description="Of 1 to 64 letters, digits, dots, dashes and underscores.", examples=["before"])
    ]


def router(namespaces: Namespaces) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/ns/{ns}/snapshots", tags=["snapshots"])

    @router.post("", status_code=201)
    async def save_snapshot(ns: str, body: NewSnapshot) -> Mapping[str, Any]:
        """Save everything in the namespace under a name."""
        return (await snapshots.create(namespaces, ns, body.name)).to_json()

    @router.get("")
    async def list_snapshots(ns: str) -> dict[str, Any]:
        """List the snapshots of the namespace, the newest first."""
        await namespaces.find(ns)
        return {"snapshots": [snapshot.to_json() for snapshot in await namespaces.snapshots.of(ns)]}

    @router.get("/{name}", response_class=StreamingResponse)
    async def download_snapshot(ns: str, name: _Name) -> StreamingResponse:
        """Download a snapshot as a zip file."""
        await namespaces.find(ns)
        shelf = namespaces.snapshots
        snapshot = await shelf.find(ns, name)
        async with shelf.file(snapshot) as path:
            file = path.open("rb")  # which stays readable, also where it is removed
        headers = {"content-length": str(snapshot.size), "content-disposition": f'attachment; filename="{name}.zip"'}
        return StreamingResponse(_pieces(file), media_type="application/zip", headers=headers)

    @router.put("/{name}", openapi_extra={"requestBody": {"required": True, "content": {"application/zip": {}}}})
    async def upload_snapshot(ns: str, name: _Name, request: Request) -> Mapping[str, Any]:
        """Upload a snapshot, also of another namespace or server."""
        return (await snapshots.put(namespaces, ns, name, _received(request))).to_json()

    @router.post("/{name}/restore")
    async def restore_snapshot(ns: str, name: _Name) -> Mapping[str, Any]:
        """Let the namespace be what it was in a snapshot."""
        await namespaces.find(ns)
        await snapshots.restore_kept(namespaces, ns, name)
        return await namespaces.record(ns)

    @router.delete("/{name}")
    async def delete_snapshot(ns: str, name: _Name) -> dict[str, Any]:
        """Delete a snapshot."""
        await namespaces.find(ns)
        await namespaces.snapshots.drop(ns, name)
        return {"name": name, "deleted": True}

    return router


async def _received(request: Request) -> AsyncIterator[bytes]:
    try:
        async for piece in request.stream():
            yield piece
    except ClientDisconnect as error:
        raise ApiError(400, "The client has gone in the middle of its snapshot.") from error


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE):
            yield piece
