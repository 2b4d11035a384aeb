"""Requests of programs whose order a test has chosen: each waits here until it is due."""

from typing import Final

from starlette.requests import ClientDisconnect
from starlette.types import Message, Send

from emulator.api.exchange import Exchange
from emulator.api.read_ahead import ReadAhead
from emulator.interleaving import Admission, Ordered

_TYPE: Final = b"content-type"
_EVENTS: Final = b"text/event-stream"


class AdmittedRequest:
    """A request that was let in; the next one is when this one has been answered, or `end` is called."""

    __slots__ = ("_admission", "_is_stream")

    def __init__(self, admission: Admission) -> None:
        self._admission = admission
        self._is_stream = False

    async def end(self) -> None:
        """Let the next one in."""
        await self._admission.end()

    def sending(self, send: Send) -> Send:
        """Return what sends its answer; of a stream, the first event lets the next request in.

        Who reads a stream may need another program to go on.
        """

        async def send_on(message: Message) -> None:
            await send(message)
            if message["type"] == "http.response.start":
                headers = dict(message["headers"])
                self._is_stream = headers.get(_TYPE, b"").startswith(_EVENTS)
            elif self._is_stream and message.get("body"):
                await self.end()

        return send_on


async def admit(exchange: Exchange, interleaving: Ordered) -> AdmittedRequest | None:
    """Return once a request is due; None where it is none of the programs'.

    Raises `ClientDisconnect` where its client goes away meanwhile.
    """
    program = exchange.headers.program
    if program is None or program not in interleaving.programs:
        return None
    exchange.receive = ahead = ReadAhead(exchange.receive)
    name = f"{exchange.method} {exchange.address.path}"
    admission = await interleaving.enter(program, name, ahead.leaving)
    if admission is None:
        raise ClientDisconnect
    return AdmittedRequest(admission)
