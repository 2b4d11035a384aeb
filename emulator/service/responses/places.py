"""Where the next request of a dialogue of responses would stand: what was said, and what scripts remember there."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from emulator.domain import context_refusals
from emulator.domain.view import ContextMessage
from emulator.engine.namespace import Namespace
from emulator.service.responses import contexts, dialogues
from emulator.service.responses.views import context_messages
from emulator.store.documents import Row, Transaction
from emulator.store.tables import Run
from emulator.transcripts.responses import stored_items
from emulator.transcripts.responses.play import play_of
from emulator.transcripts.responses.turn_places import pointed

Doc = Mapping[str, Any]
BEGINNINGS: Final = ("conv", "resp")


class Place(NamedTuple):
    """Where a request would stand. dialogue: the name under which scripts remember it; number: of the next turn in it.

    scopes: what they remember; None for what they do now.
    """

    dialogue: str
    metadata: Mapping[str, str]
    messages: Sequence[ContextMessage]
    number: int
    scopes: Mapping[str, Any] | None = None


async def behind(namespace: Namespace, tx: Transaction, id: str) -> Place:  # noqa: A002
    """Return the place behind a conversation, or behind a response; raise the refusal of one that is not there."""
    if id.startswith("conv"):
        conversation = await contexts.find_conversation(tx, id, param="thread")
        items = await stored_items.contents(tx, id)
        tip = await pointed(tx, "tip", id)
        last = None if tip is None else await dialogues.response(tx, tip["began"])
        number = dialogues.answered(items) if last is None else play_of(last)["number"]
        return Place(id, conversation["doc"]["metadata"] or {}, context_messages(items), number + 1)
    row = await tx.get(Run, id, also=("play",))
    if row is None or not contexts.is_readable(namespace, row):
        raise context_refusals.previous_response_not_found(id)
    messages = context_messages(await contexts.context_of(tx, row))
    play = play_of(row)
    return Place(play["dialogue"], {}, messages, play["number"] + 1, await _remembered(tx, row))


async def _remembered(tx: Transaction, row: Row) -> Mapping[str, Any] | None:
    """Return what scripts remembered where the turn of a response ended; None if no other has gone on from there."""
    passed = await pointed(tx, "next", play_of(row)["began"])
    later = None if passed is None else await dialogues.response(tx, passed["began"])
    view = None if later is None else later["view"]
    return None if view is None else view["memory"]["scopes"]
