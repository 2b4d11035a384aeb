"""Which files a search can read, by their extensions."""

from pathlib import PurePosixPath

from emulator.domain import refusals
from emulator.engine.namespace import Namespace
from emulator.store.documents import Row


def check_searchable(namespace: Namespace, row: Row, *, field: str = "file_ids") -> None:
    """Refuse a file that a search cannot read (reported for attachments, tool resources and file batches).

    field: by which the request names it.
    """
    extension = extension_of(row)
    if not is_searchable(namespace, extension):
        raise refusals.extension_not_supported(extension, field)


def extension_of(row: Row) -> str:
    """Return the extension of a file with its dot, empty if it has none.

    In lower case: that the service refused `.PDF` was reported twice, and is not emulated, here or for uploads.
    """
    return PurePosixPath(row["doc"]["filename"]).suffix.lower()


def is_searchable(namespace: Namespace, extension: str) -> bool:
    """Return whether a search can read files with an extension."""
    from emulator.retrieval import extraction  # noqa: PLC0415 - most servers never search

    return extraction.is_searchable(extension.lstrip("."), any_text=namespace.behaviors.indexes_any_text)
