"""Web pages: which may call the API, and the OpenAPI document beside it."""

from starlette.types import ASGIApp, Receive, Scope, Send


def for_web_pages(api: ASGIApp) -> ASGIApp:
    """Return the API as it also answers web pages of any origin: browser clients exist.

    The framework's middleware touches every answer, and nearly no client is a page, so it is made when the first page
    calls and asked only by pages.
    """
    made: list[ASGIApp] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        for name, _ in scope["headers"]:
            if name == b"origin":
                if not made:
                    made.append(_with_cors(api))
                await made[0](scope, receive, send)
                return
        await api(scope, receive, send)

    return app


def _with_cors(api: ASGIApp) -> ASGIApp:
    from starlette.middleware.cors import CORSMiddleware  # noqa: PLC0415 - only pages need it

    return CORSMiddleware(
        api,
        allow_origins=["*"],
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=["x-request-id", "openai-poll-after-ms"],
    )
