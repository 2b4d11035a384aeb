"""Files: what is kept and shown."""

from typing import Any


def file(
    id: str,  # noqa: A002
    *,
    now: int,
    filename: str,
    purpose: str,
    size: int,
    expires_at: int | None = None,
) -> dict[str, Any]:
    """Return the document of a file: object before id (recorded)."""
    return {
        "object": "file",
        "id": id,
        "purpose": purpose,
        "filename": filename,
        "bytes": size,
        "created_at": now,
        "expires_at": expires_at,
        "status": "processed",
        "status_details": None,
    }
