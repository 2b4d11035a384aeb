"""Moving a run by hand: from one status that a client can see to another, held at one, and to an early end."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from emulator.domain import refusals, waiting
from emulator.domain.destinations import Destination, destination, has_steps
from emulator.domain.errors import ApiError
from emulator.domain.lifecycle import RUN, RUN_TERMINAL, Signal
from emulator.domain.nearest import did_you_mean
from emulator.engine import holds, next_run, scheduled_ends
from emulator.engine.namespace import Namespace
from emulator.engine.next_run import NEXT
from emulator.store.documents import Row, Transaction
from emulator.store.tables import Run, RunStep

# The statuses at which a run can be cancelled, and can expire.
ENDED_AT: Final = tuple(status for status, row in RUN.items() if {Signal.CANCEL, Signal.EXPIRE} <= row.keys())


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run came. reached: whether that is where it was to go; fired: the events on the way."""

    run: dict[str, Any]
    reached: bool
    fired: list[str]


# --- steps ----------------------------------------------------------------------------------------------------------


async def step(namespace: Namespace, run_id: str, until: str | None) -> Progress:
    """Let a run continue until something holds it, or until only the clock or the client can move it.

    until: a status, ``settled``, ``step:N`` (it has N steps), ``event:NAME``, ``hold:NAME``; None is one status on.
    """
    goal = None if until is None else _goal(until)
    thread_id = await _thread_of(namespace, run_id)
    follower = namespace.documents.journal.follow(namespace.name, run_id)
    fired: list[str] = []
    is_first = True
    try:
        while True:
            async with namespace.transaction(thread=thread_id) as tx:
                row = await _find(tx, run_id)
                await follower.catch_up(tx.session)
                fired += [] if is_first else [name for entry in follower.take() for name in entry.names]
                reached = not is_first if goal is None else await _is_at(tx, row, goal, fired)
                is_settled = row["waits_for"] != waiting.GATE
                if reached or is_settled:
                    return Progress(dict(row["doc"]), reached or (goal is not None and goal.kind == "settled"), fired)
                await namespace.runs.signal(tx, row, Signal.STEP)
            is_first = False
    finally:
        follower.leave()


def _goal(until: str) -> Destination:
    try:
        return destination(until)
    except ValueError as error:
        raise ApiError(400, f"until: {error}.", param="until") from None


async def _is_at(tx: Transaction, row: Row, goal: Destination, fired: list[str]) -> bool:
    """Return whether a run is where it was to go; one that is to settle is there when it goes no further."""
    match goal.kind:
        case "event":
            return goal.what in fired
        case "step":
            return has_steps(await tx.count(RunStep, run_id=row["id"]), goal.what)
        case "hold":
            return bool(row["waits_for"] == waiting.hold(goal.what))
        case "status":
            return bool(row["status"] == goal.what)
        case "settled":
            return False


# --- holds ----------------------------------------------------------------------------------------------------------


async def hold(namespace: Namespace, run_id: str, status: str) -> dict[str, Any] | None:
    """Hold a run at a status, until it is released from there; return it, None for the next one.

    run_id: `NEXT` for the next run that is created. Raises `ApiError` for a status at which a hold makes no sense.
    """
    _check_status(status)
    if run_id == NEXT:
        async with namespace.transaction() as tx:
            await holds.place(tx, NEXT, status)
            next_run.expect(namespace, tx)
        return None
    thread_id = await _thread_of(namespace, run_id)
    async with namespace.transaction(thread=thread_id, unless_reachable=True) as tx:
        row = await _find(tx, run_id)
        if row["status"] in RUN_TERMINAL:
            raise ApiError(400, f"The run '{run_id}' is {row['status']}: it cannot be held any more.")
        await namespace.runs.hold(tx, row, status)
    return await _read(namespace, thread_id, run_id, unless_reachable=True)


def _check_status(status: str) -> None:
    if status in waiting.HELD_AT:
        return
    if status == "requires_action":
        why = "a run stays in requires_action anyway, until its client submits outputs or it ends"
    elif status in RUN_TERMINAL:
        why = f"a run that is {status} is over, and stays so"
    else:
        why = f"there is no status {status!r}{did_you_mean(status, RUN)}"
    raise ApiError(400, f"at: {why}; a run can be held at {_listed(waiting.HELD_AT)}.", param="at")


def _listed(statuses: Sequence[str]) -> str:
    return f"{', '.join(statuses[:-1])} and {statuses[-1]}"


async def release_status(namespace: Namespace, run_id: str, status: str) -> dict[str, Any] | None:
    """Release a run from a status at which it is held, as `release` does."""
    _check_status(status)
    return await release(namespace, run_id, status)


async def release(namespace: Namespace, run_id: str, name: str) -> dict[str, Any] | None:
    """Release a run from where it is held, a status or a hold of its script; return it settled, None for the next one.

    Raises the 404 of a run that is not held there, which says where it is.
    """
    if run_id == NEXT:
        async with namespace.transaction() as tx:
            if not await holds.lift(tx, NEXT, name):
                where = _where(await holds.statuses(tx, NEXT))
                raise ApiError(404, f"The next run will not be held at '{name}'; {where}.")
        return None
    thread_id = await _thread_of(namespace, run_id)
    async with namespace.transaction(thread=thread_id) as tx:
        row = await _find(tx, run_id)
        if not await namespace.runs.lift(tx, row, name):
            if row["waits_for"] != waiting.hold(name):
                elsewhere = await holds.statuses(tx, run_id)
                raise ApiError(404, f"No run '{run_id}' is held at '{name}'; {_state(row, elsewhere)}.")
            await namespace.runs.signal(tx, row, Signal.RELEASE, name=name)
        namespace.note_read(tx, row["thread_id"], run_id)  # whoever decides when the run goes on races nobody
    return await _read(namespace, thread_id, run_id)


