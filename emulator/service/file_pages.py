"""Files as people look at them: where they are used, their text, and their bytes if they are an image.

Whoever looks changes nothing: a file that has expired is shown as expired, and stays until a client asks for it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from emulator.daemon_threads import in_thread
from emulator.domain.errors import ApiError
from emulator.engine.namespace import Namespace
from emulator.retrieval.chunking import iter_chunks
from emulator.service.files import has_expired
from emulator.service.lookup import ListQuery, page
from emulator.store.blobs import Blobs
from emulator.store.documents import Row, Transaction
from emulator.store.tables import File, VectorStore, VectorStoreFile

MOST_STORES: Final = 50
# Of a text that is shown, and of one whose chunks are counted.
MOST_BYTES: Final = 8 * 1024 * 1024
MOST_CHUNKED: Final = 400_000  # characters
# What images begin with, and the type that browsers are told: nothing else is shown as one, whatever it is called.
_IMAGES: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
_HEAD: Final = 16
Doc = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Holding:
    """A vector store that holds a file. chunks: how many its text has there, None where they are not counted."""

    store_id: str
    store_name: str
    status: str
    error: str
    chunks: int | None
    attributes: Mapping[str, Any]
    bytes: int | None


@dataclass(frozen=True, slots=True)
class ListedFile:
    """A file in a list. stores: how many vector stores hold it, up to `MOST_STORES` + 1."""

    doc: Doc
    has_expired: bool
    stores: int


@dataclass(frozen=True, slots=True)
class FilePage:
    """A file. image: the type of its image; None if it is none. text: what it says, or what was read from it.

    was_read: whether the text is not that of its bytes, but was read from them for a vector store. is_whole: False
    where the text is only the beginning. stores_left_out: whether more stores hold it.
    """

    doc: Doc
    has_expired: bool
    size: int | None
    image: str | None
    text: str | None
    was_read: bool
    is_whole: bool
    holdings: Sequence[Holding]
    stores_left_out: bool


async def listing(namespace: Namespace, query: ListQuery) -> tuple[Sequence[ListedFile], str | None]:
    """Return a page of the files of a namespace, and where the next page begins."""
    async with namespace.transaction() as tx:
        found = await page(tx, File, query)
        files = [await _listed(namespace, tx, row) for row in found.rows]
    return files, found.rows[-1]["id"] if found.has_more else None


async def _listed(namespace: Namespace, tx: Transaction, row: Row) -> ListedFile:
    stores = await tx.count_up_to(VectorStoreFile, MOST_STORES + 1, file_id=row["id"])
    return ListedFile(dict(row["doc"]), has_expired(namespace, row), stores)


async def find(namespace: Namespace, file_id: str) -> Row:
    """Return the row of a file; raise the 404 of one that is not there."""
    async with namespace.transaction() as tx:
        return await _find(tx, file_id)


async def _find(tx: Transaction, file_id: str) -> Row:
    row = await tx.get(File, file_id)
    if row is None:
        raise ApiError(404, f"No file found with id '{file_id}'.")
    return row


async def retrieve(namespace: Namespace, file_id: str) -> FilePage:
    """Return what there is to see of a file."""
    async with namespace.transaction() as tx:
        row = await _find(tx, file_id)
        held = await page(tx, VectorStoreFile, ListQuery(MOST_STORES), file_id=file_id)
        stores = [await tx.get(VectorStore, one["store_id"]) for one in held.rows]
        texts = [await _text_in(tx, one) for one in held.rows[:1]]
    read = texts[0] if texts else None
    size, head, own, is_whole = await in_thread(lambda: _content(namespace.blobs, row["blob"]), "page")
    image = image_type(head)
    text = None if image else own if own is not None else read
    holdings = [
        await _holding(one, store, read if n == 0 else None)
        for n, (one, store) in enumerate(zip(held.rows, stores, strict=True))
    ]
    return FilePage(
        dict(row["doc"]),
        has_expired(namespace, row),
        size,
        image,
        text,
        own is None and text is not None,
        is_whole if own is not None else True,
        holdings,
        held.has_more,
    )


def image_type(head: bytes) -> str | None:
    """Return the type of an image by its first bytes; None for all that is none."""
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for beginning, kind in _IMAGES if head.startswith(beginning)), None)


def size_and_image(blobs: Blobs, name: str) -> tuple[int, str | None]:
    """Return how many bytes there are, and which type of image they are. Raises OSError where they are gone."""
    return blobs.length(name), image_type(blobs.head(name, _HEAD))


async def _text_in(tx: Transaction, held: Row) -> str | None:
    row = await tx.get(VectorStoreFile, held["id"], also=("text",))
    text: str | None = None if row is None else row["text"]
    return text


async def _holding(row: Row, store: Row | None, text: str | None) -> Holding:
    doc = row["doc"]
    return Holding(
        row["store_id"],
        str((store["doc"].get("name") if store is not None else "") or ""),
        row["status"],
        str((doc.get("last_error") or {}).get("message") or ""),
        await in_thread(lambda: _chunks(text, doc), "page") if text else None,
        doc.get("attributes") or {},
        doc.get("usage_bytes"),
    )


def _chunks(text: str, doc: Mapping[str, Any]) -> int | None:
    """Return how many chunks a text has; None where that is not said, or would take long."""
    strategy = (doc.get("chunking_strategy") or {}).get("static") or {}
    size, overlap = strategy.get("max_chunk_size_tokens"), strategy.get("chunk_overlap_tokens")
    if len(text) > MOST_CHUNKED or not isinstance(size, int) or not isinstance(overlap, int):
        return None
    return sum(1 for _ in iter_chunks(text, size, overlap))


def _content(blobs: Blobs, name: str) -> tuple[int | None, bytes, str | None, bool]:
    """Return the size of a file, its first bytes, its text (None where it is none), and whether that is all of it."""
    try:
        size = blobs.length(name)
        data = blobs.head(name, MOST_BYTES)
    except OSError:  # as of a snapshot without them
        return None, b"", None, True
    return size, data[:_HEAD], _decoded(data, is_whole=size <= MOST_BYTES), size <= MOST_BYTES


def _decoded(data: bytes, *, is_whole: bool) -> str | None:
    """Return bytes as a text in UTF-8 or UTF-16; None if they are none."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    if b"\x00" in data:
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        is_cut = not is_whole and error.start >= len(data) - 3
        return data[: error.start].decode("utf-8-sig") if is_cut else None
