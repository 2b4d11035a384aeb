"""Moving a run by hand, from one status that a client can see to another."""

from dataclasses import dataclass
from typing import Any

from emulator.domain import errors
from emulator.engine.world import World
from emulator.store.documents import Row
from emulator.store.journal import Follower
from emulator.store.tables import Run, RunStep


@dataclass(frozen=True, slots=True)
class Stepped:
    """How far a run came. reached: whether that is where it was to go; fired: the events on the way."""

    run: dict[str, Any]
    reached: bool
    fired: list[str]


async def step(world: World, run_id: str, until: str | None) -> Stepped:
    """Let a run go on until something holds, or until only the clock or the client can move it.

    until: a status, ``settled``, ``step:N`` (it has N steps), ``event:NAME``, ``hold:NAME``; None is one status on.
    """
    thread_id = _row(world, run_id)["thread_id"]
    follower = world.documents.journal.follow(world.name, run_id)
    fired: list[str] = []
    try:
        await world.settle(thread_id)
        reached = until is not None and _holds(world, run_id, until, fired)
        while not reached:
            driver = world.drivers.get(thread_id)
            if driver is None or driver.run["id"] != run_id or not driver.go_on():
                reached = until == "settled"
                break
            await world.settle(thread_id)
            fired += _heard(follower)
            reached = until is None or _holds(world, run_id, until, fired)
    finally:
        follower.leave()
    return Stepped(dict(_row(world, run_id)["doc"]), reached, fired)


def _row(world: World, run_id: str) -> Row:
    row = world.documents.get(Run, world.name, run_id)
    if row is None:
        raise errors.not_found("run", run_id)
    return row


def _heard(follower: Follower) -> list[str]:
    return [entry.event for entry in follower.take()]


def _holds(world: World, run_id: str, until: str, fired: list[str]) -> bool:
    kind, _, what = until.partition(":")
    row = _row(world, run_id)
    match kind:
        case "event":
            return what in fired
        case "step":
            return what.isdigit() and len(world.documents.all(RunStep, world.name, run_id=run_id)) >= int(what)
        case "hold":
            driver = world.drivers.get(row["thread_id"])
            return driver is not None and driver.held_at() == what
        case _:
            return bool(row["status"] == until)