def _state(row: Row, held: frozenset[str]) -> str:
    """Return where a run is, and where it will be held."""
    waits_for = row["waits_for"] or ""
    at = waiting.held_at(waits_for)
    if at is not None:
        return f"it is held at '{at}'"
    if row["status"] in RUN_TERMINAL:
        return f"it is {row['status']}"
    later = f", and {_where(held)}" if held else ""
    return f"it is {row['status']}{f' and waits for {waits_for}' if waits_for else ''}{later}"


def _where(held: frozenset[str]) -> str:
    return f"it will be held at {' and '.join(repr(at) for at in sorted(held))}" if held else "nothing holds it"


# --- ends -----------------------------------------------------------------------------------------------------------


async def cancel(namespace: Namespace, run_id: str, at: str | None = None) -> dict[str, Any] | None:
    """Begin to cancel a run, as its client would; return it, None for the next one.

    at: the status in which it is cancelled, as soon as it is there; None: now. run_id: `NEXT` for the next run that is
    created. Raises what the client would be refused with.
    """
    _check_end(run_id, at)
    if run_id == NEXT:
        await _end_next(namespace, at, Signal.CANCEL)
        return None
    thread_id = await _thread_of(namespace, run_id)
    async with namespace.transaction(thread=thread_id, unless_reachable=True) as tx:
        row = await _find(tx, run_id)
        if row["doc"]["object"] == "response" and row["status"] in RUN_TERMINAL:
            return _cancelled(row)
        if row["status"] in RUN_TERMINAL or row["status"] == "cancelling":
            raise refusals.cannot_cancel_run(row["status"])
        await _end(namespace, tx, row, at, Signal.CANCEL)
        return dict((await _find(tx, run_id))["doc"])


async def expire(namespace: Namespace, run_id: str, at: str | None = None) -> dict[str, Any] | None:
    """Let a run expire, as the clock would at its `expires_at`; return it, None for the next one.

    at, run_id: as of `cancel`. Raises `ApiError` where it cannot expire.
    """
    _check_end(run_id, at)
    if run_id == NEXT:
        await _end_next(namespace, at, Signal.EXPIRE)
        return None
    thread_id = await _thread_of(namespace, run_id)
    async with namespace.transaction(thread=thread_id, unless_reachable=True) as tx:
        row = await _find(tx, run_id)
        if row["status"] in RUN_TERMINAL:
            raise ApiError(400, f"The run '{run_id}' is {row['status']}: it cannot expire any more.")
        if row["status"] == "cancelling":
            raise ApiError(400, f"The run '{run_id}' is cancelling: it ends as cancelled, and does not expire.")
        await _end(namespace, tx, row, at, Signal.EXPIRE)
        is_now = at in (None, row["status"])
    return await _read(namespace, thread_id, run_id, unless_reachable=not is_now)


def _cancelled(row: Row) -> dict[str, Any]:
    """Return a response that was cancelled before; raise what the client of another one would be refused with."""
    from emulator.domain import response_refusals  # noqa: PLC0415 - loaded once there is a response

    if row["status"] != "cancelled":
        raise response_refusals.cancel_over(row["status"])
    return dict(row["doc"])


def _check_end(run_id: str, at: str | None) -> None:
    """Refuse a status at which a run cannot be ended, and the next run where no status is given."""
    if at in ENDED_AT:
        return
    if at is None and run_id != NEXT:
        return
    if at is None:
        why = "the next run does not exist yet: say in which status it is to end"
    elif at == "cancelling":
        why = "a run that is cancelling ends as cancelled"
    elif at in RUN_TERMINAL:
        why = f"a run that is {at} is over, and stays so"
    else:
        why = f"there is no status {at!r}{did_you_mean(at, RUN)}"
    raise ApiError(400, f"at: {why}; a run can be cancelled, and expire, at {_listed(ENDED_AT)}.", param="at")


async def _end_next(namespace: Namespace, at: str | None, signal: Signal) -> None:
    async with namespace.transaction() as tx:
        await scheduled_ends.schedule(tx, NEXT, at or "", signal)
        next_run.expect(namespace, tx)


async def _end(namespace: Namespace, tx: Transaction, row: Row, at: str | None, signal: Signal) -> None:
    """End a run by a signal: now, or as soon as it is in a status."""
    namespace.note_read(tx, row["thread_id"], row["id"])  # as above
    if at in (None, row["status"]):
        await namespace.runs.signal(tx, row, signal)
    else:
        await namespace.runs.end_at(tx, row, at, signal)


# --- finding --------------------------------------------------------------------------------------------------------


async def _thread_of(namespace: Namespace, run_id: str) -> str:
    async with namespace.transaction() as tx:
        thread_id: str = (await _find(tx, run_id))["thread_id"]
        return thread_id


async def _read(namespace: Namespace, thread_id: str, run_id: str, *, unless_reachable: bool = False) -> dict[str, Any]:
    """Return a run, settled; unless_reachable: or while code of it is running."""
    async with namespace.transaction(thread=thread_id, unless_reachable=unless_reachable) as tx:
        return dict((await _find(tx, run_id))["doc"])


async def _find(tx: Transaction, run_id: str) -> Row:
    row = await tx.get(Run, run_id)
    if row is None:
        raise refusals.not_found("run", run_id)
    return row
