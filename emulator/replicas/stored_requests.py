"""Logged requests as the bytes of rows, and back: what they are about, and their contents, which may go before."""

import json
from typing import Any

from emulator.domain.observations import Observed, Seen
from emulator.domain.request_log import Headers, LoggedRequest
from emulator.store.request_rows import KeptRow, NewRow


def row_of(request: LoggedRequest, ended: float) -> NewRow:
    """Return the row of a request. ended: on the database's clock."""
    about = [
        request.id,
        request.method,
        request.path,
        request.query.decode("latin-1"),
        request.sent_path.decode("latin-1"),
        request.mount,
        request.status,
        request.ms,
        request.thread,
        request.run,
        request.fault,
        request.hint,
        request.body_bytes,
        request.answer_bytes,
        request.at,
        request.began_at,
        request.observed,
        request.endpoint_status,
    ]
    body = request.body
    lengths = None if body is None else len(body)
    contents = [_texts(request.headers), _texts(request.answer_headers), request.form, lengths]
    # ASCII, so that any text can be written, and in one line.
    head = json.dumps(contents, separators=(",", ":")).encode()
    return NewRow(
        ended, json.dumps(about, separators=(",", ":")).encode(), b"\n".join((head, body or b"")) + request.answer
    )


def request_of(row: KeptRow) -> LoggedRequest:
    """Return the request of a row; its number is that of the row."""
    (
        id_, method, path, query, sent_path, mount, status, ms, thread, run, fault, hint,
        body_bytes, answer_bytes, at, began_at, observed, endpoint_status,
    ) = json.loads(row.about)  # fmt: skip
    headers, answer_headers, form, body, answer = _contents(row.contents)
    return LoggedRequest(
        id_,
        method,
        path,
        query.encode("latin-1"),
        sent_path.encode("latin-1"),
        mount,
        status,
        ms,
        thread,
        run,
        fault,
        hint,
        headers,
        body_bytes,
        body,
        form,
        answer_headers,
        answer_bytes,
        answer,
        row.ended,
        at,
        began_at,
        _observed(observed),
        endpoint_status,
        row.contents is not None,
        row.seq,
        0 if row.contents is None else len(row.contents),
    )


def _contents(data: bytes | None) -> tuple[Headers, Headers, Any, bytes | None, bytes]:
    if data is None:
        return (), (), None, None, b""
    head, _, rest = bytes(data).partition(b"\n")
    headers, answer_headers, form, length = json.loads(head)
    body, answer = (None, rest) if length is None else (rest[:length], rest[length:])
    return _bytes(headers), _bytes(answer_headers), form, body, answer


def _texts(headers: Headers) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]


def _bytes(headers: list[tuple[str, str]]) -> Headers:
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]


def _observed(data: Any) -> Observed | None:
    if data is None:
        return None
    objects, has_more, events, ending, error, tools = data
    return Observed(
        tuple(Seen(*one) for one in objects),
        has_more,
        [(name, times) for name, times in events],
        ending,
        error,
        tuple(tools),
    )
