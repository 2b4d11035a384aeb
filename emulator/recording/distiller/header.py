"""The header of a distilled scenario: where it comes from, how faithful it is, and what was lost."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from emulator.domain.instants import FIRST_WIRE, LAST_WIRE
from emulator.recording.distiller.assistants import Assistants
from emulator.recording.distiller.files import Files
from emulator.recording.distiller.options import Fidelity, Options
from emulator.recording.distiller.turns import Lost
from emulator.recording.evidence.exchanges import Tally
from emulator.recording.evidence.known import KnownRun
from emulator.recording.recordings import AnyRecording

_LEVELS: Final[Sequence[Fidelity]] = ("messages_only", "steps", "full")
# The only tools whose calls a client does not see unless it asks for the steps.
_ASKED_OF_CLIENT: Final = frozenset({"function"})
_MOST_NAMED: Final = 5


def fidelity_of(runs: Sequence[KnownRun]) -> Fidelity:
    """Return how much is known of the run of which least is known."""
    return _LEVELS[min((_level(run) for run in runs), default=0)]


def _level(run: KnownRun) -> int:
    if run.stream_ended and run.streamed and not run.cut:
        return 2
    if run.steps_whole:
        return 2 if _has_cuts(run) else 1
    # All that such a run can do is seen without its steps.
    return 1 if _tools_are_known(run) and (run.texts_whole or run.end not in (None, "completed")) else 0


def _has_cuts(run: KnownRun) -> bool:
    said = [message for message in run.messages.values() if message.parts]
    return bool(said) and all(message.pieces or message.refusal for message in said)


def _tools_are_known(run: KnownRun) -> bool:
    """Return whether everything that a run's tools did is known, with or without its steps."""
    if run.steps_whole:
        return True
    tools = run.document.get("tools")
    return isinstance(tools, list) and all(
        isinstance(tool, Mapping) and tool.get("type") in _ASKED_OF_CLIENT for tool in tools
    )


def header(
    recordings: Sequence[AnyRecording],
    runs: Sequence[KnownRun],
    options: Options,
    notes: Sequence[str],
    assistants: Assistants,
) -> dict[str, Any]:
    """Return the header. recordings: those that the scenario was made of, the first first."""
    names = [recording.path.name for recording in recordings]
    time = recorded_at(recordings, runs)
    day = None if time is None else datetime.fromtimestamp(time, UTC).date()
    found: dict[str, Any] = {
        "source": names[0] if len(names) == 1 else names,
        "kind": recordings[0].kind,
        "sha256": recordings[0].sha256[:16],
        "fidelity": fidelity_of(runs),
        "ids": options.ids,
        "drift": options.drift,
    }
    if day is not None and FIRST_WIRE <= day <= LAST_WIRE:
        found["wire"] = day.isoformat()
    if time is not None:
        found["recorded_at"] = datetime.fromtimestamp(int(time), UTC).isoformat().replace("+00:00", "Z")
    if notes:
        found["notes"] = list(notes)
    if assistants.named:
        found["assistants"] = dict(assistants.named)
    return found


def recorded_at(recordings: Sequence[AnyRecording], runs: Sequence[KnownRun]) -> float | None:
    """Return when the recording was made: by its requests, else by the oldest run, message or thread."""
    for recording in recordings:
        for exchange in getattr(recording, "exchanges", ()):
            if exchange.at is not None:
                return float(exchange.at)
    times = [run.created_at for run in runs] + [one.created_at for run in runs for one in run.messages.values()]
    return min((time for time in times if time), default=None)


def notes_of(
    recordings: Sequence[AnyRecording],
    tallies: Sequence[Tally],
    runs: Sequence[KnownRun],
    lost: Lost,
    files: Files,
    masked: int,
) -> list[str]:
    """Return what is lost or different, in words that help."""
    notes = [note for recording in recordings for note in recording.notes]
    notes += _of_runs(runs, lost)
    notes += _of_files(files)
    notes += _of_traffic(tallies, runs)
    if masked:
        notes.append(f"{_count(masked, 'text')} held keys or other secrets, which are masked")
    return list(dict.fromkeys(notes))


def _of_runs(runs: Sequence[KnownRun], lost: Lost) -> list[str]:
    notes = []
    blind = [run for run in runs if not _tools_are_known(run)]
    if blind:
        what = "what built-in tools did is not known"
        of = f"{len(blind)} of {len(runs)} runs" if len(runs) > 1 else "the run"
        notes.append(f"the steps of {of} were never fetched: {what}")
    open_ended = [run for run in runs if run.end is None and run.status != "requires_action" and not run.cancelled]
    if open_ended:
        notes.append(
            f"the end of {_count(len(open_ended), 'run')} was never recorded: the turn ends after what is known"
        )
    waiting = [run for run in runs if run.status == "requires_action"]
    if waiting:
        notes.append(
            f"{_count(len(waiting), 'run')} waited for outputs that were never sent: the turn ends with the call"
        )
    stand_ins = [run for run in runs if run.stand_in]
    if stand_ins:
        notes.append(f"{_count(len(stand_ins), 'run')} known by messages alone: taken as completed")
    broken = [run for run in runs if run.error_event is not None]
    if broken:
        notes.append(
            f"{_count(len(broken), 'stream')} ended in an error of the server, which the scenario does not repeat"
        )
    if lost.texts:
        notes.append(f"the text of {_count(lost.texts, 'message')} was never fetched")
    notes += [f"calls of {kind} are left out: it is no tool that scripts can use" for kind in lost.tools]
    notes += [
        f"runs that failed with {code} fail with server_error, since scripts do not know it" for code in lost.codes
    ]
    return notes


def _of_files(files: Files) -> list[str]:
    notes = []
    if files.stand_ins:
        notes.append(f"{_count(len(files.stand_ins), 'image')} shown by a stand-in: the bytes are not in the recording")
    if files.unknown:
        named = ", ".join(list(files.unknown)[:_MOST_NAMED]) + (", …" if len(files.unknown) > _MOST_NAMED else "")
        notes.append(
            f"{_count(len(files.unknown), 'file')} cited by id, since the name is not in the recording: {named}"
        )
    return notes


def _of_traffic(tallies: Sequence[Tally], runs: Sequence[KnownRun]) -> list[str]:
    notes = []
    polls = sum(run.polls for run in runs)
    if polls:
        notes.append(f"{_count(polls, 'poll')} collapsed")
    elsewhere = sum((tally.elsewhere for tally in tallies), start=type(tallies[0].elsewhere)()) if tallies else {}
    for path, count in list(elsewhere.items())[:_MOST_NAMED]:
        notes.append(f"{_count(count, 'request')} to {path} not part of it")
    if len(elsewhere) > _MOST_NAMED:
        notes.append(f"requests to {_count(len(elsewhere) - _MOST_NAMED, 'further path')} not part of it")
    failed, refused = sum(tally.failed for tally in tallies), sum(tally.refused for tally in tallies)
    if failed:
        notes.append(f"{_count(failed, 'answer')} with a status of 500 or more left out: faults repeat them")
    if refused:
        notes.append(f"{_count(refused, 'refused request')} left out: the emulator refuses by its own rules")
    if broken := sum(tally.broken for tally in tallies):
        notes.append(f"{_count(broken, 'answer')} could not be read")
    if cut := sum(tally.cut for tally in tallies):
        notes.append(f"{_count(cut, 'stream')} broke off: what came until then is kept")
    return notes


def _count(number: int, noun: str) -> str:
    """Return a number and what it counts."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
