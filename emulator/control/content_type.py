"""Bodies are read as JSON, whatever their type says: curl calls everything a form that it is not told about."""

from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

_JSON: Final = (b"content-type", b"application/json")
# What is read by its type: scripts and their assets, snapshots.
_READ_BY_TYPE: Final = (b"multipart/", b"application/zip")


class JsonBodies:
    """Pure ASGI: hands on requests whose body has JSON's type, unless it is a form with files or an archive.

    Web pages can send forms without asking first; they are kept out by what they say of themselves (`guard`).
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on."""
        headers = scope["headers"]
        own = next((value for name, value in headers if name == b"content-type"), b"")
        if not own.lower().startswith(_READ_BY_TYPE):
            others = [header for header in headers if header[0] != b"content-type"]
            scope = {**scope, "headers": [*others, _JSON]}
        await self._app(scope, receive, send)
