"""What the service did otherwise on the namespace's day than its documentation says, where a program ran into it."""

from collections import Counter
from collections.abc import Iterator
from typing import Final
from urllib.parse import parse_qs

from emulator.domain.faults import PathPattern
from emulator.domain.hints.kinds import Hint, HintKind
from emulator.domain.hints.trace import Trace, is_accepted, seen
from emulator.domain.redaction import shown_path
from emulator.domain.request_log import LoggedRequest

_STORE: Final = "vector_store"
_STORE_FILE: Final = "vector_store.file"
_BATCH: Final = PathPattern.parse("/vector_stores/*/file_batches/*")
_OF_BATCH: Final = PathPattern.parse("/vector_stores/*/file_batches/*/**")
_BATCH_FILES: Final = PathPattern.parse("/vector_stores/*/file_batches/*/files")
_FILE: Final = PathPattern.parse("/files/*")
_FILE_IN_STORE: Final = PathPattern.parse("/vector_stores/*/files/*")
_NOT_FOUND: Final = 404
_POLL_HELPER: Final = b"x-stainless-poll-helper"


def oddities(trace: Trace) -> Iterator[Hint]:
    """Yield a hint for each object about which the day's behavior surprised a program."""
    days = trace.behaviors
    yield from _hints(HintKind.BATCH_READ_AS_STORE, _read_as_stores(trace), days.batches_read_until)
    if days.lists_batches_by_id:
        yield from _hints(HintKind.BATCH_ORDER_IGNORED, _out_of_order(trace), days.batches_ordered_until)
    if days.takes_deleted_files_out:
        yield from _hints(HintKind.FILE_LEFT_ITS_STORES, _gone_from_stores(trace), days.deleted_files_kept_until)


def _hints(kind: HintKind, about: Iterator[str], last_day: str) -> Iterator[Hint]:
    for one, count in Counter(about).items():
        yield Hint(kind, shown_path(one), count=count, detail=last_day)


def _read_as_stores(trace: Trace) -> Iterator[str]:
    """Yield the batches that were read as their stores, and the stores that were then taken for batches.

    The polling helpers of the official clients read the counts only, which stores have as well.
    """
    stores: set[str] = set()
    for request in trace.requests:
        if _OF_BATCH.matches(request.path):
            batch = request.path.split("/")[4]
            is_store = any(one.kind == _STORE for one in seen(request)) and _BATCH.matches(request.path)
            if (is_store and not _is_polled_by_helper(request)) or (batch in stores and not is_accepted(request)):
                yield batch
        stores |= {one.id for one in seen(request) if one.kind == _STORE}


def _is_polled_by_helper(request: LoggedRequest) -> bool:
    return not request.has_contents or any(name.lower() == _POLL_HELPER for name, _ in request.headers)


def _out_of_order(trace: Trace) -> Iterator[str]:
    """Yield the batches whose files were asked for in an order, where there were several."""
    for request in trace.requests:
        is_ordered = b"order=" in request.query and "order" in parse_qs(request.query.decode("latin-1"))
        if is_ordered and len(seen(request)) > 1 and _BATCH_FILES.matches(request.path):
            yield request.path.split("/")[4]


def _gone_from_stores(trace: Trace) -> Iterator[str]:
    """Yield the files that were deleted, and then looked for in a store in which they had been."""
    kept: set[str] = set()
    gone: set[str] = set()
    for request in trace.requests:
        kept |= {one.id for one in seen(request) if one.kind == _STORE_FILE}
        name = request.path.rpartition("/")[2]
        if request.method == "DELETE" and name in kept and is_accepted(request) and _FILE.matches(request.path):
            gone.add(name)
        elif request.status == _NOT_FOUND and name in gone and _FILE_IN_STORE.matches(request.path):
            yield name
