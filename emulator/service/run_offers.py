"""What can be asked of a run by hand as it is now: to go on, to be held or released, to end."""

from collections.abc import Sequence
from dataclasses import dataclass

from emulator.domain import waiting
from emulator.domain.lifecycle import RUN_TERMINAL
from emulator.engine import holds, scheduled_ends
from emulator.engine.namespace import Namespace
from emulator.service import run_records
from emulator.store.tables import RunSignal


@dataclass(frozen=True, slots=True)
class Offers:
    """What makes sense.

    can_step: it only shows a status. hold_at: statuses. held_at: statuses at which it is held now or will be.
    script_hold: the name of the hold of its script at which it is. can_end: cancelled, and let expire. ends: how it
    ends, by the status in which it then is: (status, cancel or expire).
    """

    can_step: bool
    hold_at: Sequence[str]
    held_at: Sequence[str]
    script_hold: str | None
    can_end: bool
    ends: Sequence[tuple[str, str]]

    @property
    def is_any(self) -> bool:
        """Whether there is anything."""
        return self.can_step or self.can_end or bool(self.hold_at or self.held_at or self.script_hold)


async def offers(namespace: Namespace, run_id: str) -> Offers:
    """Return what can be asked of a run; raise the 404 of one that is not there."""
    async with namespace.transaction() as tx:
        row = await run_records.find(tx, run_id)
        asked = await tx.all(RunSignal, run_id=run_id)
    status, waits_for = row["status"], row["waits_for"] or ""
    is_over = status in RUN_TERMINAL or row["deleted"]
    held = holds.statuses_among(asked)
    at = waiting.held_at(waits_for)
    return Offers(
        can_step=waits_for == waiting.GATE,
        hold_at=[] if is_over else [one for one in waiting.HELD_AT if one not in held],
        held_at=[] if is_over else sorted(held),
        script_hold=at if at is not None and at not in held else None,
        can_end=not is_over and status != "cancelling",
        ends=[(at, signal.value) for at, signal in scheduled_ends.ends_among(asked).items()],
    )
