"""The statuses of a run as spans: each lasts until the next one; the last one of a run that is over takes no time."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from emulator.domain.lifecycle import RUN_TERMINAL
from emulator.service.run_records import error_of
from emulator.service.timelines.drafts import Draft, Point, short
from emulator.store.documents import Row

# Before everything that the journal still has; the oldest rows are those that it has lost.
_BEFORE: Final = -1e9
_APART: Final = 10.0


def drafts_of_statuses(row: Row, changes: Sequence[Mapping[str, Any]]) -> list[Draft]:
    """Return them in their order, one at least. changes: what the journal has of the run."""
    timeline = row["timeline"] or [{"status": row["status"], "at": row["doc"]["created_at"], "cause": "create"}]
    points = _points(row["id"], timeline, changes)
    ends = [*points[1:], points[-1] if row["status"] in RUN_TERMINAL else None]
    return [
        Draft(
            "status",
            "status",
            one["status"],
            point,
            end,
            _detail(row, one, is_last=end in (None, point)),
            one["status"],
        )
        for one, point, end in zip(timeline, points, ends, strict=True)
    ]


def _points(run_id: str, timeline: Sequence[Mapping[str, Any]], changes: Sequence[Mapping[str, Any]]) -> list[Point]:
    """Return where each change stands: by its row of the journal, which may have lost the first of them."""
    seqs = [float(change["seq"]) for change in changes if change["object_id"] == run_id][-len(timeline) :]
    lost = len(timeline) - len(seqs)
    places = [_BEFORE + _APART * place for place in range(lost)] + seqs
    return [Point(float(one["at"]), (place, 0)) for one, place in zip(timeline, places, strict=True)]


def _detail(row: Row, change: Mapping[str, Any], *, is_last: bool) -> str:
    cause = f"by {str(change['cause']).replace('_', ' ')}"
    if not is_last:
        return cause
    error = error_of(row["doc"]) or {}
    why = error.get("message") or (row["doc"].get("incomplete_details") or {}).get("reason")
    waits = row["waits_for"]
    return ", ".join([cause, *([short(why)] if why else []), *([f"waits for {waits}"] if waits else [])])
