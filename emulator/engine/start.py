"""Starting a run, and resuming it after a restart."""

from collections.abc import Mapping, Sequence
from typing import Any

from emulator.domain import refusals
from emulator.domain.actions import Fail
from emulator.domain.ports import Turn, UnmatchedError
from emulator.domain.view import AttachedFile, ModelView
from emulator.engine.namespace import Namespace
from emulator.engine.prompt import model_view
from emulator.engine.run_task import RunTask
from emulator.engine.script_player import as_turn, broken
from emulator.store.documents import Unit
from emulator.store.tables import Run, RunAction


def begin(
    namespace: Namespace,
    unit: Unit,
    run: dict[str, Any],
    *,
    assistant: Mapping[str, Any],
    thread: Mapping[str, Any],
    messages: Sequence[Mapping[str, Any]],
    files: Sequence[AttachedFile],
    stores: Sequence[str] = (),
) -> RunTask:
    """Let the namespace's scripts choose the turn that answers a run; return its task, to be launched after the commit.

    Raises `ApiError` where an unmatched run is to be refused; the unit is then to be dropped.
    """
    memory = namespace.memory(run["thread_id"], run["assistant_id"])
    turn_number = namespace.documents.count(Run, namespace.name, thread_id=run["thread_id"]) + 1
    view = model_view(
        run,
        assistant=assistant,
        thread=thread,
        messages=messages,
        files=files,
        stores=stores,
        turn=turn_number,
        memory=memory,
        day=namespace.config.wire,
    )
    turn = _choose(namespace, unit, view)
    namespace.count_use(unit, turn, memory)
    play = {"script_version": namespace.script_version, "turn": turn.name, "key": turn.key}
    unit.update(Run, run["id"], view=view, play=play)
    return RunTask(namespace, run, view, turn, namespace.script_version)


def _choose(namespace: Namespace, unit: Unit, view: ModelView) -> Turn:
    try:
        return as_turn(namespace.backend(namespace.script_version).turn(view))
    except UnmatchedError as unmatched:
        # A refusal drops all that was to be written, but the report has to outlive it.
        reported = namespace.unit() if unmatched.http_error else unit
        namespace.report(reported, "unmatched", view.run_id, message=unmatched.message, near=list(unmatched.near))
        if unmatched.http_error:
            reported.commit()
            namespace.warn_of_script(view.run_id, unmatched.message)
            raise refusals.scripted_refusal(unmatched.message) from unmatched
        return Turn(iter([Fail("server_error", unmatched.message)]))
    except Exception as error:  # noqa: BLE001 - whatever a user's backend raises is the run's failure, not the server's
        message = f"[emulator] script raised {type(error).__name__}: {error}"
        namespace.report(unit, "script", view.run_id, message=message)
        return Turn(iter([Fail("server_error", message)]))


def resume(namespace: Namespace, run_id: str) -> None:
    """Go on with a run that the last server left unfinished: its script is played again against the action log."""
    row = namespace.documents.get(Run, namespace.name, run_id, heavy=True)
    if row is None:
        raise LookupError(f"run {run_id} is gone")
    view = ModelView.from_json(row["view"])
    try:
        turn = as_turn(namespace.backend(row["play"]["script_version"]).turn(view))
    except Exception as error:  # noqa: BLE001 - as above
        turn = broken(f"[emulator] the script cannot continue after a restart: {error}")
    task = RunTask(namespace, dict(row["doc"]), view, turn, row["play"]["script_version"])
    task.launch(namespace.documents.all(RunAction, namespace.name, run_id=run_id))
