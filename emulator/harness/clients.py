"""The official client, bound to a namespace; imported when one is first made."""

from typing import TYPE_CHECKING, Any

from emulator.direct.library import http_library
from emulator.domain.errors import EmulatorError

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI


class MissingClientError(EmulatorError):
    """The official client is not installed."""


def openai_client(base_url: str, key: str, http_client: Any, options: dict[str, Any]) -> "OpenAI":
    """Return a client. http_client: over which it sends. options: of `openai.OpenAI`."""
    client: OpenAI = _openai().OpenAI(**{"base_url": base_url, "api_key": key, "http_client": http_client, **options})
    return client


def async_openai_client(base_url: str, key: str, http_client: Any, options: dict[str, Any]) -> "AsyncOpenAI":
    """Return the asynchronous client, likewise."""
    client: AsyncOpenAI = _openai().AsyncOpenAI(
        **{"base_url": base_url, "api_key": key, "http_client": http_client, **options}
    )
    return client


def direct_http_client() -> Any:
    """Return what sends over sockets, straight to the server whatever proxies the environment names."""
    # Without TLS there is nothing to verify, and reading the certificates of the machine takes longer than a test.
    library = http_library()
    return library.Client(trust_env=False, verify=False, follow_redirects=True, timeout=_timeout(library))


def direct_async_http_client() -> Any:
    """Return the asynchronous one.

    It keeps no connection: a test may use it in several event loops, one after the other, and close it in none.
    """
    library = http_library()
    limits = library.Limits(max_keepalive_connections=0)
    return library.AsyncClient(
        trust_env=False, verify=False, follow_redirects=True, timeout=_timeout(library), limits=limits
    )


def _timeout(library: Any) -> Any:
    return library.Timeout(600.0, connect=5.0)  # the client's own


def _openai() -> Any:
    try:
        import openai  # noqa: PLC0415 - slow to load
    except ImportError:
        raise MissingClientError(
            "the client is not installed: pip install 'assistants-emulator[client]', or openai itself"
        ) from None
    return openai
