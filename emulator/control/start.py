"""Who gets the page at /: people with a browser. Programs that ask for / get the API's own answer."""

from typing import Final

from starlette.types import Scope

START_PATH: Final = "/"


def asks_for_page(scope: Scope) -> bool:
    """Return whether a request for / wants a page: browsers say so in `Accept`, and clients of the API never do."""
    return scope["method"] in ("GET", "HEAD") and any(
        name == b"accept" and b"text/html" in value.lower() for name, value in scope["headers"]
    )
