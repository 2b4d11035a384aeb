"""How much a recording shows of its runs."""

from collections.abc import Mapping, Sequence
from typing import Final

from emulator.recording.distiller.options import Fidelity
from emulator.recording.evidence.known import KnownRun

_LEVELS: Final[Sequence[Fidelity]] = ("messages_only", "steps", "full")
# What a client does not see unless it asks for the steps are the calls of all other tools.
_ASKED_OF_CLIENT: Final = "function"


def fidelity_of(runs: Sequence[KnownRun]) -> Fidelity:
    """Return how much is known of the run of which least is known."""
    return _LEVELS[min((_level(run) for run in runs), default=0)]


def tools_are_known(run: KnownRun) -> bool:
    """Return whether everything that a run's tools did is known: by its steps, or since all was asked of the client."""
    if run.steps_whole:
        return True
    tools = run.document.get("tools")
    return isinstance(tools, list) and all(
        isinstance(one, Mapping) and one.get("type") == _ASKED_OF_CLIENT for one in tools
    )


def _level(run: KnownRun) -> int:
    if run.end is None and run.status != "requires_action":
        return 0
    most = 2 if run.stream_error is None else 1
    if run.streamed and run.stream_ended:
        return most
    if not tools_are_known(run) or (run.end == "completed" and not run.texts_whole and not run.messages):
        return 0
    return most if run.steps_whole and _has_cuts(run) else 1


def _has_cuts(run: KnownRun) -> bool:
    said = [message for message in run.messages.values() if message.parts]
    return bool(said) and all(message.pieces or message.refusal for message in said)
