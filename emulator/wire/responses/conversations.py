"""Conversations: their request bodies, their documents, and the lists that their items are shown in."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

from pydantic import Field

from emulator.tools.body import Body, Metadata
from emulator.wire.responses.input_items import Item

Doc = dict[str, Any]

# Documented: so many items go into a conversation at once.
ITEMS_AT_ONCE: Final = 20


class CreateConversation(Body):
    """A new conversation, with its first items, which `input_items` reads."""

    items: Annotated[list[Item], Field(max_length=ITEMS_AT_ONCE)] | None = None
    metadata: Metadata | None = None


class ModifyConversation(Body):
    """A change of a conversation."""

    metadata: Metadata | None


class AddItems(Body):
    """Items that go into a conversation."""

    items: Annotated[list[Item], Field(min_length=1, max_length=ITEMS_AT_ONCE)]


def conversation(id: str, *, now: int, metadata: Mapping[str, str] | None) -> Doc:  # noqa: A002
    """Return the document of a conversation."""
    return {"id": id, "object": "conversation", "created_at": now, "metadata": dict(metadata or {})}


def item_list(items: Sequence[Doc], *, has_more: bool) -> Doc:
    """Return a page of items, in the order of keys that was recorded."""
    return {
        "object": "list",
        "data": list(items),
        "first_id": items[0]["id"] if items else None,
        "has_more": has_more,
        "last_id": items[-1]["id"] if items else None,
    }
