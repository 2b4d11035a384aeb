"""Cassettes of vcrpy, made of what the recorder wrote: vcrpy replays them, and what it does not know it ignores.

Beside vcrpy's own keys an interaction has `recorded_at`, `complete`, and of a stream its `chunks`.
"""

import http
import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, Final

import yaml

from emulator.recording.exchange import Body, Exchange
from emulator.recording.secrets import has_secret

_HEAD: Final = "interactions:\n"
# libyaml puts it behind some texts.
_END_OF_DOCUMENT: Final = "...\n"
_END: Final = "version: 1\n"
# Wide enough that nothing is folded: a line of a stream stays one.
_WIDTH: Final = 1 << 30


class _Lines(str):
    """A text of several lines, which reads best as such."""

    __slots__ = ()


class _Pair(list[Any]):
    """A list that stands on one line."""

    __slots__ = ()


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]  # libyaml's, where there is one
    """Writes the plain YAML that every version of vcrpy reads."""


_Dumper.add_representer(
    _Lines, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", str(text), style="|")
)
_Dumper.add_representer(
    _Pair, lambda dumper, pair: dumper.represent_sequence("tag:yaml.org,2002:seq", pair, flow_style=True)
)


def write_cassette(path: Path, exchanges: Iterable[Exchange]) -> tuple[int, list[int]]:
    """Write a cassette; return how many exchanges it has, and the lines of those with a secret, which it has not.

    The file is there as a whole, or not at all. Raises OSError.
    """
    partial = path.with_name(f"{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("w", encoding="utf-8", newline="\n") as file:
            result = _write(file, exchanges)
        partial.replace(path)
    except BaseException:
        with suppress(OSError):
            partial.unlink()
        raise
    return result


def _write(file: IO[str], exchanges: Iterable[Exchange]) -> tuple[int, list[int]]:
    count, left_out = 0, []
    for exchange in exchanges:
        text = yaml.dump(
            [_interaction(exchange)], Dumper=_Dumper, allow_unicode=True, width=_WIDTH, default_flow_style=False
        )
        if has_secret(text) or has_secret(exchange.response.data or b"") or has_secret(exchange.request.data or b""):
            left_out.append(exchange.line or 0)
            continue
        text = text.removesuffix(_END_OF_DOCUMENT)
        file.write(text if count else _HEAD + text)
        count += 1
    file.write(_END if count else f"interactions: []\n{_END}")
    return count, left_out


def _interaction(exchange: Exchange) -> dict[str, Any]:
    status = exchange.status
    phrase = http.HTTPStatus(status).phrase if status in set(http.HTTPStatus) else ""
    at = None if exchange.at is None else datetime.fromtimestamp(exchange.at, UTC)
    chunks = _Pair(_Pair(chunk) for chunk in exchange.chunks)
    return {
        "request": {
            "body": _content(exchange.request) if exchange.request.data else None,
            "headers": _listed(exchange.request_headers),
            "method": exchange.method,
            "uri": exchange.url,
        },
        "response": {
            "body": {"string": _content(exchange.response)},
            "headers": _listed(exchange.response_headers),
            "status": {"code": status, "message": phrase},
        },
        **({"recorded_at": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"} if at else {}),
        **({"chunks": chunks} if chunks else {}),
        "complete": exchange.complete,
    }


def _content(body: Body) -> str | bytes:
    """Return a body as vcrpy keeps it: text where it is one, else bytes. What is lost is empty."""
    data = body.data or b""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return data
    return _Lines(text) if "\n" in text else text


def _listed(headers: Mapping[str, str]) -> dict[str, list[str]]:
    return {name: [value] for name, value in headers.items()}
