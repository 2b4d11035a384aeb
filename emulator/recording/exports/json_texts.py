"""The JSON values of a file: one document, several one behind the other, or one on each line; each with its place."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import orjson

from emulator.domain.json_values import problem_of
from emulator.recording.exports.findings import Findings

# What a file begins with that is not UTF-8, as PowerShell writes them.
# Between values: white space, commas, and the separator of JSON text sequences.
_NEXT: Final = re.compile(r"[^\s,\x1e]")
_ENCODINGS: Final = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"), (b"\xef\xbb\xbf", "utf-8-sig"))


@dataclass(frozen=True, slots=True)
class Value:
    """A JSON value and where it stands. place: ``$``, or ``line 7``."""

    data: Any
    place: str


@dataclass(frozen=True, slots=True)
class Values:
    """The values of a file, to be read once. are_lines: whether it has one on each line."""

    values: Iterator[Value]
    are_lines: bool


def read_values(data: bytes, findings: Findings) -> Values:
    """Return the values of a file. Lines that are no JSON are skipped; raise ValueError where there is nothing else."""
    try:
        return Values(_each([Value(orjson.loads(data), "$")]), are_lines=False)
    except ValueError:
        data = _as_utf8(data)
    if (values := _lines(_lines_of(data), findings)) is not None:
        return Values(_each(values), are_lines=True)
    text = data.decode("utf-8", "surrogatepass")
    try:
        return Values(_each([Value(_loaded(text), "$")]), are_lines=False)
    except ValueError as error:
        whole = error
    values, broken = _concatenated(text)
    if not values or not any(isinstance(one.data, dict | list) for one in values):
        raise ValueError(f"is neither JSON nor NDJSON: {_reason(text, whole)}") from whole
    if broken is not None:
        findings.skip(broken, "from here on it is no JSON")
    return Values(_each(values), are_lines=True)


def _each(values: list[Value]) -> Iterator[Value]:
    """Yield values and let go of them: what is made of a large file takes as much memory as they do."""
    values.reverse()
    while values:
        yield values.pop()


def _reason(text: str, error: ValueError) -> str:
    """Return what is wrong with a text that is no JSON: that it ends in the middle, or else what the reader says."""
    if not isinstance(error, json.JSONDecodeError):
        return str(error)
    rest = text[error.pos :].strip()
    is_cut = error.msg.startswith("Unterminated") or any(word.startswith(rest) for word in ("true", "false", "null"))
    if text.strip() and is_cut:
        return f"it ends in the middle, in line {text.rstrip().count(chr(10)) + 1}"
    return str(error)


def _as_utf8(data: bytes) -> bytes:
    """Return a text in UTF-8 without a mark: as bytes, for a text takes up to four times as much memory."""
    encoding = next((name for mark, name in _ENCODINGS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise ValueError(f"is not {encoding.upper()}: {error}") from error
    return data if encoding == "utf-8" else text.encode("utf-8", "surrogatepass")


def _loaded(text: str) -> Any:
    """Return a value as it can be stored; what only Python's own reader takes is mended."""
    try:
        return orjson.loads(text)
    except ValueError as error:
        try:
            return _storable(json.loads(text))
        except RecursionError:
            raise ValueError("it is nested too deeply") from error


def _storable(value: Any) -> Any:
    """Return a value with what cannot be stored as a text that can."""
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if problem_of(value) is None:
        return value
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return str(value)


def _lines(lines: Iterable[bytes], findings: Findings) -> list[Value] | None:
    """Return the values of lines, if the first of them is one that holds something."""
    values: list[Value] = []
    broken: list[tuple[str, str]] = []
    for number, line in enumerate(lines, 1):
        stripped = line.strip(b" \t\r\x1e,")
        if not stripped:
            continue
        try:
            value = orjson.loads(stripped)
        except ValueError:
            try:
                value = _loaded(stripped.decode("utf-8", "surrogatepass"))
            except ValueError as error:
                if not values:
                    return None
                broken.append((f"line {number}", f"it is no JSON: {error}"))
                continue
        if not values and not isinstance(value, dict | list):
            return None
        values.append(Value(value, f"line {number}"))
    for place, why in broken:
        findings.skip(place, why)
    return values if len(values) + len(broken) > 1 and len(values) > len(broken) else None


def _lines_of(data: bytes) -> Iterator[bytes]:
    """Yield the lines of a text, one at a time."""
    start = 0
    while (end := data.find(b"\n", start)) >= 0:
        yield data[start:end]
        start = end + 1
    yield data[start:]


def _concatenated(text: str) -> tuple[list[Value], str | None]:
    """Return values that stand one behind the other, each over several lines; and the line that is none of them."""
    decoder = json.JSONDecoder()
    values: list[Value] = []
    at, line, counted = 0, 1, 0
    while (found := _NEXT.search(text, at)) is not None:
        line += text.count("\n", counted, found.start())
        counted = found.start()
        try:
            value, at = decoder.raw_decode(text, counted)
        except (ValueError, RecursionError):
            return values, f"line {line}"
        values.append(Value(_storable(value), f"line {line}"))
    return values, None
