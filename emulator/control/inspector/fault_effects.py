"""What a fault did to a request, in sentences."""

from collections.abc import Iterator, Mapping
from typing import Any

from emulator.domain.request_log import LoggedRequest


def effect_of(request: LoggedRequest) -> list[str]:
    """Return what the client met because of the fault, and what the endpoint had answered; nothing without a fault."""
    if request.fault is None:
        return []
    return [*_sentences(request.fault), *_endpoint(request)]


def _sentences(do: Mapping[str, Any]) -> Iterator[str]:
    if "delay" in do:
        yield f"The answer was held back for {do['delay']}."
    if "status" in do:
        yield f"The client was answered {do['status']} in place of the real answer."
    if "disconnect" in do:
        yield "The connection was reset before a byte was answered."
    if "truncate" in do:
        yield f"The body broke off after {do['truncate']} bytes, and the connection with it."
    yield from _of_stream(do)
    if do.get("before") is False:
        yield "The endpoint had done its work before."


def _of_stream(do: Mapping[str, Any]) -> Iterator[str]:
    cut = do.get("cut_stream_after")
    if cut is not None:
        with_error = " with an error event behind them" if do.get("error_event") else ""
        yield f"The stream ended after {cut} events{with_error}."
    elif do.get("error_event"):
        yield "The stream ended with an error event in place of its last one."
    if do.get("omit_done"):
        yield "The stream ended without its last event."
    if do.get("garble_event"):
        yield f"Event {do['garble_event']} of the stream was made unreadable."
    if do.get("duplicate_event"):
        yield f"Event {do['duplicate_event']} of the stream was sent twice."
    if "stall_stream_after" in do:
        yield f"The stream paused after {do['stall_stream_after']} events for {do.get('for')}."


def _endpoint(request: LoggedRequest) -> Iterator[str]:
    if request.endpoint_status is None:
        if request.fault is not None and ("status" in request.fault or "disconnect" in request.fault):
            yield "The endpoint was not asked."
    elif request.endpoint_status != request.status:
        yield f"The endpoint had answered {request.endpoint_status}, which the client did not see."
