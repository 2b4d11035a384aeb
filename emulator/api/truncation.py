"""Answers whose body breaks off, whatever they are: documents, bytes of files, streams."""

from collections.abc import Awaitable, Callable

from starlette.types import Message, Receive, Scope, Send

from emulator.api.answers import Response, drop
from emulator.domain.broken_connection import BrokenConnectionError


class Truncated:
    """An answer whose body breaks off after so many bytes, against what its head announces.

    acts: asked once, where there are more; False: the answer stays whole.
    """

    def __init__(self, answer: "Response | Truncated", after: int, acts: Callable[[], Awaitable[bool]]) -> None:
        self._answer = answer
        self._after = after
        self._acts = acts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send what is left of it; raise `BrokenConnectionError` behind that."""
        left = self._after
        is_whole = False

        async def sending(message: Message) -> None:
            nonlocal left, is_whole
            body = message.get("body", b"")
            if not is_whole and len(body) > left:
                if await self._acts():
                    await send({**message, "body": body[:left], "more_body": True})
                    raise BrokenConnectionError
                is_whole = True
            left -= len(body)
            await send(message)

        try:
            await self._answer(scope, receive, sending)
        except BrokenConnectionError:
            if not isinstance(self._answer, Truncated):
                await drop(self._answer)
            raise
