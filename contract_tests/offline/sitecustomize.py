"""Refuses every connection that leaves this machine: Python runs this file at startup if its folder is in PYTHONPATH.

The contract tests load it into their own process too. An audit hook also covers C code, and cannot be removed.
"""

import ipaddress
import sys

NAMES = ("localhost", "localhost.localdomain")


class NetworkRefusedError(RuntimeError):
    """A connection would have left this machine; not an OSError, so that no client retries it as a network failure."""


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
    # Unspecified: the address that a server listening on all interfaces binds to.
    return address.is_loopback or address.is_unspecified


def refuse(event, args):
    if event in {"socket.connect", "socket.sendto", "socket.sendmsg"}:
        address = args[1]
        # Unix sockets have a string as address; a connected socket sends without an address.
        if isinstance(address, tuple) and not is_here(address[0]):
            raise NetworkRefusedError(f"the contract tests stay on this machine: {event} to {address[0]}")
    elif event in {"socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"} and not is_here(args[0]):
        raise NetworkRefusedError(f"the contract tests query no name server: {args[0]}")


sys.addaudithook(refuse)
