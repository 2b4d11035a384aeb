"""What a result of a search needs, and what is wrong with one that a script writes.

Scripts are checked against it before they are played, and whatever is played is checked again. The fields are those of
a step as the API shows it (recorded); a client parses each of them by its type.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

from emulator.domain.actions import SearchFiles

Path = tuple[str | int, ...]

FIELDS: Final = ("file_id", "file_name", "score", "attributes", "content")
PART_FIELDS: Final = ("type", "text")


def mistake_of(action: SearchFiles) -> str | None:
    """Return what is wrong with a search that is about to be played, with its place; None where nothing is."""
    query: Any = action.query  # Python checks no types
    top: Any = action.top
    results: Any = action.results
    if not isinstance(query, str):
        return f"query: expected text, got {_short(query)}"
    if top is not None and (isinstance(top, bool) or not isinstance(top, int) or top < 1):
        return f"top: expected a number of results, got {_short(top)}"
    if results == "auto":
        return None
    if not isinstance(results, list | tuple):
        return f"results: expected auto, or a list of results, got {_short(results)}"
    for number, result in enumerate(results):
        for path, message in mistakes(result):
            place = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
            return f"results[{number}]{place}: {message}"
    return None


def mistakes(result: Any) -> Iterator[tuple[Path, str]]:
    """Yield what keeps a result from being shown, each with its path within it."""
    if not isinstance(result, Mapping):
        yield (), f"expected a result, a mapping with file_id, got {_short(result)}"
        return
    if result.get("file_id") is None:
        yield (), "a result needs file_id, the id of a file"
    for name in ("file_id", "file_name"):
        value = result.get(name)
        if value is not None and not isinstance(value, str):
            yield (name,), f"expected text, got {_short(value)}"
    score = result.get("score", 0)
    if not _is_number(score):
        yield ("score",), f"expected a number from 0 to 1, got {_short(score)}"
    yield from _attributes(result.get("attributes"))
    yield from _content(result.get("content"))


def _attributes(attributes: Any) -> Iterator[tuple[Path, str]]:
    if attributes is None:
        return
    if not isinstance(attributes, Mapping):
        yield ("attributes",), f"expected a mapping, got {_short(attributes)}"
        return
    for name, value in attributes.items():
        if not (isinstance(value, str | bool) or _is_number(value)):
            yield ("attributes", name), f"expected a text, a number, true or false, got {_short(value)}"


def _content(content: Any) -> Iterator[tuple[Path, str]]:
    if content is None:
        return
    if not isinstance(content, list | tuple):
        yield ("content",), f"expected a list of parts, such as [{{type: text, text: …}}], got {_short(content)}"
        return
    for number, part in enumerate(content):
        here: Path = ("content", number)
        if not isinstance(part, Mapping):
            yield here, f"expected a part, such as {{type: text, text: …}}, got {_short(part)}"
            continue
        if part.get("type") != "text":
            yield here, f"expected a part with type: text, got {_short(part.get('type', 'none'))}"
        if not isinstance(part.get("text"), str):
            given = f"got {_short(part['text'])}" if "text" in part else "which is missing"
            yield here, f"expected a part with a text under text, {given}"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _short(value: Any) -> str:
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 80 else f"{text[:79]}…"
