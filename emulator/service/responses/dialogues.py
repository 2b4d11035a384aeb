"""Dialogues: where a request goes on, in the middle of a turn or with a new one, and what scripts remember there.

A request for a response names no thread. What it goes on with is found by what it sends: a conversation, an earlier
response, the ids of calls, or the whole of what was said before.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from emulator.domain.actions import CodeResult, Hits, Said
from emulator.domain.past_steps import PastCall, PastStep
from emulator.domain.ports import came_from
from emulator.engine.namespace import Namespace
from emulator.service.responses.contexts import Context
from emulator.store.documents import Row, Transaction
from emulator.store.tables import Run, ScriptMemory
from emulator.transcripts.responses.play import play_of
from emulator.transcripts.responses.turn_places import point, pointed
from emulator.transcripts.responses.usage import usage_left
from emulator.wire.responses import digests

Doc = Mapping[str, Any]
_NOT_SAID: Final = ("system", "developer")  # by no one whom the turn is between


@dataclass(frozen=True, slots=True)
class Turn:
    """Where a request stands. began: the response with which its turn began; None: it begins here.

    dialogue: the name under which scripts remember it. number: of the turn in it, from 1. past: the steps that the turn
    has behind it. source: the response with which the turn before began; None where there is none. passed_by: the one
    with which another turn has gone on from there. leaves: the dialogue that a branch leaves. digest: of the context.
    usage: what is left of that which the script says of the turn; None where it says nothing, or all is left.
    """

    dialogue: str
    number: int
    began: str | None
    past: Sequence[PastStep]
    source: str | None
    digest: str
    usage: Doc | None = None
    passed_by: str | None = None
    leaves: str | None = None


async def locate(tx: Transaction, context: Context, response_id: str) -> Turn:
    """Return where a request for a response stands."""
    items = context.items
    begin = _last_message(items) + 1
    behind = [item for item in items[begin:] if item.get("role") not in _NOT_SAID]
    digest = digests.extended(digests.EMPTY, items)
    last = await _last_of_turn(tx, context, behind)
    first = None if last is None else await response(tx, play_of(last)["began"])
    if last is not None and first is not None:
        play = play_of(first)
        usage = usage_left(last)
        return Turn(play["dialogue"], play["number"], first["id"], steps_of(behind), play["source"], digest, usage)
    source = await _turn_before(tx, context, items[:begin])
    if source is None:
        dialogue = context.conversation["id"] if context.conversation is not None else response_id
        number = answered(items[:begin]) + await _answered_unseen(tx, dialogue) + 1
        return Turn(dialogue, number, None, steps_of(behind), None, digest)
    play = play_of(source)
    dialogue = play["dialogue"]
    passed = await pointed(tx, "next", source["id"])
    passed_by = None if passed is None else passed["began"]
    number, past = play["number"] + 1, steps_of(behind)
    # A conversation is gone on with by whoever names it; what leaves from there is a branch in any case (recorded).
    if context.conversation is None and (passed_by is not None or play["conversation"] is not None):
        return Turn(response_id, number, None, past, source["id"], digest, passed_by=passed_by, leaves=dialogue)
    return Turn(dialogue, number, None, past, source["id"], digest, passed_by=passed_by)


def _last_message(items: Sequence[Doc]) -> int:
    """Return the place of the last message of the user; -1 where there is none."""
    return max((place for place, item in enumerate(items) if item.get("role") == "user"), default=-1)


def answered(items: Sequence[Doc]) -> int:
    """Return how many messages of the user were answered, those in a row as one."""
    who = [item.get("role") == "user" for item in items if item.get("role") not in _NOT_SAID]
    return sum(before and not after for before, after in pairwise(who))


async def remember_thread(
    namespace: Namespace, tx: Transaction, conversation_id: str, *, thread: str, turns: int, items: Sequence[Doc]
) -> None:
    """Note of a conversation which thread it was before, and how many runs that had. items: those of the thread."""
    about = {"thread": thread, "turns": turns, "answered": answered(items)}
    await namespace.remember(tx, came_from(conversation_id), about)


async def _answered_unseen(tx: Transaction, dialogue: str) -> int:
    """Return how many more turns a conversation had when it was a thread than its messages show."""
    key = came_from(dialogue)
    row = await tx.find(ScriptMemory, owner=key.partition("/")[0], key=key)
    return 0 if row is None else int(row["value"]["turns"] - row["value"]["answered"])


async def _last_of_turn(tx: Transaction, context: Context, behind: Sequence[Doc]) -> Row | None:
    """Return the response whose calls are answered here."""
    previous = context.previous
    for call_id in (item["call_id"] for item in reversed(behind) if item["type"] == "function_call_output"):
        if previous is not None and _calls(previous["doc"], call_id):
            return previous
        if (found := await pointed(tx, "call", call_id)) is not None:
            return await response(tx, found["response"])
    return None


def _calls(response: Doc, call_id: str) -> bool:
    return call_id in [item["call_id"] for item in response["output"] if item["type"] == "function_call"]


async def _turn_before(tx: Transaction, context: Context, said: Sequence[Doc]) -> Row | None:
    """Return the response with which the turn before began. said: up to the message that is answered now."""
    if context.conversation is not None:
        found = await pointed(tx, "tip", context.conversation["id"])
        return None if found is None else await response(tx, found["began"])
    if context.previous is not None:
        return await response(tx, play_of(context.previous)["began"])
    end = max((place for place, item in enumerate(said) if _is_of_model(item)), default=-1) + 1
    if not end:
        return None
    found = await pointed(tx, "context", digests.extended(digests.EMPTY, said[:end]))
    return None if found is None else await response(tx, found["began"])


def _is_of_model(item: Doc) -> bool:
    return bool(item["type"] != "message" or item["role"] == "assistant")


async def response(tx: Transaction, response_id: str) -> Row | None:
    """Return the row of a response with all that is known of it, also of one that was deleted."""
    row = await tx.get(Run, response_id, heavy=True, deleted=True)
    return None if row is None or row["play"] is None else row


async def begin(
    namespace: Namespace, tx: Transaction, turn: Turn, response_id: str, conversation_id: str | None
) -> None:
    """Note that a turn begins with a response; what scripts remember of a dialogue goes into a branch of it."""
    if turn.source is not None and turn.passed_by is None:
        point(tx, "next", turn.source, began=response_id)
    if turn.leaves is not None:
        await _copy_memory(namespace, tx, turn, turn.leaves)
    if conversation_id is not None:
        point(tx, "tip", conversation_id, began=response_id)


async def _copy_memory(namespace: Namespace, tx: Transaction, branch: Turn, dialogue: str) -> None:
    """Let a branch remember what is known where it leaves: now, or when another turn went on from there."""
    scopes = {row["key"]: row["value"] for row in await tx.all(ScriptMemory, owner=f"thread:{dialogue}")}
    if branch.passed_by is not None and (passed := await response(tx, branch.passed_by)) and passed["view"]:
        dialogue, scopes = passed["view"]["thread_id"], passed["view"]["memory"]["scopes"]
    before = f"thread:{dialogue}"
    for key, value in scopes.items():
        if key == before or key.startswith(f"{before}/"):
            await namespace.remember(tx, f"thread:{branch.dialogue}{key.removeprefix(before)}", value)


# --- steps ----------------------------------------------------------------------------------------------------------


def steps_of(items: Sequence[Doc]) -> list[PastStep]:
    """Return what has happened, by the items that stand behind the message of a turn."""
    outputs = {item["call_id"]: _text(item["output"]) for item in items if item["type"] == "function_call_output"}
    return [step for item in items if (step := _step(item, outputs)) is not None]


def _step(item: Doc, outputs: Mapping[str, str]) -> PastStep | None:
    match item["type"]:
        case "message":
            return Said(item["id"], "".join(part.get("text") or part.get("refusal") or "" for part in item["content"]))
        case "function_call":
            return PastCall(item["call_id"], item["name"], item["arguments"], outputs.get(item["call_id"]))
        case "file_search_call":
            return Hits(tuple(_hit(result) for result in item["results"] or ()))
        case "code_interpreter_call":
            logs = [output["logs"] for output in item["outputs"] or () if output["type"] == "logs"]
            return CodeResult("".join(logs))
        case _:
            return None


def _hit(result: Doc) -> dict[str, Any]:
    content = [{"type": "text", "text": result.get("text") or ""}]
    about = {"file_id": result["file_id"], "file_name": result["filename"], "score": result.get("score")}
    return {**about, "attributes": result.get("attributes") or {}, "content": content}


def _text(output: Any) -> str:
    """Return an output as a text; one may be a list of parts (documented)."""
    return output if isinstance(output, str) else "".join(part.get("text") or "" for part in output)
