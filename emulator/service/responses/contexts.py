"""The context of a response: what its conversation, its previous responses and its own input come to."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from emulator.domain import context_refusals, refusals
from emulator.domain.errors import ApiError
from emulator.domain.lifecycle import RESPONSE_LIFETIME, RESPONSE_TERMINAL, UNSTORED_LIFETIME
from emulator.engine.namespace import Namespace
from emulator.service.responses.records import is_response
from emulator.store.documents import Row, Transaction
from emulator.store.tables import Conversation, Run
from emulator.transcripts.responses import stored_items
from emulator.transcripts.responses.play import play_of
from emulator.wire.responses.ids import PARTITION, in_partition, new_partition, partition_of
from emulator.wire.responses.items import item_id_kind
from emulator.wire.responses.requests import CreateResponse, check_prompt

Doc = dict[str, Any]

# Kinds of ids of items that were made through the API (recorded); of other types they are those of responses.
_OF_API: Final = {"message": "item_msg", "function_call": "item_fc", "function_call_output": "item_fc"}
_REFERENCE: Final = "item_reference"


@dataclass(frozen=True, slots=True)
class Context:
    """What the model of a response is given.

    before: what was said before, oldest first. own: the items of the request, with their ids; those that are known
    already as they are known. previous, conversation: the rows that the request names, of a response or a conversation.
    partition: what the ids of the response and its items share.
    """

    before: Sequence[Doc]
    own: Sequence[Doc]
    partition: str
    previous: Row | None = None
    conversation: Row | None = None

    @property
    def items(self) -> list[Doc]:
        """All of it, oldest first."""
        return [*self.before, *self.own]

    @property
    def conversation_id(self) -> str | None:
        """The id of the conversation; None where the request names none."""
        return None if self.conversation is None else str(self.conversation["id"])


async def thread_of(namespace: Namespace, body: CreateResponse) -> str | None:
    """Return what has to settle before the context can be gathered: the conversation, or the previous response."""
    if body.conversation_id is not None or body.previous_response_id is None:
        return body.conversation_id
    async with namespace.transaction() as tx:
        row = await tx.get(Run, body.previous_response_id)
    return None if row is None else row["thread_id"]


async def gather(namespace: Namespace, tx: Transaction, body: CreateResponse, items: Sequence[Doc]) -> Context:
    """Return the context of a response; raise the refusal of one that cannot be. items: of its input, as validated.

    The order of the checks is measured as far as it is known: the conversation comes first, then a prompt, then the
    previous response.
    """
    conversation_id = body.conversation_id
    conversation = previous = None
    before: list[Doc] = []
    if conversation_id is not None:
        conversation = await find_conversation(tx, conversation_id, param="conversation")
        before = await stored_items.contents(tx, conversation_id)
    check_prompt(body)
    if body.previous_response_id is not None:
        previous = await _previous(namespace, tx, body.previous_response_id)
        before = await context_of(tx, previous)
    partition = _partition(namespace, conversation or previous)
    # Recorded: what a conversation gets is stored, and so is what is made in the background.
    stored = body.is_stored or bool(body.background) or conversation is not None
    own = await identify(namespace, tx, items, partition=partition, stored=stored)
    _check_duplicates(before, own)
    _check_calls([*before, *own])
    return Context(before, own, partition, previous, conversation)


async def find_conversation(tx: Transaction, id: str, *, param: str = "conversation_id") -> Row:  # noqa: A002
    """Return the row of a conversation; raise the refusal for an id that is unknown or wrong in form.

    param: where the id was sent, by default in the path.
    """
    row = await tx.get(Conversation, id)
    if row is None:
        if not id.startswith("conv"):
            raise refusals.wrong_prefix(param, id, "conv")
        raise context_refusals.conversation_not_found(id)
    return row


# --- what was said before -------------------------------------------------------------------------------------------


async def _previous(namespace: Namespace, tx: Transaction, id: str) -> Row:  # noqa: A002
    """Return the row of the response that a request goes on from."""
    row = await tx.get(Run, id, also=("play",))
    if row is None or not is_readable(namespace, row) or not play_of(row)["store"]:
        raise context_refusals.previous_response_not_found(id)
    if row["status"] not in RESPONSE_TERMINAL:
        raise context_refusals.previous_is_unfinished(id, row["status"])
    return row


def is_readable(namespace: Namespace, row: Row) -> bool:
    """Return whether a row of a run is a response that is not too old to be read. row: with its play."""
    if not is_response(row):
        return False
    lifetime = RESPONSE_LIFETIME if play_of(row)["store"] else UNSTORED_LIFETIME
    return namespace.now() < int(row["doc"]["created_at"]) + lifetime


async def context_of(tx: Transaction, row: Row) -> list[Doc]:
    """Return what a response leaves to the next one: what it was given, and what it wrote. row: with its play.

    Instructions and tools are not among it (documented, recorded). One that was made in a conversation leaves the
    conversation as it was then (recorded).
    """
    return [*await input_of(tx, row), *row["doc"]["output"]]


async def input_of(tx: Transaction, row: Row) -> list[Doc]:
    """Return what a response was given, oldest first: all of its chain or conversation, and its own input."""
    turns = [row]
    # Deleted and expired ones too: it is only as the previous response that nobody can name them any more.
    while (id_ := play_of(turns[-1])["previous"]) is not None:
        found = await tx.get(Run, id_, deleted=True, also=("play",))
        if found is None:
            break
        turns.append(found)
    first, *later = reversed(turns)
    seen = play_of(first)["seen"]
    docs = await stored_items.known(tx, seen)
    whole = [docs[id_] for id_ in seen if id_ in docs]
    whole += play_of(first)["input"]
    for before, turn in pairwise((first, *later)):
        whole += before["doc"]["output"]
        whole += play_of(turn)["input"]
    return whole


def _partition(namespace: Namespace, row: Row | None) -> str:
    """Return the partition of a row's chain or conversation, or a new one."""
    known = partition_of(row["id"]) if row is not None else ""
    return known if len(known) == PARTITION else new_partition(namespace.ids.make("partition"))


