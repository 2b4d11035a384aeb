"""Moving a run by hand: from one status that a client can see to another, and on from where a script holds it."""

from dataclasses import dataclass
from typing import Any, Final

from emulator.domain import refusals, waiting
from emulator.domain.errors import ApiError
from emulator.domain.lifecycle import Signal
from emulator.engine.namespace import Namespace
from emulator.store.documents import Row, Transaction
from emulator.store.tables import Run, RunStep

_LONG: Final = 10  # digits of a number of steps that no run has


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run came. reached: whether that is where it was to go; fired: the events on the way."""

    run: dict[str, Any]
    reached: bool
    fired: list[str]


async def step(namespace: Namespace, run_id: str, until: str | None) -> Progress:
    """Let a run continue until something holds it, or until only the clock or the client can move it.

    until: a status, ``settled``, ``step:N`` (it has N steps), ``event:NAME``, ``hold:NAME``; None is one status on.
    """
    async with namespace.transaction() as tx:
        thread_id = (await _find(tx, run_id))["thread_id"]
    follower = namespace.documents.journal.follow(namespace.name, run_id)
    fired: list[str] = []
    is_first = True
    try:
        while True:
            async with namespace.transaction(thread=thread_id) as tx:
                row = await _find(tx, run_id)
                fired += [] if is_first else [name for entry in follower.take() for name in entry.names]
                reached = (until is None and not is_first) or await _holds(tx, row, until, fired)
                if reached or row["waits_for"] != waiting.GATE:
                    return Progress(dict(row["doc"]), reached or until == "settled", fired)
                await namespace.runs.signal(tx, row, Signal.STEP)
            is_first = False
    finally:
        follower.leave()


async def release(namespace: Namespace, run_id: str, hold: str) -> dict[str, Any]:
    """Release a run that its script holds at a breakpoint; return it settled. Raises the 404 of one that is not."""
    async with namespace.transaction() as tx:
        row = await tx.get(Run, run_id)
    thread_id = row["thread_id"] if row is not None else None
    async with namespace.transaction(thread=thread_id) as tx:
        row = await tx.get(Run, run_id)
        if row is None or row["waits_for"] != waiting.hold(hold):
            raise ApiError(404, f"No run '{run_id}' is held at '{hold}'.")
        namespace.hints.read(row["thread_id"], run_id)  # whoever decides when the run goes on races nobody
        await namespace.runs.signal(tx, row, Signal.RELEASE, name=hold)
    async with namespace.transaction(thread=thread_id) as tx:
        return dict((await _find(tx, run_id))["doc"])


async def _find(tx: Transaction, run_id: str) -> Row:
    row = await tx.get(Run, run_id)
    if row is None:
        raise refusals.not_found("run", run_id)
    return row


async def _holds(tx: Transaction, row: Row, until: str | None, fired: list[str]) -> bool:
    """Return whether a run is where it was to go."""
    if until is None:
        return False
    kind, _, what = until.partition(":")
    match kind:
        case "event":
            return what in fired
        case "step":
            return (
                what.isascii()
                and what.isdigit()
                and len(what) < _LONG
                and len(await tx.all(RunStep, run_id=row["id"])) >= int(what)
            )
        case "hold":
            return bool(row["waits_for"] == waiting.hold(what))
        case _:
            return bool(row["status"] == until)
