"""Beginning a run, and going on with it after a restart."""

from collections.abc import Mapping, Sequence
from typing import Any

from emulator.domain import errors
from emulator.domain.actions import Fail
from emulator.domain.ports import Turn, UnmatchedError
from emulator.domain.view import AttachedFile, ModelView
from emulator.engine.driver import Driver
from emulator.engine.playing import as_turn, broken
from emulator.engine.seeing import see
from emulator.engine.world import World
from emulator.store.documents import Row, Unit
from emulator.store.tables import Run, RunAction


def begin(
    world: World,
    unit: Unit,
    run: dict[str, Any],
    *,
    assistant: Mapping[str, Any],
    thread: Mapping[str, Any],
    messages: Sequence[Mapping[str, Any]],
    files: Sequence[AttachedFile],
    stores: Sequence[str] = (),
) -> Driver:
    """Let the world's scripts choose the turn that answers a run; return its driver, to be launched after the commit.

    Raises `ApiError` where an unmatched run is to be refused; the unit is then to be dropped.
    """
    memory = world.memory(run["thread_id"], run["assistant_id"])
    turn_number = world.documents.count(Run, world.name, thread_id=run["thread_id"]) + 1
    view = see(
        run,
        assistant=assistant,
        thread=thread,
        messages=messages,
        files=files,
        stores=stores,
        turn=turn_number,
        memory=memory,
        day=world.setup["wire"],
    )
    turn = _choose(world, unit, view)
    world.count_use(unit, turn, memory)
    play = {"script_version": world.script_version, "turn": turn.name, "key": turn.key}
    unit.update(Run, run["id"], view=view, play=play)
    return Driver(world, run, view, turn, world.script_version)


def _choose(world: World, unit: Unit, view: ModelView) -> Turn:
    try:
        return as_turn(world.backend(world.script_version).turn(view))
    except UnmatchedError as unmatched:
        # A refusal drops all that was to be written, but the report has to outlive it.
        told = world.unit() if unmatched.http_error else unit
        world.report(told, "unmatched", view.run_id, message=unmatched.message, near=list(unmatched.near))
        if unmatched.http_error:
            told.commit()
            raise errors.scripted_refusal(unmatched.message) from unmatched
        return Turn(iter([Fail("server_error", unmatched.message)]))
    except Exception as error:  # noqa: BLE001 - whatever a user's backend raises is the run's failure, not the server's
        message = f"[emulator] script raised {type(error).__name__}: {error}"
        world.report(unit, "script", view.run_id, message=message)
        return Turn(iter([Fail("server_error", message)]))


def resume(world: World, row: Row) -> Driver:
    """Go on with a run that the last server left unfinished: its script is played again against the action log."""
    view = ModelView.from_json(row["view"])
    try:
        turn = as_turn(world.backend(row["play"]["script_version"]).turn(view))
    except Exception as error:  # noqa: BLE001 - as above
        turn = broken(f"[emulator] the script cannot go on after a restart: {error}")
    driver = Driver(world, dict(row["doc"]), view, turn, row["play"]["script_version"])
    driver.launch(world.documents.all(RunAction, world.name, run_id=row["id"]))
    return driver
