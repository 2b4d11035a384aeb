"""Files and uploads: their request bodies, and their documents as they are stored."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from emulator.tools.body import Body
from emulator.wire.data_sources import code_files, file_of
from emulator.wire.limits import MOST_ITEMS

# In the order of the recorded refusal (openai-dotnet).
PURPOSES: Final = ("fine-tune", "assistants", "batch", "user_data", "vision", "evals")
# What files for assistants could be, in the order of the reported refusal (openai-dotnet issue 270, Oct 2024).
EXTENSIONS: Final = (
    "c", "cpp", "css", "csv", "docx", "gif", "go", "html", "java", "jpeg", "jpg", "js", "json", "md", "pdf", "php",
    "pkl", "png", "pptx", "py", "rb", "tar", "tex", "ts", "txt", "webp", "xlsx", "xml", "zip",
)  # fmt: skip
MOST_FILE_BYTES: Final = 512 * 1024 * 1024  # documented
MOST_UPLOAD_BYTES: Final = 8 * 1024 * 1024 * 1024  # documented
MOST_PART_BYTES: Final = 64 * 1024 * 1024  # documented
UPLOAD_LIFETIME: Final = 3600  # recorded
BATCH_LIFETIME: Final = 30 * 24 * 3600  # documented


class ExpiresAfter(Body):
    """When a file expires: in seconds after its creation. Limits: documented."""

    anchor: Literal["created_at"]
    seconds: Annotated[int, Field(ge=3600, le=2_592_000)]


class CreateUpload(Body):
    """A large file that will be sent in parts."""

    filename: str
    # The specification has the first four; the official clients also send the last. unverified
    purpose: Literal["assistants", "batch", "fine-tune", "vision", "user_data"]
    bytes: Annotated[int, Field(ge=0, le=MOST_UPLOAD_BYTES)]
    mime_type: str
    expires_after: ExpiresAfter | None = None


class CompleteUpload(Body):
    """The parts, in their order in the file. md5: of the whole file, as hex."""

    part_ids: Annotated[list[str], Field(max_length=MOST_ITEMS)]
    md5: str | None = None


def file(
    id: str,  # noqa: A002
    *,
    now: int,
    filename: str,
    purpose: str,
    size: int,
    lifetime: int | None = None,
) -> dict[str, Any]:
    """Return the document of a file: object before id (recorded). lifetime: seconds from now."""
    return {
        "object": "file",
        "id": id,
        "purpose": purpose,
        "filename": filename,
        "bytes": size,
        "created_at": now,
        "expires_at": None if lifetime is None else now + lifetime,
        "status": "processed",
        "status_details": None,
    }


def deleted(id: str) -> dict[str, Any]:  # noqa: A002
    """Return the response to the deletion of a file (recorded)."""
    return {"object": "file", "deleted": True, "id": id}


def upload(id: str, *, now: int, body: CreateUpload) -> dict[str, Any]:  # noqa: A002
    """Return the document of a new upload (recorded)."""
    return {
        "id": id,
        "object": "upload",
        "bytes": body.bytes,
        "created_at": now,
        "filename": body.filename,
        "purpose": body.purpose,
        "status": "pending",
        "expires_at": now + UPLOAD_LIFETIME,
    }


def part(id: str, *, now: int, upload: Mapping[str, Any]) -> dict[str, Any]:  # noqa: A002
    """Return the document of a part (recorded)."""
    return {"id": id, "object": "upload.part", "created_at": now, "upload_id": upload["id"]}


def files_of(doc: Mapping[str, Any]) -> list[str]:
    """Return what v1 shows as file_ids of an object: those that v1 set, or all files that v2 would name."""
    if "file_ids" in doc:
        return list(doc["file_ids"])
    named = [file_of(attachment) for attachment in doc.get("attachments", [])]
    named += code_files(doc.get("tool_resources", {}))
    return list(dict.fromkeys(named))
