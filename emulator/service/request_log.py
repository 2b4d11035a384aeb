"""The request log as it is read: decoded, without keys, filtered, and page by page."""

import codecs
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from emulator.domain.errors import ApiError
from emulator.domain.faults import PathPattern
from emulator.domain.redaction import shown_headers, shown_path, shown_query, shown_sent_path, shown_text, shown_value
from emulator.domain.request_log import Headers, LoggedRequest
from emulator.wire import layout

_NOT_FOUND: Final = 404
# Of answers; whatever else they are, such as files, is not shown.
_TEXTS: Final = (b"application/json", b"text/")


# --- what is shown --------------------------------------------------------------------------------------------------


def summary(namespace: str, request: LoggedRequest) -> dict[str, Any]:
    """Return a request as the log lists it: without headers and bodies, and without keys."""
    return {
        "id": request.id,
        "method": request.method,
        "path": shown_path(request.path),
        "query": shown_query(request.query),
        "status": request.status,
        "ms": round(request.ms, 3),
        "namespace": namespace,
        "sent_path": shown_sent_path(request.sent_path),
        "mount": request.mount,
        "thread": shown_id(request.thread),
        "run": shown_id(request.run),
        "fault": shown_value(request.fault),
        "hint": request.hint,
    }


def whole(namespace: str, request: LoggedRequest) -> dict[str, Any]:
    """Return the same with headers and bodies, as far as they are kept."""
    return {
        **summary(namespace, request),
        "headers": shown_headers(request.headers),
        "body": shown_value(body(request)),
        "body_bytes": request.body_bytes,
        "body_cut": is_cut(request),
        "answer": {
            "headers": shown_headers(request.answer_headers),
            "body": shown_value(_answer(request)),
            "body_bytes": request.answer_bytes,
            "body_cut": request.answer_bytes > len(request.answer),
        },
    }


def shown_id(id: str | None) -> str | None:  # noqa: A002
    """Return an id that stands in a path, which may be anything."""
    return None if id is None else shown_path(id)


def body(request: LoggedRequest) -> Any:
    """Return the body of a request, keys and all: a JSON value, a text, the fields of a form, or None."""
    return request.form if request.form is not None else _decoded(request.body or b"")


def is_cut(request: LoggedRequest) -> bool:
    """Return whether a part of the body is not kept. Of a form everything is that is to be kept."""
    return request.form is None and request.body_bytes > len(request.body or b"")


def _answer(request: LoggedRequest) -> Any:
    return _decoded(request.answer) if _type(request.answer_headers).startswith(_TEXTS) else None


def _type(headers: Headers) -> bytes:
    return next((value for name, value in headers if name == b"content-type"), b"")


def _decoded(data: bytes) -> Any:
    """Return bytes as a JSON value, or else as a text, which may end within a character; None for any others."""
    if not data:
        return None
    try:
        return layout.parse(data)
    except ValueError:
        pass
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        return None


# --- what is asked for ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Filter:
    """Which requests; None: all. path: a pattern as those of faults."""

    method: str | None = None
    path: PathPattern | None = None
    run: str | None = None
    thread: str | None = None
    status: int | None = None

    def matches(self, request: LoggedRequest) -> bool:
        """Return whether a request is meant."""
        return (
            (self.method is None or self.method.upper() == request.method)
            and (self.status is None or self.status == request.status)
            and (self.run is None or self.run == request.run)
            and (self.thread is None or self.thread == request.thread)
            and (self.path is None or is_at(self.path, request))
        )


def is_at(pattern: PathPattern, request: LoggedRequest) -> bool:
    """Return whether a pattern means a request's path; a request that lacks its mount went somewhere else."""
    return pattern.matches(request.path) and not (request.status == _NOT_FOUND and not request.mount)


def page(
    log: Sequence[LoggedRequest], wanted: Filter, after: str | None, limit: int | None
) -> tuple[list[LoggedRequest], bool]:
    """Return the requests behind one (None: from the oldest on), and whether there are more. Raises `ApiError`."""
    found = filter(wanted.matches, _behind(log, after))
    if limit is None:
        return list(found), False
    several = list(islice(found, limit + 1))
    return several[:limit], len(several) > limit


def _behind(log: Sequence[LoggedRequest], after: str | None) -> Iterator[LoggedRequest]:
    if after is None:
        return iter(log)
    place = next((place for place, request in enumerate(log) if request.id == after), None)
    if place is None:
        raise ApiError(400, f"after: the log has no request '{shown_text(after[:100])}' (any more)", param="after")
    return islice(log, place + 1, None)


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of requests that is asked for, of a log as it is now; it may be made on a thread."""

    namespace: str
    log: Sequence[LoggedRequest]
    dropped: int
    wanted: Filter
    after: str | None = None
    limit: int | None = None
    bodies: bool = False

    def data(self) -> bytes:
        """Return the list as JSON. Raises `ApiError` for a page behind a request that is not there."""
        show = whole if self.bodies else summary
        found, has_more = page(self.log, self.wanted, self.after, self.limit)
        requests: list[Mapping[str, Any]] = [show(self.namespace, request) for request in found]
        return layout.body({"requests": requests, "dropped": self.dropped, "has_more": has_more}, compact=True)
