"""The turn of a run: chosen by the scripts when the run begins, and found again when it goes on from the store."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from emulator.domain.actions import Fail
from emulator.domain.caller import Caller
from emulator.domain.past_steps import PastStep, steps_from_json
from emulator.domain.ports import Turn, UnmatchedError, Usage, remembers
from emulator.domain.view import Memory, ModelView
from emulator.engine.continuation import continued
from emulator.engine.namespace import Namespace
from emulator.engine.script_player import as_turn, broken
from emulator.engine.token_quota import shortage_of, turn_without_tokens
from emulator.store.documents import Row, Transaction
from emulator.store.tables import Run

# What a run is played with that belongs to its turn.
_OF_THE_TURN = ("script_version", "digest", "turn", "key", "script", "place", "usage")


async def informed(namespace: Namespace, tx: Transaction, view: ModelView) -> ModelView:
    """Return a view with all that the namespace's scripts remember and need to choose a turn for it."""
    try:
        backend = await namespace.backend(tx, namespace.script_version)
        keys = backend.memory_keys(view) if remembers(backend) else ()
    except Exception:  # noqa: BLE001 - what is wrong with them is said where the turn is chosen
        return view
    if not keys:
        return view
    scopes = {**view.memory.scopes, **await namespace.recall(tx, keys)}
    return replace(view, memory=replace(view.memory, scopes=scopes))


async def begin(
    namespace: Namespace,
    tx: Transaction,
    row: Row,
    view: ModelView,
    memory: Memory,
    *,
    caller: Caller,
    past: Sequence[PastStep] = (),
) -> dict[str, Any]:
    """Let the namespace's scripts choose the turn that answers a run, and launch it; return what it is played with.

    row: the columns that the run has so far, in ``play`` what is its API's own. caller: who has begun it. past: what
    the client brought of the turn. Raises `UnmatchedError` where an unmatched run is to be refused.
    """
    short = await shortage_of(namespace, tx, view, caller.payer)
    turn, failure = await _choose(namespace, tx, view) if short is None else (turn_without_tokens(short), None)
    await namespace.count_use(tx, turn, memory)
    for key, value in turn.remember.items():
        await namespace.remember(tx, key, value)
    _report_drift(namespace, tx, view.run_id, turn.drift)
    usage = None if turn.usage is None else asdict(turn.usage)
    script, place = _named(turn.script), _written_at(turn)
    about = {
        "turn": turn.name,
        "key": turn.key,
        "script": script,
        "place": place,
        "usage": usage,
        "mount": caller.mount,
    }
    if caller.payer is not None:
        about |= {"payer": caller.payer, "short": short}
    if failure is not None:
        about["failure"] = failure
    play = {**await namespace.keep_scripts(namespace, tx), **about, **row.get("play", {})}
    await namespace.runs.launch(tx, {**row, "play": play}, view, continued(turn, past, begins=True))
    return play


def _named(script: str | None) -> str | None:
    """Return the name of a script; not every name of a file is Unicode."""
    return None if script is None else script.encode(errors="replace").decode()


def _written_at(turn: Turn) -> str | None:
    """Return the file and the line in which a turn begins, if that is known."""
    place = turn.written_at()
    return None if place is None else f"{_named(place.file)}:{place.line}"


async def _choose(namespace: Namespace, tx: Transaction, view: ModelView) -> tuple[Turn, str | None]:
    """Return the turn that fits; where none does, or the script breaks, one that fails, and with what."""
    try:
        backend = await namespace.backend(tx, namespace.script_version)
        return as_turn(backend.turn(view)), None
    except UnmatchedError as unmatched:
        unmatched.run_id = view.run_id
        if unmatched.http_error:
            raise
        report_unmatched(namespace, tx, unmatched)
        return _failing(unmatched.message), unmatched.message
    except Exception as error:  # noqa: BLE001 - whatever a user's backend raises is the run's failure, not the server's
        message = f"[emulator] script raised {type(error).__name__}: {error}"
        namespace.report(tx, "script", view.run_id, message=message)
        return _failing(message), message


def _failing(message: str) -> Turn:
    return Turn(iter([Fail("server_error", message)]))


def report_unmatched(namespace: Namespace, tx: Transaction, unmatched: UnmatchedError) -> None:
    """Report a run that no turn fits."""
    namespace.report(tx, "unmatched", unmatched.run_id or "", message=unmatched.message, near=list(unmatched.near))
    _report_drift(namespace, tx, unmatched.run_id or "", unmatched.drift)


def _report_drift(namespace: Namespace, tx: Transaction, run_id: str, drift: Sequence[Mapping[str, Any]]) -> None:
    for line in drift:
        namespace.report(tx, "drift", run_id, **line)


async def go_on(
    namespace: Namespace, tx: Transaction, row: Row, view: ModelView, play: Mapping[str, Any]
) -> dict[str, Any]:
    """Launch a run that goes on with a turn that another one began; return what it is played with.

    play: with ``began``, the id of that run, and ``past``, the steps that the turn has behind it.
    """
    first = await tx.get(Run, play["began"], heavy=True, deleted=True)
    if first is None or first["play"] is None:
        raise LookupError(f"{play['began']}, which began the turn, is gone")
    kept = {name: value for name, value in first["play"].items() if name in _OF_THE_TURN}
    whole = {**kept, **play}
    try:
        await namespace.backend(tx, whole["script_version"])
    except LookupError:
        message = "the scripts with which the turn began are gone: it goes on with those of now"
        namespace.report(tx, "script", view.run_id, message=message, strict=True)
        whole |= await namespace.keep_scripts(namespace, tx)
    turn = await stored_turn(namespace, tx, {**row, "play": whole}, view)
    await namespace.runs.launch(tx, {**row, "play": whole}, view, turn)
    return whole


async def stored_turn(namespace: Namespace, tx: Transaction, row: Row, view: ModelView) -> Turn:
    """Return the turn of a run that is in the store: from its beginning, or from where another run has left it."""
    turn = await _turn_again(namespace, tx, row, await _first_view(tx, row, view))
    if "began" in row["play"]:
        turn = replace(turn, usage=stored_usage(row))  # it is shared out over all runs of the turn
    past = row["play"].get("past")
    is_first = row["play"].get("began") in (None, row["id"])
    return continued(turn, steps_from_json(past), begins=is_first) if past else turn


async def _first_view(tx: Transaction, row: Row, view: ModelView) -> ModelView:
    """Return what the model was given where the turn of a run began."""
    began = row["play"].get("began")
    if began in (None, row["id"]):
        return view
    first = await tx.get(Run, began, heavy=True, deleted=True)
    return view if first is None or first["view"] is None else ModelView.from_json(first["view"])


async def _turn_again(namespace: Namespace, tx: Transaction, row: Row, view: ModelView) -> Turn:
    if (short := row["play"].get("short")) is not None:
        return turn_without_tokens(short)
    if (failure := row["play"].get("failure")) is not None:
        return _failing(failure)
    try:
        backend = await namespace.backend(tx, row["play"]["script_version"])
        turn = as_turn(backend.turn(view))
    except Exception as error:  # noqa: BLE001 - as above
        if namespace.has_changed(row["play"]):
            return broken(f"[emulator] the script changed since this run began, and cannot continue: {error}")
        return broken(f"[emulator] the script cannot continue after a restart: {error}")
    return turn


def stored_usage(row: Row) -> Usage | None:
    """Return what the turn of a stored run costs, if its script says it."""
    usage = row["play"].get("usage")
    return None if usage is None else Usage(**usage)
