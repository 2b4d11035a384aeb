"""Which requests a test expects, and how those of a log differ from them."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final
from urllib.parse import parse_qsl

from emulator.domain.faults import PathPattern
from emulator.domain.redaction import (
    is_secret_field,
    shown_header,
    shown_path,
    shown_query,
    shown_sent_path,
    shown_value,
)
from emulator.domain.request_log import LoggedRequest
from emulator.service.request_log import body, is_at, is_cut, shown_id

# Of a value in a message, and of the conditions named there.
_MOST_CHARACTERS: Final = 80
_MOST_CONDITIONS: Final = 5


class Missing:
    """The value of a field that is not there."""


MISSING: Final = Missing()


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that is not as expected; both values without keys. weight: how much that matters."""

    field: str
    expected: Any
    got: Any
    weight: int = 1

    def to_json(self) -> dict[str, Any]:
        """Return it as the control API shows it: what is missing is null."""
        return {"field": self.field, "expected": _plain(self.expected), "got": _plain(self.got)}

    def __str__(self) -> str:
        return f"{self.field} was {'missing' if self.got is MISSING else _short(self.got)}"


@dataclass(frozen=True, slots=True)
class Expected:
    """Which requests are expected; None: any. path: as it was written, for messages, with its pattern.

    query: a whole query, or some of its parameters. headers: some of them. body: MISSING: any; an object: some of its
    fields, and so on within them; anything else: exactly that.
    """

    method: str | None = None
    path: str | None = None
    pattern: PathPattern | None = None
    query: str | Mapping[str, str] | None = None
    headers: Mapping[str, str] | None = None
    body: Any = MISSING
    run: str | None = None
    thread: str | None = None
    status: int | None = None

    # --- comparing --------------------------------------------------------------------------------------------------

    def outside(self, request: LoggedRequest) -> Iterator[Difference]:
        """Yield what differs, as far as it can be seen without decoding anything."""
        if self.method is not None and self.method.upper() != request.method:
            yield Difference("method", self.method.upper(), request.method, 3)
        if self.pattern is not None and not is_at(self.pattern, request):
            yield Difference("path", self.path, path_of(request), _distance(self.pattern, request))
        for name, expected, got in (("run", self.run, request.run), ("thread", self.thread, request.thread)):
            if expected is not None and expected != got:
                yield Difference(name, expected, MISSING if got is None else shown_id(got))
        if self.status is not None and self.status != request.status:
            yield Difference("status", self.status, request.status)

    def inside(self, request: LoggedRequest) -> Iterator[Difference]:
        """Yield what differs in what was sent."""
        yield from self._in_query(request)
        if not request.has_contents:
            if self.headers or self.body is not MISSING:
                yield Difference("headers and body", "kept", "not kept: the log had no room for them")
            return
        yield from self._in_headers(request)
        if self.body is MISSING:
            return
        if is_cut(request):
            yield Difference("body", _plain(self.body), f"not kept whole: it has {request.body_bytes} bytes")
        else:
            yield from _differences(("body",), self.body, body(request))

    def _in_query(self, request: LoggedRequest) -> Iterator[Difference]:
        sent = request.query.decode("latin-1")
        if isinstance(self.query, str):
            if self.query.removeprefix("?") != sent:
                yield Difference("query", shown_query(self.query.encode()), shown_query(request.query))
            return
        parameters = dict(parse_qsl(sent, keep_blank_values=True)) if self.query else {}
        for name, expected in (self.query or {}).items():
            if (got := parameters.get(name)) != expected:
                path = ("query", name)
                yield Difference(f"query.{name}", _shown(path, expected), _shown(path, MISSING if got is None else got))

    def _in_headers(self, request: LoggedRequest) -> Iterator[Difference]:
        if not self.headers:
            return
        sent: dict[str, str] = {}
        for raw_name, raw_value in request.headers:
            name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1")
            sent[name] = f"{sent[name]}, {value}" if name in sent else value
        for name, expected in self.headers.items():
            got = sent.get(name.lower())
            if got != expected:
                shown = MISSING if got is None else shown_header(name.lower(), got)
                yield Difference(f"headers.{name.lower()}", shown_header(name.lower(), expected), shown)

    # --- saying it --------------------------------------------------------------------------------------------------

    def __str__(self) -> str:
        what = " ".join(one for one in (self.method and self.method.upper(), self.path) if one)
        conditions = list(islice(self._conditions(), _MOST_CONDITIONS + 1))
        if len(conditions) > _MOST_CONDITIONS:
            conditions[_MOST_CONDITIONS] = "more"
        return " ".join(one for one in (what, conditions and f"with {' and '.join(conditions)}") if one)

    def _conditions(self) -> Iterator[str]:
        if isinstance(self.query, str):
            yield f"query {_short(shown_query(self.query.encode()))}"
        else:
            yield from (f"query.{name} {_short(_shown(('query', name), v))}" for name, v in (self.query or {}).items())
        for name, value in (self.headers or {}).items():
            yield f"headers.{name.lower()} {_short(shown_header(name.lower(), value))}"
        if self.body is not MISSING:
            yield from (
                f"{'.'.join(path)} {_short(_shown(path, value))}" for path, value in _leaves(("body",), self.body)
            )
        for name, expected in (("run", self.run), ("thread", self.thread), ("status", self.status)):
            if expected is not None:
                yield f"{name} {_short(expected)}"


def _distance(pattern: PathPattern, request: LoggedRequest) -> int:
    """Return how far a path is from a pattern."""
    if pattern.matches(request.path):
        return 1  # it lacks the mount
    segments = request.path.split("/")[1:]
    return 2 + (segments[:1] != list(pattern.segments[:1])) + (len(segments) != len(pattern.segments))


def path_of(request: LoggedRequest) -> str:
    """Return the path of a request as a pattern would have to be written; one without a mount as it was sent."""
    return shown_path(request.path) if request.mount else shown_sent_path(request.sent_path)


# --- JSON values ----------------------------------------------------------------------------------------------------


def _differences(path: tuple[str, ...], expected: Any, got: Any) -> Iterator[Difference]:
    """Yield where a value is not as expected: objects may have more fields, everything else is compared whole."""
    if isinstance(expected, dict) and isinstance(got, Mapping):
        for name, value in expected.items():
            yield from _differences((*path, name), value, got.get(name, MISSING))
    elif not _equal(expected, got):
        yield Difference(".".join(path), _shown(path, expected), _shown(path, got))


def _leaves(path: tuple[str, ...], value: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _leaves((*path, name), inner)
    else:
        yield path, value


def _equal(one: Any, other: Any) -> bool:
    """Return whether two JSON values are the same; for Python, true is also 1."""
    match one:
        case bool() | None:
            return one is other
        case int() | float():
            return isinstance(other, int | float) and not isinstance(other, bool) and one == other
        case list():
            return isinstance(other, list) and len(one) == len(other) and all(map(_equal, one, other))
        case dict():
            same_fields = isinstance(other, dict) and one.keys() == other.keys()
            return same_fields and all(_equal(value, other[name]) for name, value in one.items())
        case _:
            return bool(one == other)


def _shown(path: tuple[str, ...], value: Any) -> Any:
    """Return a value without keys. path: the names of the fields that lead to it."""
    if value is MISSING:
        return value
    secret = next((name for name in reversed(path) if is_secret_field(name)), path[-1])
    return shown_value(value, secret)


def _plain(value: Any) -> Any:
    return None if value is MISSING else value


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MOST_CHARACTERS else f"{text[:_MOST_CHARACTERS]}…"
