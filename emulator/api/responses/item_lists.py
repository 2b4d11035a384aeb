"""Items as an answer shows them: what of them was asked for, alone and in pages."""

from collections.abc import Mapping, Sequence
from typing import Any

from emulator.api import answers
from emulator.api.answers import Answer
from emulator.api.exchange import Exchange
from emulator.domain import refusals
from emulator.wire.history.responses import item_layout
from emulator.wire.responses.conversations import item_list
from emulator.wire.responses.items import INCLUDABLE, shown

Doc = Mapping[str, Any]


def included(exchange: Exchange) -> frozenset[str]:
    """Return what is asked for beside the items: as `include[]`, `include`, or joined by commas."""
    query = exchange.query
    values = [value for name in ("include[]", "include") for value in query.getlist(name)] if query else []
    names = [name for value in values for name in value.split(",") if name]
    for name in names:
        if name not in INCLUDABLE:
            raise refusals.invalid_value("include", name, INCLUDABLE)
    return frozenset(names)


def one(exchange: Exchange, item: Doc) -> Answer:
    """Answer with an item."""
    return answers.plain(exchange, _shown(exchange, item, included(exchange)))


def page(exchange: Exchange, items: Sequence[Doc], *, has_more: bool = False) -> Answer:
    """Answer with a page of items."""
    include = included(exchange)
    return answers.plain(exchange, item_list([_shown(exchange, item, include) for item in items], has_more=has_more))


def _shown(exchange: Exchange, item: Doc, include: frozenset[str]) -> dict[str, Any]:
    return item_layout(shown(dict(item), include), exchange.namespace.config.wire)
