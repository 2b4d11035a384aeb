"""Refuses every way out of this machine: Python reads this file by itself at the start of whoever has its folder in PYTHONPATH.

The session of the contract tests loads it too. An audit hook sees what C code does as well, and cannot be taken off.
"""

import ipaddress
import sys

NAMES = ("localhost", "localhost.localdomain")


class NetworkRefusedError(RuntimeError):
    """Somebody tried to leave the machine; no OSError, so that no client takes it for a bad line and tries again."""


def is_here(host):
    if host is None or host in {"", b""}:
        return True
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else str(host)
    if text in NAMES:
        return True
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    # Unspecified: what a server binds to that listens everywhere.
    return address.is_loopback or address.is_unspecified


def refuse(event, args):
    if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
        address = args[1]
        # Sockets of the file system are addressed by a text; a connected socket sends without an address.
        if isinstance(address, tuple) and not is_here(address[0]):
            raise NetworkRefusedError(f"the contract tests stay on this machine: {event} to {address[0]}")
    elif event in {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"} and not is_here(args[0]):
        raise NetworkRefusedError(f"the contract tests ask no name server: {args[0]}")


sys.addaudithook(refuse)
