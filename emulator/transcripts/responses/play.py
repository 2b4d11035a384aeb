"""What a response is played with: the one place that names all that its row keeps of its request and of its turn."""

from collections.abc import Mapping, Sequence
from typing import Any, NotRequired, TypedDict, cast

from emulator.store.documents import Row

Doc = dict[str, Any]


class OfRequest(TypedDict):
    """What a response has of its request.

    input: its items, with their ids. previous, conversation: the ids of what it goes on with. seen: the ids of the
    items that stood in the conversation before it. store, background, stream: as was asked, defaults included. mount,
    payer: its caller (`domain.caller`). is_shared: whether any process may play it.
    """

    input: Sequence[Doc]
    previous: str | None
    conversation: str | None
    seen: Sequence[str]
    store: bool
    background: bool
    stream: bool
    mount: str
    payer: NotRequired[str]
    is_shared: NotRequired[bool]


class OfTurn(TypedDict):
    """What a response has of its turn.

    began: the id of the response with which the turn began, which may be this one. dialogue: the name under which
    scripts remember it. number: of the turn in the dialogue, from 1. source: the id of the response with which the turn
    before began, None where there is none. past: the steps that the turn has behind it (`domain.past_steps`).
    digest_before: of the context, by which a client is found again that sends all of it; None in a conversation. usage:
    what is left of that which the script says of the turn, where it says something.
    """

    began: str
    dialogue: str
    number: int
    source: str | None
    past: Sequence[Doc]
    digest_before: str | None
    usage: NotRequired[Mapping[str, Any]]


class Play(OfRequest, OfTurn):
    """The column `play` of a response; the engine adds what it has of the script (`begin` in `engine/start.py`).

    assistant, rule: the id of the assistant that it belongs to, and by which rule that was found. container: the
    document of the container in which its code runs, None while there is none.
    """

    assistant: str | None
    rule: str
    container: Mapping[str, Any] | None


def play_of(row: Row) -> Play:
    """Return what the response of a row is played with. row: with its heavy columns, or this one of them."""
    return cast("Play", row["play"])