# --- the items of a request -----------------------------------------------------------------------------------------


async def identify(
    namespace: Namespace,
    tx: Transaction,
    items: Sequence[Doc],
    *,
    partition: str,
    stored: bool = True,
    of_api: bool = False,
) -> list[Doc]:
    """Return items with their ids.

    One whose id is known is the item that has it, whatever else was sent (recorded); one without an id is a new one.
    stored, of_api: as in `in_partition`.
    """
    found = await stored_items.known(tx, (item["id"] for item in items if item.get("id") is not None))

    def one(item: Doc) -> Doc:
        sent: str | None = item.get("id")
        if sent is not None and sent in found:
            return found[sent]
        if sent is not None and item["type"] == _REFERENCE:
            raise _not_found(sent)
        return {"id": sent or new_id(item), **{name: value for name, value in item.items() if name != "id"}}

    def new_id(item: Doc) -> str:
        kind = item_id_kind(item["type"])
        made = namespace.ids.make(_OF_API.get(item["type"], kind) if of_api else kind)
        return in_partition(made, partition=partition, time=namespace.now(), stored=stored, of_api=of_api)

    return [one(item) for item in items]


def _not_found(id: str) -> ApiError:  # noqa: A002
    """Return the refusal of an item that is not known; its id tells whether its response was stored."""
    says_unstored = id.rpartition("_")[2][PARTITION : PARTITION + 2] == "01"
    return context_refusals.item_was_not_stored(id) if says_unstored else context_refusals.item_not_found(id)


# --- what cannot be a context ---------------------------------------------------------------------------------------


def _check_duplicates(before: Sequence[Doc], own: Sequence[Doc]) -> None:
    """Refuse an item of the input that its conversation or its chain has already."""
    known = {item["id"] for item in before}
    for item in own:
        if item["id"] in known:
            raise context_refusals.duplicate_item(item["id"])


def _check_calls(items: Sequence[Doc]) -> None:
    """Refuse outputs of no call, and calls without an output; several outputs of one call are accepted (recorded).

    Which of the two is refused first is unverified.
    """
    called, answered = _call_ids(items, "function_call"), _call_ids(items, "function_call_output")
    for call_id in answered:
        if call_id not in called:
            raise context_refusals.output_without_call(call_id)
    for call_id in called:
        if call_id not in answered:
            raise context_refusals.call_without_output(call_id)


def _call_ids(items: Sequence[Doc], kind: str) -> Collection[str]:
    """Return the ids of the calls that items of a kind are about, each once and in their order."""
    return dict.fromkeys(item["call_id"] for item in items if item["type"] == kind)
