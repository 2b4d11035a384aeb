"""Headers in every notation that recordings have for them, and what they say of a body and of a time."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from emulator.domain.instants import instant
from emulator.recording.formats.source import Source

# What stands behind the time in Ruby and R.
_ZONE: Final = re.compile(r"\s+(?:GMT|UTC|Z|([+-]\d\d:?\d\d))$")


def headers_of(value: Any, source: Source) -> dict[str, str]:
    """Return headers by lower-case names, several of one name joined; pseudo headers of HTTP/2 are left out.

    value: a mapping to texts, to lists of texts, or to lists of those; a list of pairs, of mappings with name and
    value, or of lines.
    """
    headers: dict[str, str] = {}
    for name, text in _pairs(value):
        key = name.strip().lower()
        if key and not key.startswith(":"):
            headers[source.same(key)] = source.same(f"{headers[key]}, {text}" if key in headers else text)
    return headers


def _pairs(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for name, content in value.items():
            yield from ((str(name), text) for text in _texts(content))
    elif isinstance(value, list):
        for element in value:
            match element:
                case {"name": name, "value": content}:
                    yield from ((str(name), text) for text in _texts(content))
                case [str(name), content]:
                    yield from ((name, text) for text in _texts(content))
                case [[_, *_], *_]:
                    yield from _pairs(element)
                case str():
                    name, _, text = element.partition(":")
                    yield name, text.strip()


def _texts(content: Any) -> Iterable[str]:
    match content:
        case None:
            return ()
        case str():
            return (content,)
        case bytes():
            return (content.decode("latin-1"),)
        case list():
            return [text for element in content for text in _texts(element)]
        case bool():
            return (str(content).lower(),)
        case _:
            return (str(content),)


def media_type_of(headers: Mapping[str, str]) -> str:
    """Return the media type in lower case and without parameters."""
    return bare_type(headers.get("content-type", ""))


def bare_type(text: str) -> str:
    """Return a media type in lower case and without parameters."""
    return text.partition(";")[0].partition(",")[0].strip().lower()


def time_of(text: Any) -> float | None:
    """Return a time in seconds since the epoch: ISO 8601, as HTTP has it, or with the zone's name; None for others."""
    if not isinstance(text, str) or not (text := text.strip()):
        return None
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        pass
    else:
        return _seconds(moment)
    try:
        return instant(_ZONE.sub(r"\1", text))
    except (ValueError, OverflowError):
        return None


def _seconds(moment: datetime) -> float | None:
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None
