"""Drift that shows while a recorded turn is played: it is reported with the turn, and where that is written."""

from collections.abc import Sequence

from emulator.domain.actions import Call, Calls, Outputs
from emulator.domain.drift import Difference, DriftKind, differences, drifts
from emulator.domain.ports import Turn
from emulator.domain.recorded_calls import answered
from emulator.engine.namespace import Namespace
from emulator.store.documents import Transaction


def report(
    namespace: Namespace,
    tx: Transaction,
    run_id: str,
    turn: Turn,
    *,
    kind: DriftKind,
    found: Sequence[Difference],
    call: str | None = None,
    below: Sequence[str | int] = (),
) -> None:
    """Report differences, a line each, but those that were known when the turn began.

    below: where the value that differs stands within the last action.
    """
    known = {(line["kind"], line["path"]) for line in turn.drift}
    found = [one for one in found if (kind, one.path) not in known]
    if not found:
        return
    place = turn.place() if turn.place_below is None else turn.place_below(*below)
    about = {"turn": turn.name, "place": None if place is None else str(place), "source": turn.source, "call": call}
    for line in drifts(kind, found, strict=turn.recording == "strict", **about):
        namespace.report(tx, "drift", run_id, **line.to_json())


def is_any(action: Call | Calls, outputs: Outputs) -> bool:
    """Return whether the outputs of calls are not those that were recorded."""
    return any(differences(one.recorded, one.got) for one in answered(action, outputs))


def report_outputs(
    namespace: Namespace, tx: Transaction, run_id: str, turn: Turn, *, action: Call | Calls, outputs: Outputs
) -> None:
    """Report where the outputs of calls are not those that were recorded."""
    for one in answered(action, outputs):
        found = differences(one.recorded, one.got)
        report(namespace, tx, run_id, turn, kind="tool_output", found=found, call=one.call, below=one.below)
