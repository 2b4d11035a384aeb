"""Stubs: answers that a test chose for paths of neighbors, such as chat completions, and which requests get them."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, assert_never

import orjson

from emulator.domain.effects import checked_headers
from emulator.domain.errors import ApiError
from emulator.domain.faults import PathPattern, Route
from emulator.domain.mounts import OwnPaths, below_mount

MOST: Final = 1_000
MOST_BYTES: Final = 4 * 1024 * 1024
CONTENT_TYPE: Final = "content-type"
_JSON: Final = "application/json"
_TEXT: Final = "text/plain; charset=utf-8"
_METHOD: Final = re.compile(r"[A-Z]{1,32}")
# RFC 9110: what came behind the head of one of these would be read as the beginning of the next answer.
WITHOUT_BODY: Final = (204, 304)


@dataclass(frozen=True, slots=True)
class Json:
    """A JSON value, sent as the API's own documents are."""

    value: Any


@dataclass(frozen=True, slots=True)
class Text:
    """A text, sent as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Template:
    """A template of the scenario format, filled for each request; it gives JSON, unless the headers say otherwise."""

    text: str


Content = Json | Text | Template


@dataclass(slots=True)
class Stub:
    """An answer, and which requests get it.

    method: None is any. path: as it was given. times: how many requests it answers; None is all. Raises ValueError for
    headers that cannot be sent, for a body where none can be, and for a path that is none.
    """

    content: Content
    path: str
    method: str | None = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    times: int | None = None
    id: str = ""
    hits: int = 0
    _pattern: PathPattern = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Read the path once."""
        if self.method is not None:
            self.method = self.method.upper()
            if not _METHOD.fullmatch(self.method):
                raise ValueError("method: not a method of HTTP")
        self._pattern = PathPattern.parse(below_mount(self.path))
        checked_headers(self.headers, allowed=(CONTENT_TYPE,))
        if self.status in WITHOUT_BODY and self.content != Text(""):
            raise ValueError(f"status: an answer with {self.status} has no body: give an empty text")

    def check_path(self, own: OwnPaths) -> None:
        """Raise ValueError for a stub that could answer in place of the Assistants API."""
        if noun := own.noun_below_mount(self._pattern):
            raise ValueError(
                f"this stub could take a path of the Assistants API, /{noun}: stubs are for its neighbors. To change"
                " what the API answers, use a script or a fault."
            )

    @property
    def media_type(self) -> str:
        """The type of the body."""
        chosen = next((value for name, value in self.headers.items() if name.lower() == CONTENT_TYPE), None)
        return chosen or (_TEXT if isinstance(self.content, Text) else _JSON)

    @property
    def is_json(self) -> bool:
        """Whether the body is said to be JSON."""
        plain = self.media_type.partition(";")[0].strip().lower()
        return plain == _JSON or plain.endswith("+json")

    @property
    def route(self) -> Route:
        """What faults may hit, relative to a mount."""
        return Route(self.method, "/" + "/".join(self._pattern.segments))

    def answers(self, method: str, path: str) -> bool:
        """Return whether a request, by its path below the mount, gets this answer. A HEAD is answered like a GET."""
        if self.times is not None and self.hits >= self.times:
            return False
        is_meant = self.method in (None, method) or (method == "HEAD" and self.method == "GET")
        return is_meant and self._pattern.matches(path)

    def to_json(self) -> dict[str, Any]:
        """Return the stub as the control API shows it."""
        match self.content:
            case Json(value):
                content: dict[str, Any] = {"json": value}
            case Text(text):
                content = {"text": text}
            case Template(text):
                content = {"template": text}
            case _:
                assert_never(self.content)
        return {
            "id": self.id,
            "method": self.method,
            "path": self.path,
            "status": self.status,
            "headers": dict(self.headers),
            **content,
            "times": self.times,
            "hits": self.hits,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Stub":
        """Return the stub of what `to_json` has returned. Raises ValueError, TypeError or KeyError for what is none."""
        content: Content
        if "json" in data:
            content = Json(data["json"])
        elif "text" in data:
            content = Text(data["text"])
        else:
            content = Template(data["template"])
        about = {name: data[name] for name in ("path", "method", "status", "headers", "times", "id", "hits")}
        return cls(content, **about)


class Stubs:
    """The stubs of a namespace, bounded in number and in bytes."""

    def __init__(self) -> None:
        self._newest_first: list[tuple[Stub, int]] = []
        self._made = 0
        self._bytes = 0

    def __iter__(self) -> Iterator[Stub]:
        """Yield them, the newest first: in this order they are asked."""
        return (stub for stub, _ in self._newest_first)

    def add(self, stub: Stub) -> None:
        """Add a stub, and give it its id; raise `ApiError` where there are too many."""
        size = len(orjson.dumps(stub.to_json()))
        if len(self._newest_first) >= MOST or self._bytes + size > MOST_BYTES:
            most = f"{MOST:,} stubs, of {MOST_BYTES:,} bytes together"
            raise ApiError(400, f"A namespace has at most {most}: delete some first.")
        self._made += 1
        stub.id = f"stub_{self._made}"
        self._newest_first.insert(0, (stub, size))
        self._bytes += size

    def find(self, method: str, path: str) -> Stub | None:
        """Return the newest stub that answers a request."""
        return next((stub for stub in self if stub.answers(method, path)), None)

    def remove(self, id: str) -> bool:  # noqa: A002 - the API's own word
        """Remove one; return whether there was one."""
        kept = [(stub, size) for stub, size in self._newest_first if stub.id != id]
        is_there = len(kept) < len(self._newest_first)
        self._newest_first = kept
        self._bytes = sum(size for _, size in kept)
        return is_there

    def state(self) -> dict[str, Any]:
        """Return everything but the hits as JSON data, which `follow` takes in."""
        return {"made": self._made, "stubs": [{**stub.to_json(), "hits": 0} for stub in self]}

    def follow(self, state: Mapping[str, Any] | None) -> None:
        """Be as a state says; None: as in the beginning. Nobody knows the hits then."""
        stubs = [Stub.from_json(one) for one in (state["stubs"] if state else ())]
        self._newest_first = [(stub, len(orjson.dumps(stub.to_json()))) for stub in stubs]
        self._made = state["made"] if state else 0
        self._bytes = sum(size for _, size in self._newest_first)

    def hits(self) -> dict[str, int]:
        """Return the hits of those that have any, by their ids."""
        return {stub.id: stub.hits for stub in self if stub.hits}

    def follow_hits(self, hits: Mapping[str, int]) -> None:
        """Let each have so many hits, and all others none."""
        for stub in self:
            stub.hits = hits.get(stub.id, 0)

    def clear(self) -> None:
        """Remove all, and count anew."""
        self._newest_first, self._made, self._bytes = [], 0, 0
