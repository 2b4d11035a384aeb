"""What a program reads from its environment to find a server."""

import os
from typing import Final

_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


def variables(root: str, key: str) -> dict[str, str]:
    """Return the variables by which OpenAI's and Azure's clients find a server.

    root: its URL, with the path of a namespace where one is meant. key: any, or one that names a namespace.
    """
    return {
        "OPENAI_BASE_URL": f"{root}/v1",
        "OPENAI_API_KEY": key,
        "AZURE_OPENAI_ENDPOINT": root,
        "AZURE_OPENAI_API_KEY": key,
        "OPENAI_API_VERSION": "2024-05-01-preview",
    }


def without_proxy(*more: str) -> dict[str, str]:
    """Return the variables by which clients reach this machine directly, beside the hosts that they name already.

    more: further hosts.
    """
    named = os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or ""
    hosts = [host for host in named.split(",") if host.strip()]
    hosts += [host for host in (*_LOOPBACK, *more) if host not in hosts]
    return dict.fromkeys(("NO_PROXY", "no_proxy"), ",".join(hosts))
