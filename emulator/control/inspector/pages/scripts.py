"""The scripts of a namespace: their sources, the turns in them, and how often each was played."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from emulator.control.inspector.pages import script_editor, script_trial
from emulator.control.inspector.routing import shows
from emulator.control.inspector.script_drafts import number_of
from emulator.control.inspector.site import Site
from emulator.domain.errors import ApiError
from emulator.domain.inspector_paths import LINES_AT_ONCE
from emulator.domain.ports import ScriptSource
from emulator.service import news
from emulator.service.script_records import (
    PlayedTurn,
    ScriptRecord,
    find_source,
    is_of_recording,
    retrieve,
)
from emulator.service.scripts import MOST_TURNS

_MOST_NOTES: Final = 50
# Characters that a page shows of a source, and of a line of it.
_MOST_SHOWN: Final = 256 * 1024
_MOST_OF_LINE: Final = 4_000


def routes(site: Site) -> list[Route]:
    """Return the routes."""
    return [shows(site, "/ns/{ns}/scripts", _show)]


async def _show(site: Site, request: Request) -> Response:
    """Show what the query asks for: a source, the editor, which turn would fit a message, or all that there is."""
    namespace = await site.namespaces.find(request.path_params["ns"])
    query = request.query_params
    is_written = any(name in query for name in ("new", "for", "edit"))
    first = 0 if is_written else number_of(query.get("after")) or 0
    seen = str(await news.position(namespace))  # before the counts are read, so that nothing is missed
    record = await retrieve(site.namespaces.scripts, namespace, first, 0 if is_written else MOST_TURNS)
    if "try" in query:
        return await script_trial.show(site, request, namespace, record)
    if "edit" in query:
        return await script_editor.show(site, request, record, _source(record, query["edit"], query.get("at")))
    if is_written:
        return await script_editor.show_new(site, request, namespace, record)
    if "source" in query:
        return _show_source(site, request, record, seen)
    return _show_all(site, request, record, first, seen)


def _show_all(site: Site, request: Request, record: ScriptRecord, first: int, seen: str) -> Response:
    last = first + len(record.turns)
    return site.page(
        request,
        "scripts.html",
        title="Scripts",
        seen=seen,
        record=record,
        sources=_listed(record),
        loose=[group for group in _groups(record.turns) if _file_of(group.turns[0]) not in _names(record)],
        python=[name for name in site.info["scripts"] if name.endswith(".py")] if record.origin == "server" else [],
        notes=record.notes[:_MOST_NOTES],
        first=first,
        next=last if last < record.turn_count else None,
        at_once=MOST_TURNS,
    )


def _show_source(site: Site, request: Request, record: ScriptRecord, seen: str) -> Response:
    at = _source(record, request.query_params["source"], request.query_params.get("at"))
    source = record.sources[at]
    lines = source.text.removesuffix("\n").split("\n")
    first = min(number_of(request.query_params.get("from")) or 1, len(lines))
    shown = _window(lines, max(first, 1))
    return site.page(
        request,
        "script_source.html",
        title=f"Script {source.name}",
        seen=seen,
        source=source,
        at=at,
        lines=shown,
        first=first,
        last=first + len(shown) - 1,
        line_count=len(lines),
        at_once=LINES_AT_ONCE,
        turns={turn.place.line: turn for turn in record.turns if turn.place and turn.place.file == source.name},
        why_not=script_editor.why_not(record, source),
    )


def _window(lines: Sequence[str], first: int) -> list[str]:
    """Return the lines that are shown at once; of long ones the beginning."""
    shown: list[str] = []
    left = _MOST_SHOWN
    for line in lines[first - 1 : first - 1 + LINES_AT_ONCE]:
        if shown and left < len(line):
            break
        shown.append(line if len(line) <= _MOST_OF_LINE else f"{line[:_MOST_OF_LINE]}…")
        left -= len(shown[-1])
    return shown


# --- sources and their turns ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TurnGroup:
    """Turns that stand together: those of a chain, or the ones without any between chains. chain: its name, if any."""

    chain: str | None
    turns: Sequence[PlayedTurn]

    @property
    def used(self) -> int:
        """How many of them were played."""
        return sum(1 for turn in self.turns if turn.used)


@dataclass(frozen=True, slots=True)
class ListedSource:
    """A source with its turns. at: its place among the sources. is_named_again: whether a later one has its name.

    why_not: why it cannot be edited here; None where it can.
    """

    at: int
    source: ScriptSource
    groups: Sequence[TurnGroup]
    is_named_again: bool
    is_of_recording: bool
    why_not: str | None


def _listed(record: ScriptRecord) -> list[ListedSource]:
    groups = _groups(record.turns)
    by_file: Mapping[str, list[TurnGroup]] = {name: [] for name in _names(record)}
    for group in groups:
        by_file.get(_file_of(group.turns[0]), []).append(group)
    return [_one(record, at, source, by_file) for at, source in enumerate(record.sources)]


def _one(
    record: ScriptRecord, at: int, source: ScriptSource, by_file: Mapping[str, Sequence[TurnGroup]]
) -> ListedSource:
    is_named_again = find_source(record.sources, source.name) != at
    return ListedSource(
        at=at,
        source=source,
        groups=() if is_named_again else by_file[source.name],
        is_named_again=is_named_again,
        is_of_recording=is_of_recording(source),
        why_not=script_editor.why_not(record, source),
    )


def _names(record: ScriptRecord) -> set[str]:
    return {source.name for source in record.sources}


def _groups(turns: Sequence[PlayedTurn]) -> list[TurnGroup]:
    grouped = groupby(turns, key=lambda turn: (_file_of(turn), turn.chain))
    return [TurnGroup(chain, [*some]) for (_, chain), some in grouped]


def _file_of(turn: PlayedTurn) -> str:
    return turn.place.file if turn.place else ""


def _source(record: ScriptRecord, name: str, at: str | None) -> int:
    """Return the place of a source; raise the 404 of one that is not there."""
    found = find_source(record.sources, name, number_of(at))
    if found is None:
        raise ApiError(404, f"There is no script {name[:200]!r} in this namespace.")
    return found
