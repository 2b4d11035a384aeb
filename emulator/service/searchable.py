"""Which files a search can read, by their extensions."""

from pathlib import PurePosixPath

from emulator.domain import refusals
from emulator.store.documents import Row


def check_searchable(row: Row) -> None:
    """Refuse a file that a search cannot read (reported for attachments, tool resources and file batches)."""
    extension = extension_of(row)
    if not is_searchable(extension):
        raise refusals.extension_not_supported(extension)


def extension_of(row: Row) -> str:
    """Return the extension of a file with its dot, empty if it has none.

    In lower case: that the service refused `.PDF` was reported once, and is not emulated, here or for uploads.
    """
    return PurePosixPath(row["doc"]["filename"]).suffix.lower()


def is_searchable(extension: str) -> bool:
    """Return whether a search can read files with an extension."""
    from emulator.retrieval.extraction import SUPPORTED  # noqa: PLC0415 - most servers never search

    return extension.lstrip(".") in SUPPORTED
