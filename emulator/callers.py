"""Who may call a server: the host names that it answers to, and the web pages that may use it.

A page of the web that a browser shows on this machine reaches loopback too. But it cannot hide its `Origin`, a browser
says of a request without one that it crosses sites (`Sec-Fetch-Site`), and a page whose own name was made to resolve to
loopback still shows that name as `Host`.
"""

import ipaddress
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final, NamedTuple

from starlette.types import Scope

ANY: Final = "*"
# Addresses for all interfaces: who listens there is called by every address of the machine.
_ALL_INTERFACES: Final = ("0.0.0.0", "::")  # noqa: S104 - nothing is bound here
# What containers call the machine that they run on. No public name can end in .internal, so no page can have one.
OF_CONTAINERS: Final = ("host.docker.internal", "gateway.docker.internal", "host.containers.internal")
_AUTHORITY: Final = re.compile(r"(?P<name>[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(?P<port>[0-9]{0,5}))?", re.IGNORECASE)
_ORIGIN: Final = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<authority>[^/\\\s@?#]+)", re.IGNORECASE)
_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}
_OPAQUE: Final = "null"
_SAME_ORIGIN: Final = "same-origin"


class Source(NamedTuple):
    """Where a request says it comes from: the headers as they were sent; None where one is missing.

    is_ambiguous: Host or Origin came twice.
    """

    host: str | None
    origin: str | None
    site: str | None
    is_ambiguous: bool


def source_of(scope: Scope) -> Source:
    """Return where a request says it comes from."""
    headers = scope["headers"]
    by_name = dict(headers)
    host, origin, site = by_name.get(b"host"), by_name.get(b"origin"), by_name.get(b"sec-fetch-site")
    is_ambiguous = len(by_name) < len(headers) and _is_doubled([name for name, _ in headers])
    if origin is None and site is None and not is_ambiguous:  # no browser: nearly all requests
        return _of_program(host)
    return Source(_text(host), _text(origin), _text(site), is_ambiguous)


@lru_cache(256)
def _of_program(host: bytes | None) -> Source:
    return Source(_text(host), None, None, is_ambiguous=False)


def _is_doubled(names: list[bytes]) -> bool:
    return names.count(b"host") > 1 or names.count(b"origin") > 1


def _text(value: bytes | None) -> str | None:
    # The parser leaves what may stand around a value.
    return None if value is None else value.decode("latin-1").strip(" \t")


def lacks_host(source: Source, scope: Scope) -> bool:
    """Return whether a request breaks the rule that it has exactly one Host (RFC 9112); HTTP/1.0 needs none."""
    return source.is_ambiguous or (source.host is None and scope.get("http_version", "1.1") >= "1.1")


class Callers:
    """The names that a server answers to, and the pages that may use it.

    hosts: names and addresses beside loopback; one for all interfaces stands for every address, `*` for any name.
    origins: of pages, beside those of loopback; `*` for any. Raises ValueError for what is neither.
    """

    def __init__(self, hosts: Iterable[str] = (), origins: Iterable[str] = ()) -> None:
        hosts, origins = frozenset(map(_chosen_host, hosts)), frozenset(map(_chosen_origin, origins))
        any_address, any_host, self.any_page = bool(hosts & set(_ALL_INTERFACES)), ANY in hosts, ANY in origins

        @lru_cache(256)
        def answers_to(host: str) -> bool:
            name = host_name(host)
            if name is None:
                return False
            return any_host or name in hosts or _is_loopback(name) or (any_address and _address(name) is not None)

        @lru_cache(256)
        def admits(origin: str) -> bool:
            return self.any_page or _plain(origin) in origins or _is_of_loopback(origin)

        self.answers_to, self.admits = answers_to, admits


def host_name(authority: str) -> str | None:
    """Return the host of a `Host` header, in lower case and without its port; None if it is malformed."""
    found = _AUTHORITY.fullmatch(authority)
    if found is None or int(found["port"] or 0) > 65535:
        return None
    name = found["name"].lower()
    if name.startswith("["):
        address = _address(name[1:-1])
        return str(address) if isinstance(address, ipaddress.IPv6Address) else None
    return name.removesuffix(".") or None  # with the dot a name is only written out to the root


def is_own_page(source: Source, scheme: str) -> bool:
    """Return whether a request comes from a page of the host that it is sent to.

    Where a proxy in front ends TLS, pages are of https and requests are not: then the browser has to say so itself, as
    no page can. It does not of another server of the host, such as one at the other scheme's own port.
    """
    if source.origin is None:
        return False
    origin, authority = source.origin.lower(), str(source.host).lower()
    is_behind_tls = source.site == _SAME_ORIGIN and origin == f"https://{authority}"
    return origin == f"{scheme}://{authority}" or is_behind_tls


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def _is_loopback(name: str) -> bool:
    address = _address(name)
    return name == "localhost" if address is None else address.is_loopback


def _is_of_loopback(origin: str) -> bool:
    found = _ORIGIN.fullmatch(origin)
    if found is None or found["scheme"].lower() not in _DEFAULT_PORTS:
        return False
    name = host_name(found["authority"])
    return name is not None and _is_loopback(name)


def _plain(origin: str) -> str:
    """Return an origin as a browser sends it: in lower case, and without the port that its scheme implies."""
    origin = origin.lower()
    return origin.removesuffix(_DEFAULT_PORTS.get(origin.partition(":")[0], "/"))


def _chosen_host(host: str) -> str:
    name = host if host == ANY else host_name(f"[{host}]" if _is_bare_ipv6(host) else host)
    if name is None:
        raise ValueError(f"{host!r} is not a host name: write it like emulator.internal, or '*' for any")
    return name


def _is_bare_ipv6(host: str) -> bool:
    return ":" in host and _address(host) is not None


def _chosen_origin(origin: str) -> str:
    if origin in (ANY, _OPAQUE):
        return origin
    plain = _plain(origin.removesuffix("/"))
    if not _ORIGIN.fullmatch(plain):
        raise ValueError(f"{origin!r} is not an origin: write it like https://app.example, or '*' for any")
    return plain
