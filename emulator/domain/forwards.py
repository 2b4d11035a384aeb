"""Forwards: which paths are passed on to another server, chosen when the server is started and never by a request."""

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from emulator.domain.errors import EmulatorError
from emulator.domain.faults import ANY_SEGMENTS, PathPattern, Route
from emulator.domain.mounts import OwnPaths, below_mount

_SCHEMES: Final = ("http", "https")
# Steps of a path that another server may take upwards, out of what it was given.
_UPWARDS: Final = (".", "..")


class ForwardError(EmulatorError):
    """A forward that a server cannot be started with; the message says why in one line."""


@dataclass(frozen=True, slots=True)
class Forward:
    """A path with all that lies below it, and the server that answers there.

    path: as it was given, below the namespace. upstream: its URL; the path of a request is put behind it.
    """

    path: str
    upstream: str
    pattern: PathPattern

    @classmethod
    def of(cls, path: str, upstream: str, own: OwnPaths, *, anywhere: bool = False) -> "Forward":
        """Return a forward. anywhere: to other machines too. Raises `ForwardError`."""
        # The URL may hold a password, and is not repeated.
        about = f"forward {path}"
        if not path.startswith("/") or path.startswith("/ns/"):
            raise ForwardError(f"{about}: the path is one below the namespace, such as /v1/embeddings")
        segments = path.rstrip("/").split("/")[1:]
        if not all(segments) or ANY_SEGMENTS in segments:
            raise ForwardError(f"{about}: the path is one with all that lies below it, such as /v1/embeddings")
        pattern = PathPattern((*segments, ANY_SEGMENTS))
        if taken := own.path_in(pattern):
            raise ForwardError(f"{about}: it would take {taken}, a path of the Assistants API")
        if problem := problem_of_upstream(upstream, anywhere=anywhere):
            raise ForwardError(f"{about}: {problem}")
        return cls(path, upstream.rstrip("/"), pattern)

    @property
    def route(self) -> Route:
        """What faults may hit, relative to a mount."""
        return Route(None, f"{below_mount(self.path)}/{ANY_SEGMENTS}")

    def takes(self, path: str) -> bool:
        """Return whether a path below the namespace is passed on; never one that could lead out of what was chosen."""
        if not self.pattern.matches(path) or "\\" in path:
            return False
        return not any(segment in _UPWARDS for segment in path.split("/"))


def forwards_of(chosen: Mapping[str, str], own: OwnPaths, *, anywhere: bool = False) -> tuple[Forward, ...]:
    """Return the forwards of paths to URLs, the longest paths first. Raises `ForwardError`."""
    forwards = [Forward.of(path, upstream, own, anywhere=anywhere) for path, upstream in chosen.items()]
    return tuple(sorted(forwards, key=lambda forward: -len(forward.pattern.segments)))


def problem_of_upstream(upstream: str, *, anywhere: bool) -> str | None:
    """Return why a URL cannot be an upstream."""
    no_url = "the upstream is a URL, such as http://127.0.0.1:9999"
    try:
        url = urlsplit(upstream)
        host, _ = url.hostname, url.port
    except ValueError:
        return no_url
    if not host or url.scheme not in _SCHEMES or not upstream.isprintable() or " " in upstream:
        return no_url
    if url.username is not None or url.query or url.fragment:
        return "the upstream is a URL without user, query and fragment"
    if not anywhere and not is_here(host):
        return f"{host} is another machine: requests, with their keys, leave this one only with --forward-anywhere"
    return None


def is_here(host: str) -> bool:
    """Return whether a host of a URL is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
