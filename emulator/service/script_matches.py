"""Which turn of its scripts a namespace would play for a run, and why the others would not; nothing is played."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from emulator.domain import refusals
from emulator.domain.errors import ApiError
from emulator.domain.explanations import Comparison, Explanation, explain
from emulator.domain.ports import Backend
from emulator.domain.view import AttachedFile, ContextMessage, Memory, ModelView
from emulator.engine.namespace import Namespace
from emulator.engine.start import informed
from emulator.store.documents import Transaction
from emulator.store.tables import Assistant, Message, Run, Thread
from emulator.tools import kinds
from emulator.transcripts.prompt import context_message

if TYPE_CHECKING:
    from emulator.service.responses.places import Place

Doc = Mapping[str, Any]
_DEFAULT_MODEL: Final = "gpt-4o"


@dataclass(frozen=True, slots=True)
class Question:
    """The run that is asked about; what is left out is as the thread and the assistant have it.

    messages: (role, text), behind those of the thread. thread: or the conversation or response behind which it stands.
    assistant: an id, or {id, name, instructions, metadata, model, tools}. tools: objects of the API, or names: of
    built-in tools, of all others the functions'. files: their names.
    """

    messages: Sequence[tuple[str, str]] = ()
    assistant: str | Doc | None = None
    thread: str | None = None
    tools: Sequence[str | Doc] | None = None
    model: str | None = None
    instructions: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    thread_metadata: Mapping[str, str] | None = None
    files: Sequence[str] = ()
    turn: int | None = None
    api: Literal["assistants", "responses"] = "assistants"


async def match(namespace: Namespace, question: Question) -> dict[str, Any]:
    """Return the turn that would be played, where it stands, and how every turn compares with the run."""
    async with namespace.transaction(thread=question.thread) as tx:
        view = await informed(namespace, tx, await _view(namespace, tx, question))
        backend = await namespace.backend(tx, namespace.script_version)
    try:
        found = explain(backend, view)
    except Exception as error:  # whatever a user's backend raises is not the server's failure
        raise ApiError(400, f"The scripts cannot say what they would play: {type(error).__name__}: {error}") from error
    if found is None:
        raise ApiError(
            400,
            "No turn of a scenario matches, and what comes next is Python code that says what it plays only by playing"
            " it: give its class a method explain(view), or begin a run.",
        )
    return _shown(found)


@dataclass(frozen=True, slots=True)
class PastMatch:
    """How turns compare with a run as it began: with what its model was given, and the states and uses of then.

    explanation: None where the scripts cannot tell, and why then says it. is_of_then: whether these are the scripts
    that the run was begun with; else they were replaced, and those of now are compared.
    """

    explanation: Explanation | None
    why: str | None = None
    is_of_then: bool = True


_ONLY_BY_PLAYING: Final = "These scripts are Python code that says what it plays only by playing it."


async def past_match(namespace: Namespace, run_id: str) -> PastMatch:
    """Return how turns compare with a run, or a response, as it began. Raises the 404 of one that is not there."""
    async with namespace.transaction() as tx:
        row = await tx.get(Run, run_id, heavy=True, deleted=True)
        if row is None or row["doc"] is None:
            raise refusals.not_found("run", run_id)
        if row["view"] is None:
            return PastMatch(None, "What the model was given is not known, as of any run that was imported.")
        version = (row["play"] or {}).get("script_version", namespace.script_version)
        try:
            backend, is_of_then = await namespace.backend(tx, version), True
        except LookupError:
            backend, is_of_then = await namespace.backend(tx, namespace.script_version), False
    return _past_match(backend, ModelView.from_json(row["view"]), is_of_then=is_of_then)


def _past_match(backend: Backend, view: ModelView, *, is_of_then: bool) -> PastMatch:
    try:
        found = explain(backend, view)
    except Exception as error:  # noqa: BLE001 - whatever a user's backend raises is not the server's failure
        return PastMatch(None, f"The scripts cannot say it: {type(error).__name__}: {error}", is_of_then)
    return PastMatch(found, None if found is not None else _ONLY_BY_PLAYING, is_of_then)


def _shown(found: Explanation) -> dict[str, Any]:
    return {
        "turn": found.turn,
        "script": found.script,
        "place": None if found.place is None else asdict(found.place),
        "message": found.message,
        "turns": [_compared(one) for one in found.turns],
    }


def _compared(one: Comparison) -> dict[str, Any]:
    first = one.differences[0] if one.differences else None
    return {
        "turn": one.turn,
        "script": one.script,
        "matches": first is None,
        "field": first and first.field,
        "expected": first and first.expected,
        "got": first and first.got,
        "used_up": one.used_up,
    }


async def _view(namespace: Namespace, tx: Transaction, question: Question) -> ModelView:
    place = await _dialogue(namespace, tx, question.thread)
    if place is None:
        thread, messages, turn = await _thread(tx, question.thread)
    else:
        thread, messages, turn = {"metadata": place.metadata}, place.messages, place.number
    thread_id = (question.thread or "") if place is None else place.dialogue
    assistant = await _assistant(tx, question.assistant)
    tools = assistant.get("tools") or () if question.tools is None else question.tools
    assistant_id = assistant.get("id")
    memory = await namespace.memory(tx, thread_id, assistant_id or "")
    scopes = memory.scopes if place is None or place.scopes is None else place.scopes
    told = [ContextMessage(role, text) for role, text in question.messages]
    instructions = assistant.get("instructions") if question.instructions is None else question.instructions
    named = question.thread_metadata if question.thread_metadata is not None else thread.get("metadata") or {}
    return ModelView(
        run_id="",
        thread_id=thread_id,
        model=question.model or assistant.get("model") or _DEFAULT_MODEL,
        instructions=instructions,
        assistant={name: assistant.get(name) for name in ("id", "name", "instructions")}
        | {"metadata": assistant.get("metadata") or {}},
        messages=(*messages, *told),
        tools=tuple(_tool(tool, place) for place, tool in enumerate(tools)),
        files=tuple(AttachedFile(name, name) for name in question.files),
        thread_metadata=named,
        run_metadata=question.metadata,
        turn=question.turn or turn,
        now=namespace.now(),
        memory=Memory(memory.uses, scopes),
        api=question.api if place is None else "responses",
    )


async def _dialogue(namespace: Namespace, tx: Transaction, named: str | None) -> "Place | None":
    """Return where the next request would stand behind a conversation or a response; None if neither is named."""
    from emulator.service.responses import places  # noqa: PLC0415 - not at the start of a server

    return (
        await places.behind(namespace, tx, named) if named is not None and named.startswith(places.BEGINNINGS) else None
    )


async def _thread(tx: Transaction, thread_id: str | None) -> tuple[Doc, Sequence[ContextMessage], int]:
    """Return a thread, its messages, and the number that its next run has on it."""
    if thread_id is None:
        return {}, (), 1
    row = await tx.get(Thread, thread_id)
    if row is None:
        raise refusals.not_found("thread", thread_id)
    messages = [context_message(found["doc"]) for found in await tx.newest(Message, thread_id=thread_id)]
    return row["doc"], messages, await tx.count(Run, thread_id=thread_id) + 1


async def _assistant(tx: Transaction, named: str | Doc | None) -> Doc:
    if not isinstance(named, str):
        return named or {}
    row = await tx.get(Assistant, named)
    if row is None:
        raise refusals.not_found("assistant", named)
    doc: Doc = row["doc"]
    return doc


def _tool(tool: str | Doc, place: int) -> Doc:
    """Return a tool as a run offers it."""
    if isinstance(tool, str):
        is_built_in = tool != "function" and tool in kinds.types_on(None)
        return {"type": tool} if is_built_in else {"type": "function", "function": {"name": tool}}
    if not isinstance(tool, Mapping):
        tool = {}
    function = tool.get("function", tool)  # those of responses are flat
    has_name = isinstance(function, Mapping) and isinstance(function.get("name"), str)
    if not isinstance(tool.get("type"), str) or (tool["type"] == "function" and not has_name):
        raise ApiError(400, f"tools.{place}: a name, or an object as the API takes it", param=f"tools.{place}")
    return tool if tool["type"] != "function" else {"type": "function", "function": function}
