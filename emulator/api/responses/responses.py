"""Handlers of /responses."""

from collections.abc import Mapping
from typing import Any

from emulator.api import answers
from emulator.api.answers import Answer, Response
from emulator.api.exchange import Exchange
from emulator.api.responses.bodies import read_json
from emulator.api.responses.streaming import answer_of, stream
from emulator.domain import response_refusals
from emulator.domain.lifecycle import RESPONSE_ENDS
from emulator.service.responses import create as making
from emulator.service.responses import retrieval
from emulator.store.documents import Row
from emulator.store.journal import Follower
from emulator.wire.responses import requests
from emulator.wire.responses.frames import Framing
from emulator.wire.responses.requests import CreateResponse

ASSISTANT = "x-emulator-assistant"


async def create(exchange: Exchange) -> Response:
    """POST /responses: the whole response, its stream, or what it is at first where it is played in the background."""
    namespace = exchange.namespace
    body = requests.read(await read_json(exchange), day=namespace.config.wire, models=namespace.config.models)
    follower = namespace.documents.journal.follow(namespace.name, streams=True)
    try:
        doc = await making.create(namespace, body, exchange.caller, assistant=exchange.headers.get(ASSISTANT))
        exchange.run, exchange.thread = doc["id"], (doc.get("conversation") or {}).get("id")
        namespace.coverage.offer(doc["tools"])
        follower.only(doc["id"])
        if body.stream:
            return stream(exchange, follower, _framing(namespace.config.wire, body), body.include or ())
        if body.background:
            follower.leave()
            return answer_of(exchange, doc, body.include or ())
    except BaseException:
        follower.leave()
        raise
    return answer_of(exchange, await _end(follower), body.include or ())


def _framing(day: str, body: CreateResponse) -> Framing:
    options = body.stream_options
    obfuscated = options is None or options.include_obfuscation is not False
    return Framing(day, background=bool(body.background), obfuscated=obfuscated)


async def _end(follower: Follower) -> Mapping[str, Any]:
    """Return the response as it is at its end."""
    try:
        async for batch in follower:
            for entry in batch:
                if entry.event in RESPONSE_ENDS and isinstance(entry.data, Mapping):
                    response: Mapping[str, Any] = entry.data["response"]
                    return response
    finally:
        follower.leave()
    raise follower.error or response_refusals.response_ended_early()


async def retrieve(exchange: Exchange) -> Response:
    """GET /responses/{response_id}."""
    row = await retrieval.retrieve(exchange.namespace, exchange.param("response_id"))
    return _answer(exchange, row)


async def delete(exchange: Exchange) -> Response:
    """DELETE /responses/{response_id}."""
    response_id = exchange.param("response_id")
    await retrieval.delete(exchange.namespace, response_id)
    return answers.deleted(exchange, response_id, "response.deleted")


async def cancel(exchange: Exchange) -> Response:
    """POST /responses/{response_id}/cancel."""
    return _answer(exchange, await retrieval.cancel(exchange.namespace, exchange.param("response_id")))


def _answer(exchange: Exchange, row: Row) -> Answer:
    exchange.run = row["id"]
    query = exchange.query
    include = [value for name in ("include[]", "include") for value in query.getlist(name)]
    return answer_of(exchange, row["doc"], include)
