"""Neighbors of the Assistants API on the same base URL: paths that stubs answer, or another server."""

from emulator.api.address import Address
from emulator.api.answers import Answer, Response, not_found
from emulator.api.endpoint import Endpoint
from emulator.api.exchange import Exchange
from emulator.api.forwarding import Forwarder
from emulator.api.headers import encode
from emulator.domain.redaction import without_key_fields
from emulator.domain.stubs import CONTENT_TYPE, WITHOUT_BODY, Stub
from emulator.engine.namespace import Namespace
from emulator.service.stubs import StubAnswers, StubRequest, find


class Neighbors:
    """Finds what answers a request that the Assistants API does not: a stub of its namespace, else a forward."""

    def __init__(self, answers: StubAnswers, forwarder: Forwarder) -> None:
        self._answers = answers
        self._forwarder = forwarder

    def find(self, method: str, address: Address, namespace: Namespace | None) -> Endpoint | None:
        """Return what answers a request. namespace: that of the request, if it is open; others have no stubs."""
        has_stub = namespace is not None and address.mount and namespace.stubs.find(method, address.path) is not None
        if not has_stub and not self._forwarder.takes(address.public_path):
            return None
        # Neither part of the beta nor gone with it, and no matter of the quotas.
        return Endpoint(method, "a neighbor", self._answer, "", "", needs_beta=False, sunset=False, counts=False)

    async def _answer(self, exchange: Exchange) -> Response:
        body = await exchange.raw_body()
        # Looked for again: another request may have been the last one that the stub answers.
        if exchange.address.mount:
            stub = await find(exchange.namespace, exchange.method, exchange.address.path)
            if stub is not None:
                return await self._stubbed(exchange, stub, body)
        if (forwarded := self._forwarder.forward(exchange, body)) is not None:
            return forwarded
        raise not_found(exchange.method, exchange.address)

    async def _stubbed(self, exchange: Exchange, stub: Stub, body: bytes) -> Answer:
        request = StubRequest(
            exchange.method,
            exchange.address.path,
            without_key_fields(exchange.query.multi_items()),
            without_key_fields(
                (name.decode("latin-1"), value.decode("latin-1")) for name, value in exchange.scope["headers"]
            ),
            body,
        )
        content = await self._answers.body(exchange.namespace, stub, request)
        own = {name.lower(): value for name, value in stub.headers.items() if name.lower() != CONTENT_TYPE}
        answer = Answer(content, encode({**exchange.named_headers(), **own}.items()), stub.status, stub.media_type)
        if stub.status in WITHOUT_BODY:  # nor anything said of one
            answer.raw_headers = [one for one in answer.raw_headers if not one[0].startswith(b"content-")]
        return answer
