"""What a response was given, and how many tokens another one would be."""

from typing import Any

from emulator.domain import context_refusals
from emulator.domain.tokens import estimate
from emulator.engine.namespace import Namespace
from emulator.service.lookup import ListQuery
from emulator.service.responses import contexts, retrieval
from emulator.service.responses.views import context_messages
from emulator.wire.responses.requests import CreateResponse

Doc = dict[str, Any]


async def listing(namespace: Namespace, response_id: str, query: ListQuery) -> tuple[list[Doc], bool]:
    """List the items that a response was given, those of its chain or conversation among them (recorded).

    Returns a page of them, and whether more follow.
    """
    async with namespace.transaction() as tx:
        items = await contexts.input_of(tx, await retrieval.find(namespace, tx, response_id))
    if query.order == "desc":
        items.reverse()
    if query.after is not None:
        places = [place for place, item in enumerate(items) if item["id"] == query.after]
        if not places:
            raise context_refusals.no_item_to_begin_after(query.after)
        items = items[places[-1] + 1 :]
    return items[: query.limit], len(items) > query.limit


async def tokens(namespace: Namespace, body: CreateResponse) -> int:
    """Return about how many tokens an input has, as the usage of a response would have it."""
    async with namespace.transaction(thread=await contexts.thread_of(namespace, body)) as tx:
        context = await contexts.gather(namespace, tx, body, body.items)
    texts = [message.text for message in context_messages(context.items)]
    return sum(estimate(text) for text in (body.instructions or "", *texts))
