"""The page that a part of a page says it stands on, as htmx names it: a header, and so whatever a client writes."""

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection


def current_page(request: HTTPConnection) -> str:
    """Return the path and query of that page; empty where none is named, or nothing that is an address."""
    try:
        current = urlsplit(request.headers.get("hx-current-url", ""))
    except ValueError:  # such as an open bracket in place of a host
        return ""
    return f"{current.path}?{current.query}" if current.query else current.path
