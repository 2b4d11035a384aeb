"""Exchanges as lines of a recording."""

import json
from typing import Any, Final

from emulator.recording.recorder.attachments import Attachment
from emulator.recording.recorder.bodies import EVENT_STREAM, Bodies
from emulator.recording.recorder.errors import LeftOutError
from emulator.recording.recorder.exchanges import PassingExchange
from emulator.recording.recorder.kept_headers import kept_of_answer, kept_of_request, media_type
from emulator.recording.recorder.recording_file import RecordingFile
from emulator.recording.recorder.urls import without_secrets_in_url
from emulator.recording.secrets import Secrets

FORMAT: Final = 1


def write(exchange: PassingExchange, file: RecordingFile, secrets: Secrets) -> None:
    """Append an exchange, without its secrets. Raises `LeftOutError` and `UnusableFileError`."""
    bodies = Bodies(secrets, file.folder.name)
    try:
        line, attachments = _line(exchange, bodies, secrets)
        file.append(line, attachments)
    finally:
        bodies.close()


def _line(exchange: PassingExchange, bodies: Bodies, secrets: Secrets) -> tuple[bytes, list[Attachment]]:
    sent, _ = bodies.written(exchange.request, exchange.request_headers, "the request")
    got, chunks = bodies.written(exchange.response, exchange.response_headers, "the answer")
    head = {
        "method": exchange.method,
        "url": without_secrets_in_url(exchange.url, secrets),
        "headers": kept_of_request(exchange.request_headers, secrets),
    }
    head_back = {"status": exchange.status, "headers": kept_of_answer(exchange.response_headers, secrets)}
    for what, where in ((head, "the URL or the headers of the request"), (head_back, "the headers of the answer")):
        if secrets.has_secret_in(what):
            raise LeftOutError(f"a key remains in {where}")
    is_stream = media_type(exchange.response_headers) == EVENT_STREAM
    line: dict[str, Any] = {
        "recording": FORMAT,
        "at": f"{exchange.at:%Y-%m-%dT%H:%M:%S}.{exchange.at.microsecond // 1000:03}Z",
        "request": {**head, "body": sent},
        "response": {**head_back, "body": got},
        **({"chunks": [[round(moment, 3), size] for moment, size in chunks]} if is_stream else {}),
        "seconds": round(exchange.seconds, 3),
        "complete": exchange.complete,
    }
    return _dumped(line), bodies.attachments


def _dumped(line: dict[str, Any]) -> bytes:
    try:
        return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:  # halves of characters, which only escapes can say
        return json.dumps(line, separators=(",", ":")).encode()
