"""Containers and their files: request bodies, and documents as they are stored and shown."""

from typing import Annotated, Any, Final, Literal

from pydantic import Field

from emulator.domain.lifecycle import CONTAINER_LIFETIME
from emulator.tools.body import Body
from emulator.wire.limits import MOST_ITEMS, FileId

FOLDER: Final = "/mnt/data"
_MINUTES: Final = CONTAINER_LIFETIME // 60
_MEMORY: Final = "1g"  # documented as the default


class ContainerExpiresAfter(Body):
    """When a container expires: in minutes after its last use. That it needs at least one is unverified."""

    anchor: Literal["last_active_at"]
    minutes: Annotated[int, Field(ge=1)]


class CreateContainer(Body):
    """A new container, with copies of files."""

    name: str
    expires_after: ContainerExpiresAfter | None = None
    file_ids: Annotated[list[FileId], Field(max_length=MOST_ITEMS)] | None = None
    memory_limit: Literal["1g", "4g", "16g", "64g"] | None = None


class CopyFile(Body):
    """A file to copy into a container."""

    file_id: FileId


def container(
    id: str,  # noqa: A002
    *,
    now: int,
    name: str,
    minutes: int | None = None,
    memory: str | None = None,
) -> dict[str, Any]:
    """Return the document of a new container (recorded, Oct 2025; memory_limit: documented). minutes: its lifetime."""
    return {
        "id": id,
        "object": "container",
        "created_at": now,
        "status": "running",
        "expires_after": {"anchor": "last_active_at", "minutes": minutes or _MINUTES},
        "last_active_at": now,
        "memory_limit": memory or _MEMORY,
        "name": name,
    }


def container_file(
    id: str,  # noqa: A002
    *,
    now: int,
    container_id: str,
    size: int,
    name: str,
    source: Literal["user", "assistant"],
) -> dict[str, Any]:
    """Return the document of a file in a container (recorded, Oct 2025). name: below `FOLDER`."""
    return {
        "id": id,
        "object": "container.file",
        "created_at": now,
        "bytes": size,
        "container_id": container_id,
        "path": f"{FOLDER}/{name}",
        "source": source,
    }
