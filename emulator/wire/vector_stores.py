"""Vector stores, their files and batches: request bodies, and documents as they are stored."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field

from emulator.tools.body import Attributes, Body, Metadata
from emulator.tools.unions import chosen, tag
from emulator.wire.data_sources import (
    DataSourceOfFile,
    DataSourcesOfBatch,
    StoreConfiguration,
    has_source,
    without_null,
)
from emulator.wire.history.behaviors import LARGE_BATCHES, STORES_OF_500
from emulator.wire.limits import MOST_ITEMS, FileId, until
from emulator.wire.values import AutoChunking, Chunking, StaticChunking

SECONDS_A_DAY: Final = 86_400
STATUSES: Final = ("in_progress", "completed", "failed", "cancelled")
# Documented; earlier limits are in `behaviors`.
MOST_FILES: Final = 500
MOST_FILES_IN_BATCH: Final = 2000
_FilesOfStore = Annotated[list[FileId], Field(max_length=MOST_FILES), until(STORES_OF_500, 100)]
_InBatch = (Field(min_length=1, max_length=MOST_FILES_IN_BATCH), until(LARGE_BATCHES, 500))


class StoreExpiresAfter(Body):
    """When a store expires: in days after its last use. Limits: documented."""

    anchor: Literal["last_active_at"]
    days: Annotated[int, Field(ge=1, le=365)]


class CreateVectorStore(Body):
    """A new store with its first files."""

    file_ids: _FilesOfStore | None = None
    name: str | None = None
    description: str | None = None
    expires_after: StoreExpiresAfter | None = None
    chunking_strategy: Chunking | None = None
    metadata: Metadata | None = None
    configuration: StoreConfiguration = None


class ModifyVectorStore(Body):
    """A change of a store."""

    name: str | None = None
    expires_after: StoreExpiresAfter | None = None
    metadata: Metadata | None = None


class AddFile(Body):
    """A file to add to a store."""

    file_id: FileId
    chunking_strategy: Chunking | None = None
    attributes: Attributes | None = None

    @classmethod
    def read(cls, data: Any, context: Mapping[str, Any] | None = None) -> Self:
        """Return the body that JSON data is: an `AddSource` where that names a data source."""
        data = without_null(data, context)
        if cls is AddFile and has_source(data, context):
            return AddSource.read(data, context)  # type: ignore[return-value]
        return super().read(data, context)


class AddSource(AddFile):
    """A data source to add to a store. file_id: empty until its file is found."""

    file_id: FileId = ""
    data_source: DataSourceOfFile


class ModifyFile(Body):
    """A change of a file in a store: null clears its attributes (documented as nullable)."""

    attributes: Attributes | None


class AddFiles(Body):
    """Files to add to a store together: by their ids, or each with its own attributes and chunking."""

    file_ids: Annotated[list[FileId], *_InBatch] | None = None
    files: Annotated[list[AddFile], *_InBatch] | None = None
    chunking_strategy: Chunking | None = None
    attributes: Attributes | None = None
    data_sources: DataSourcesOfBatch = None

    def entries(self) -> list[AddFile]:
        """Return every file with its attributes and chunking."""
        shared = {"chunking_strategy": self.chunking_strategy, "attributes": self.attributes}
        return list(self.files or []) + [AddFile(file_id=file_id, **shared) for file_id in self.file_ids or []]  # type: ignore[arg-type]


class SearchRanking(Body):
    """How results are ranked."""

    ranker: Literal["none", "auto", "default-2024-11-15"] | None = None
    score_threshold: Annotated[float, Field(ge=0, le=1)] | None = None


class Search(Body):
    """A search in a store. filters: checked by `retrieval.filters`."""

    query: Annotated[
        Annotated[str, tag("string")]
        | Annotated[Annotated[list[str], Field(min_length=1, max_length=MOST_ITEMS)], tag("strings")],
        chosen(lambda value: "strings" if isinstance(value, list) else "string"),
    ]
    rewrite_query: bool | None = None
    max_num_results: Annotated[int, Field(ge=1, le=50)] | None = None
    filters: dict[str, Any] | None = None
    ranking_options: SearchRanking | None = None


def counts(by_status: Mapping[str, int]) -> dict[str, int]:
    """Return how many files have each status, as documents show it."""
    return {**{status: by_status.get(status, 0) for status in STATUSES}, "total": sum(by_status.values())}


def vector_store(id: str, *, now: int, body: CreateVectorStore) -> dict[str, Any]:  # noqa: A002
    """Return the document of a new, empty store: order as recorded in 2025."""
    return {
        "id": id,
        "object": "vector_store",
        "created_at": now,
        "name": body.name,
        "description": body.description,
        "usage_bytes": 0,
        "file_counts": counts({}),
        "status": "completed",
        **expiry(body.expires_after.model_dump() if body.expires_after else None, now),
        "metadata": body.metadata or {},
    }


def expiry(expires_after: Mapping[str, Any] | None, now: int) -> dict[str, Any]:
    """Return the expiry of a store that is used now: days count from the last use (recorded)."""
    at = now + expires_after["days"] * SECONDS_A_DAY if expires_after else None
    return {"expires_after": expires_after, "expires_at": at, "last_active_at": now}


def chunking(strategy: StaticChunking | AutoChunking | None) -> dict[str, Any]:
    """Return a chunking strategy as files show it: `auto` becomes the sizes that it means (recorded)."""
    if isinstance(strategy, StaticChunking):
        return {"type": "static", "static": strategy.static.model_dump()}
    return {"type": "static", "static": {"max_chunk_size_tokens": 800, "chunk_overlap_tokens": 400}}


def store_file(store_id: str, body: AddFile, *, now: int) -> dict[str, Any]:
    """Return the document of a file that is being added to a store; its id is that of the file (recorded)."""
    return {
        "id": body.file_id,
        "object": "vector_store.file",
        "usage_bytes": 0,
        "created_at": now,
        "vector_store_id": store_id,
        "status": "in_progress",
        "last_error": None,
        "chunking_strategy": chunking(body.chunking_strategy),
        "attributes": dict(body.attributes or {}),
    }


def file_batch(id: str, store_id: str, *, now: int, files: int) -> dict[str, Any]:  # noqa: A002
    """Return the document of a new batch (recorded)."""
    return {
        "id": id,
        "object": "vector_store.file_batch",
        "created_at": now,
        "status": "in_progress",
        "vector_store_id": store_id,
        "file_counts": counts({"in_progress": files}),
    }


def content_page(text: str) -> dict[str, Any]:
    """Return the page with the text of a file (documented)."""
    data = [{"type": "text", "text": text}] if text else []
    return {"object": "vector_store.file_content.page", "data": data, "has_more": False, "next_page": None}


def results_page(queries: Sequence[str], results: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the page with the results of a search (documented)."""
    return {
        "object": "vector_store.search_results.page",
        "search_query": list(queries),
        "data": list(results),
        "has_more": False,
        "next_page": None,
    }
