"""The listening socket of the server and its certificate, with errors that fit in one line."""

import errno
import ipaddress
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from emulator.domain.errors import EmulatorError


class ServeError(EmulatorError):
    """The server cannot start; the message says why in one line."""


class PortTakenError(ServeError):
    """Another process listens on the port."""


class OpenHostError(ServeError):
    """Other machines could reach the control API, and no token guards it."""


def to_connect_to(url: str) -> str:
    """Return a URL to connect to; the address for all interfaces is none."""
    return url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:")


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach ``host``."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def bound(host: str, port: int) -> socket.socket:
    """Return a listening socket: the port is known and reserved before the app is built."""
    if not 0 <= port < 65536:
        raise ServeError(f"{port} is not a port: use 0 to 65535")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except PermissionError:
        raise ServeError(f"port {port} needs privileges that this process does not have") from None
    except OSError as error:
        if isinstance(error, socket.gaierror) or not error.errno:
            raise ServeError(f"{host} is not an address of this machine") from None
        if error.errno == errno.EADDRINUSE:
            raise PortTakenError(f"port {port} on {host} is taken; choose another with --port, or --port 0") from None
        raise ServeError(f"cannot listen on {host} port {port}: {os.strerror(error.errno)}") from None


def tls_of(certfile: Path | str | None, keyfile: Path | str | None) -> Mapping[str, Any]:
    """Return uvicorn's options for TLS; raise `ServeError` for files that it could not use."""
    if certfile is None:
        if keyfile is not None:
            raise ServeError("a key needs its certificate")
        return {}
    import ssl  # noqa: PLC0415 - slow to load, and few servers use TLS

    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certfile, keyfile)
    except OSError as error:
        raise ServeError(f"{certfile} cannot be used as a certificate: {error.strerror or error}") from None
    return {"ssl_certfile": certfile, "ssl_keyfile": keyfile}


def url_of(sock: socket.socket, scheme: str) -> str:
    """Return the URL of a listening socket."""
    host, port = sock.getsockname()[:2]
    return f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
