"""What stubs answer: their templates are checked where they are added, and filled beside the event loop."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, Protocol, assert_never

import orjson

from emulator.daemon_threads import Workers
from emulator.domain import refusals
from emulator.domain.errors import ApiError
from emulator.domain.keys import without_keys
from emulator.domain.mounts import OwnPaths
from emulator.domain.printable import printable
from emulator.domain.stubs import Json, Stub, Template, Text
from emulator.engine.facets import Kind
from emulator.engine.namespace import Namespace
from emulator.service.namespaces import Namespaces
from emulator.wire import layout

# Each thread that computes can hold up the others, the event loop among them, for some milliseconds.
_MOST_THREADS: Final = 2
_KINDS: Final = (Kind.STUBS, Kind.STUB_HITS)
_log: Final = logging.getLogger("emulator")


@dataclass(frozen=True, slots=True)
class StubRequest:
    """A request as templates see it. headers, query: without keys. body: as it was sent."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def to_names(self) -> dict[str, Any]:
        """Return its parts by the names that templates have for them. The body is JSON where it can be read so."""
        try:
            body = layout.parse(self.body)
        except ValueError:
            body = self.body.decode("utf-8", "replace")
        return {
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "headers": self.headers,
            "body": body,
        }


# What templates of stubs may use.
NAMES: Final = frozenset({"request", "hits"})


class Templates(Protocol):
    """The templates of the scenario format, sandboxed and bounded."""

    def problem(self, text: str, names: frozenset[str]) -> str | None:
        """Return why a template cannot be used; None where it can. names: those that it may use."""

    def fill(self, text: str, given: Mapping[str, Any]) -> str:
        """Return a template filled; raise ValueError with the reason where that fails."""


@dataclass(slots=True)
class StubAnswers:
    """Adds stubs and makes their answers. own: the paths that no stub may take."""

    templates: Templates
    own: OwnPaths
    workers: Workers = field(default_factory=lambda: Workers("stubs", _MOST_THREADS))

    async def add(self, namespaces: Namespaces, name: str, stub: Stub) -> Stub:
        """Add a stub to a namespace, which is made if it does not exist; raise `ApiError` for one that is refused."""
        try:
            stub.check_path(self.own)
        except ValueError as error:
            raise ApiError(400, f"path: {error}", param="path") from error
        if isinstance(stub.content, Template):
            work = partial(self.templates.problem, stub.content.text, NAMES)
            if problem := await self.workers.compute(work):
                raise ApiError(400, f"template: {problem}", param="template")
        namespace = await namespaces.open(name)
        async with namespace.transaction() as tx:
            namespace.store(tx)
        async with namespace.facets.changing(namespace, *_KINDS):
            namespace.stubs.add(stub)
        return stub

    async def body(self, namespace: Namespace, stub: Stub, request: StubRequest) -> bytes:
        """Return the body of a stub's answer. Raises `ApiError` for a template that cannot be filled."""
        match stub.content:
            case Json(value):
                return layout.body(value)
            case Text(text):
                return text.encode()
            case Template(text):
                work = partial(self._fill, text, request, stub.hits, is_json=stub.is_json)
                try:
                    return await self.workers.compute(work)
                except ValueError as error:
                    message = f"{stub.id}: {without_keys(printable(' '.join(str(error).split())))}"
                    _log.warning("namespace %s: %s", namespace.name, message, extra={"namespace": namespace.name})
                    raise refusals.broken_stub(message) from error
            case _:
                assert_never(stub.content)

    def _fill(self, text: str, request: StubRequest, hits: int, *, is_json: bool) -> bytes:
        filled = self.templates.fill(text, {"request": request.to_names(), "hits": hits}).encode()
        if is_json:
            try:
                orjson.loads(filled)
            except ValueError as error:
                raise ValueError(f"the template gives no JSON: {error}") from None
        return filled


async def listed(namespaces: Namespaces, name: str) -> list[Stub]:
    """Return the stubs of a namespace with their hits, the newest first."""
    namespace = await namespaces.find(name)
    await namespace.facets.look(namespace, *_KINDS)
    return list(namespace.stubs)


async def find(namespace: Namespace, method: str, path: str) -> Stub | None:
    """Return the newest stub that answers a request, which then has a hit more; None where there is none."""
    if namespace.stubs.find(method, path) is None:  # one that is spent stays so
        return None
    async with namespace.facets.changing(namespace, Kind.STUB_HITS):
        stub = namespace.stubs.find(method, path)
        if stub is not None:
            stub.hits += 1
    return stub


async def remove_all(namespaces: Namespaces, name: str) -> None:
    """Remove all stubs of a namespace."""
    namespace = await namespaces.find(name)
    async with namespace.facets.changing(namespace, *_KINDS):
        namespace.stubs.clear()


async def remove(namespaces: Namespaces, name: str, id: str) -> None:  # noqa: A002 - the API's own word
    """Remove a stub; raise the 404 of one that does not exist."""
    namespace = await namespaces.find(name)
    async with namespace.facets.changing(namespace, *_KINDS):
        was_there = namespace.stubs.remove(id)
    if not was_there:
        raise ApiError(404, f"There is no stub '{without_keys(id)}' in namespace '{name}'.")
