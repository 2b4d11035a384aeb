"""Which world a request is for, and which endpoint it means: namespaces and mounts taken off the path."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from emulator.service.worlds import DEFAULT

_SLASHES: Final = re.compile("//+")
_NAMESPACE: Final = re.compile(r"/ns/([^/]+)(?=/)")
# The same endpoints hang below all of these; the order matters, the longest first.
_MOUNTS: Final = (
    (re.compile(r"/openai/deployments/[^/]+(?=/|$)"), "azure"),
    (re.compile(r"/openai/v1(?=/|$)"), "azure"),
    (re.compile(r"/openai(?=/|$)"), "azure"),
    (re.compile(r"/api/projects/[^/]+(?=/)"), "foundry"),
    (re.compile(r"/v1(?=/)"), "openai"),
)
# A request's headers by their lower-case names; made once, because every look into the raw ones decodes them all.
Headers = Mapping[str, str]
KEY_PREFIX: Final = "sk-emu-"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a request goes. mount: openai, azure or foundry, None where the path lies below none of them.

    told: the path as the service would have known it: below its mount, but in no namespace.
    """

    namespace: str
    mount: str | None
    path: str
    told: str


def address(path: str, headers: Headers) -> Address:
    """Return where a request goes. The path's namespace wins over the header's, that over the API key's."""
    if "//" in path:  # an empty id leaves two slashes, which the service took for one (reported)
        path = _SLASHES.sub("/", path)
    named = _NAMESPACE.match(path)
    rest = path[named.end() :] if named else path
    namespace = named.group(1) if named else _named_by(headers)
    for mount, kind in _MOUNTS:
        if found := mount.match(rest):
            return Address(namespace, kind, rest[found.end() :], rest)
    return Address(namespace, None, rest, rest)


def _named_by(headers: Headers) -> str:
    if name := headers.get("x-emulator-namespace"):
        return name
    key = api_key(headers) or ""
    return key.removeprefix(KEY_PREFIX) if key.startswith(KEY_PREFIX) and key != KEY_PREFIX else DEFAULT


def api_key(headers: Headers) -> str | None:
    """Return the key that a request was sent with: as bearer, or as Azure's clients send it."""
    scheme, _, key = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and key.strip():
        return key.strip()
    return headers.get("api-key")
