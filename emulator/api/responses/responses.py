"""Handlers of /responses."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import partial
from typing import Any

from starlette.requests import ClientDisconnect

from emulator.api import answers
from emulator.api.answers import Answer, Response
from emulator.api.exchange import Exchange
from emulator.api.responses.bodies import read_json
from emulator.api.responses.item_lists import included
from emulator.api.responses.streaming import ResponseStream, Wanted, answer_of
from emulator.domain import context_refusals, response_refusals
from emulator.domain.lifecycle import RESPONSE_ENDS
from emulator.service.responses import create as making
from emulator.service.responses import retrieval
from emulator.service.responses.abandoned import abandon
from emulator.service.responses.following import Followed, follow
from emulator.store.documents import Row
from emulator.store.journal import Entry, Follower
from emulator.transcripts.responses.record import is_refused
from emulator.wire.pieces import Pieces
from emulator.wire.responses import requests
from emulator.wire.responses.frames import Framing


async def create(exchange: Exchange) -> Response:
    """POST /responses: the whole response, its stream, or what it is at first where it is played in the background."""
    namespace = exchange.namespace
    body = requests.read(await read_json(exchange), day=namespace.config.wire, models=namespace.config.models)
    if body.background and not body.stream:
        return answer_of(exchange, await _make(exchange, body), body.include or ())
    follower = namespace.documents.journal.follow(namespace.name, streams=True)
    try:
        doc = await _make(exchange, body)
        follower.only(doc["id"])
        if not body.background:
            await namespace.runs.settle(exchange.thread or doc["id"], unless_reachable=True)
            await follower.catch_up()
            _check(follower.newest)
    except BaseException:
        follower.leave()
        raise
    leave = partial(abandon, namespace, doc["id"])
    if not body.stream:
        return answer_of(exchange, await _end(exchange, follower, leave), body.include or ())
    options = body.stream_options
    obfuscated = options is None or options.include_obfuscation is not False
    framing = Framing(namespace.config.wire, background=bool(body.background), obfuscated=obfuscated)
    wanted = Wanted(framing, body.include or ())
    return ResponseStream(exchange, Followed(follower), wanted, None if body.background else leave)


async def _make(exchange: Exchange, body: requests.CreateResponse) -> Mapping[str, Any]:
    """Make a response, note which one a request has made, and return it."""
    namespace = exchange.namespace
    doc = await making.create(
        namespace, body, exchange.caller, assistant=exchange.headers.get(response_refusals.ASSISTANT_HEADER)
    )
    exchange.run, exchange.thread = doc["id"], (doc.get("conversation") or {}).get("id")
    namespace.coverage.offer(doc["tools"])
    return doc


async def _end(exchange: Exchange, follower: Follower, leave: Callable[[], Awaitable[None]]) -> Mapping[str, Any]:
    """Return a response as it is at its end. leave: called where the client goes before that.

    Whether it goes is looked at only where the response is not over at once.
    """
    watching: asyncio.Task[None] | None = None
    try:
        async for batch in follower:
            last = batch[-1]
            _check(last)
            if last.event in RESPONSE_ENDS and isinstance(last.data, Mapping):
                response: Mapping[str, Any] = last.data["response"]
                return response
            if watching is None:
                watching = asyncio.create_task(_watch(exchange, follower))
    finally:
        follower.leave()
        if watching is not None:
            watching.cancel()
    if follower.error is None and watching is not None and watching.done():
        await leave()
        raise ClientDisconnect
    raise follower.error or response_refusals.response_ended_early()


def _check(last: Entry | None) -> None:
    """Raise the refusal of a response that is none. last: what was published of it last."""
    if last is None or last.event not in RESPONSE_ENDS or isinstance(last.data, Pieces):
        return
    if is_refused(last.data["response"]):
        raise context_refusals.context_too_long()


async def _watch(exchange: Exchange, follower: Follower) -> None:
    """Close a follower when the client goes."""
    while (await exchange.receive())["type"] != "http.disconnect":
        pass
    follower.close()


async def retrieve(exchange: Exchange) -> Response:
    """GET /responses/{response_id}: as it is, or its events behind one of them."""
    namespace, response_id = exchange.namespace, exchange.param("response_id")
    include = included(exchange)
    if not exchange.boolean("stream"):
        return _answer(exchange, await retrieval.retrieve(namespace, response_id), include)
    after = exchange.integer("starting_after")
    obfuscated = exchange.boolean("include_obfuscation") is not False
    exchange.run = response_id
    followed = await follow(namespace, response_id, -1 if after is None else after)
    framing = Framing(namespace.config.wire, background=True, obfuscated=obfuscated)
    return ResponseStream(exchange, followed, Wanted(framing, include))


async def delete(exchange: Exchange) -> Response:
    """DELETE /responses/{response_id}."""
    response_id = exchange.param("response_id")
    await retrieval.delete(exchange.namespace, response_id)
    return answers.deleted(exchange, response_id, "response.deleted")


async def cancel(exchange: Exchange) -> Response:
    """POST /responses/{response_id}/cancel."""
    include = included(exchange)  # before anything is changed
    return _answer(exchange, await retrieval.cancel(exchange.namespace, exchange.param("response_id")), include)


def _answer(exchange: Exchange, row: Row, include: Collection[str]) -> Answer:
    exchange.run = row["id"]
    return answer_of(exchange, row["doc"], include)
