"""Which turn would answer a message, and why the others would not; nothing is played or counted."""

from collections.abc import Mapping
from typing import Any, Final

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from emulator.control.inspector.site import Site
from emulator.domain.errors import ApiError
from emulator.domain.ports import Place
from emulator.engine.namespace import Namespace
from emulator.service.script_matches import Question, match
from emulator.service.script_records import ScriptRecord

_FIELDS: Final = ("try", "assistant", "thread", "tools", "model", "api")
_MOST_TURNS: Final = 500


async def show(site: Site, request: Request, namespace: Namespace, record: ScriptRecord) -> Response:
    """Show the form, and what it found."""
    query = request.query_params
    found, refusal, status = None, "", 200
    try:
        found = await _ask(namespace, query)
    except ApiError as error:
        refusal, status = error.message, error.status
    places = {(turn.script, turn.name): turn.place for turn in record.turns if turn.place}
    return site.page(
        request,
        "script_trial.html",
        title="Try a message",
        status=status,
        asked={name: query.get(name, "") for name in _FIELDS},
        found=found,
        refusal=refusal,
        turns=[] if found is None else [_turn(one, found, places) for one in found["turns"][:_MOST_TURNS]],
        left_out=0 if found is None else max(0, len(found["turns"]) - _MOST_TURNS),
        sources={source.name for source in record.sources},
    )


async def _ask(namespace: Namespace, query: QueryParams) -> Mapping[str, Any]:
    named = query.get("assistant", "").strip()
    try:
        return await match(namespace, _question(query, named or None))
    except ApiError as error:
        if error.status != 404 or not named or named.startswith("asst_"):
            raise
    return await match(namespace, _question(query, {"name": named}))


def _question(query: QueryParams, assistant: str | Mapping[str, Any] | None) -> Question:
    message = query.get("try", "").replace("\r\n", "\n")
    tools = [name.strip() for name in query.get("tools", "").split(",") if name.strip()]
    return Question(
        messages=[("user", message)] if message else (),
        assistant=assistant,
        thread=query.get("thread", "").strip() or None,
        tools=tools or None,
        model=query.get("model", "").strip() or None,
        api="responses" if query.get("api") == "responses" else "assistants",
    )


def _turn(
    one: Mapping[str, Any], found: Mapping[str, Any], places: Mapping[tuple[str, str], Place]
) -> Mapping[str, Any]:
    is_chosen = one["matches"] and (one["turn"], one["script"]) == (found["turn"], found["script"])
    return {**one, "is_chosen": is_chosen, "place": places.get((one["script"], one["turn"]))}
