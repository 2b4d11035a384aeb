"""Which namespace a request is for, and which path of the API it means: namespaces and mounts taken off the path."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

from emulator.domain import refusals
from emulator.domain.mounts import MOUNTS, NAMESPACE
from emulator.service.namespaces import DEFAULT, NAME

_SLASHES: Final = re.compile("//+")
KEY_PREFIX: Final = "sk-emu-"
_PROGRAM: Final = re.compile(r"\+([a-z])\Z")


class RequestHeaders:
    """A request's headers by their lower-case names, each decoded when it is looked up; the last of a name counts."""

    __slots__ = ("_api_key", "_decoded", "_has_key", "_raw")

    def __init__(self, raw: Iterable[tuple[bytes, bytes]]) -> None:
        self._raw = dict(raw)
        self._decoded: dict[str, str | None] = {}
        self._api_key: str | None = None
        self._has_key = False

    def get(self, name: str) -> str | None:
        """Return a header's value."""
        decoded = self._decoded
        if name in decoded:
            return decoded[name]
        value = self._raw.get(name.encode())
        decoded[name] = text = None if value is None else value.decode("latin-1")
        return text

    @property
    def api_key(self) -> str | None:
        """The key that the request was sent with: as bearer, or as Azure's clients send it."""
        if not self._has_key:
            scheme, _, key = (self.get("authorization") or "").partition(" ")
            is_bearer = scheme.lower() == "bearer" and bool(key := key.strip())
            self._api_key = key if is_bearer else self.get("api-key")
            self._has_key = True
        return self._api_key

    @property
    def namespace(self) -> str:
        """The namespace that a header, or else the API key, names. Raises `ApiError` for one that names none."""
        if name := self.get("x-emulator-namespace"):
            if not _can_be_namespace(name):
                raise refusals.header_names_no_namespace()
            return name
        key = self.api_key or ""
        if not key.startswith(KEY_PREFIX) or key == KEY_PREFIX:
            return DEFAULT
        name = key.removeprefix(KEY_PREFIX)
        if "+" in name:
            name = _PROGRAM.sub("", name)
        if not _can_be_namespace(name):  # said here, because a name is repeated where it is refused, and a key never
            raise refusals.key_names_no_namespace()
        return name

    @property
    def program(self) -> str | None:
        """The program that the API key names behind the namespace: ``a`` of ``sk-emu-orders+a``."""
        key = self.api_key or ""
        found = _PROGRAM.search(key) if key.startswith(KEY_PREFIX) else None
        return None if found is None else found[1]


@lru_cache(1024)
def _can_be_namespace(name: str) -> bool:
    return NAME.fullmatch(name) is not None


class Address(NamedTuple):
    """Where a request goes. mount: openai, azure or foundry; empty where the path lies below none of them.

    path: below the mount. public_path: as the service would have known it, with its mount, but in no namespace.
    """

    namespace: str
    mount: str
    path: str
    public_path: str


def locate(path: str, headers: RequestHeaders) -> Address:
    """Return where a request goes. The path's namespace wins over the header's, that over the API key's.

    Raises `ApiError` for a header or a key that names none.
    """
    if "//" in path:  # an empty id leaves two slashes, which the service took for one (reported)
        path = _SLASHES.sub("/", path)
    if path.startswith("/v1/"):  # by far the most common
        return Address(headers.namespace, "openai", path[3:], path)
    prefix = NAMESPACE.match(path)
    rest = path[prefix.end() :] if prefix else path
    namespace = prefix[1] if prefix else headers.namespace
    for pattern, mount in MOUNTS:
        if found := pattern.match(rest):
            return Address(namespace, mount, rest[found.end() :], rest)
    return Address(namespace, "", rest, rest)
