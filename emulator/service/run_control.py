"""Moving a run by hand: from one status that a client can see to another, and on from where a script holds it."""

from dataclasses import dataclass
from typing import Any

from emulator.domain import refusals
from emulator.domain.errors import ApiError
from emulator.engine.namespace import Namespace
from emulator.store.documents import Row
from emulator.store.journal import Follower
from emulator.store.tables import Run, RunStep


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
    thread_id = _row(namespace, run_id)["thread_id"]
    follower = namespace.documents.journal.follow(namespace.name, run_id)
    fired: list[str] = []
    try:
        await namespace.runs.settle(thread_id)
        reached = until is not None and _holds(namespace, run_id, until, fired)
        while not reached:
            task = namespace.runs.active(thread_id)
            if task is None or task.run["id"] != run_id or not task.resume():
                reached = until == "settled"
                break
            await namespace.runs.settle(thread_id)
            fired += _events(follower)
            reached = until is None or _holds(namespace, run_id, until, fired)
    finally:
        follower.leave()
    return Progress(dict(_row(namespace, run_id)["doc"]), reached, fired)


async def release(namespace: Namespace, run_id: str, hold: str) -> dict[str, Any]:
    """Release a run that its script holds at a breakpoint; return it settled. Raises the 404 of one that is not."""
    task = namespace.runs.find(run_id)
    if task is None or not task.release(hold):
        raise ApiError(404, f"No run '{run_id}' is held at '{hold}'.")
    await task.settled.wait()
    return task.run


def _row(namespace: Namespace, run_id: str) -> Row:
    row = namespace.documents.get(Run, namespace.name, run_id)
    if row is None:
        raise refusals.not_found("run", run_id)
    return row


def _events(follower: Follower) -> list[str]:
    return [entry.event for entry in follower.take()]


def _holds(namespace: Namespace, run_id: str, until: str, fired: list[str]) -> bool:
    kind, _, what = until.partition(":")
    row = _row(namespace, run_id)
    match kind:
        case "event":
            return what in fired
        case "step":
            return what.isdigit() and len(namespace.documents.all(RunStep, namespace.name, run_id=run_id)) >= int(what)
        case "hold":
            task = namespace.runs.active(row["thread_id"])
            return task is not None and task.held_at() == what
        case _:
            return bool(row["status"] == until)
