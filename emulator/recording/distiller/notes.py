"""What a scenario lacks of its recording, in words that help whoever plays it."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Final

from emulator.recording.distiller.conversation import Conversation
from emulator.recording.distiller.fidelity import tools_are_known
from emulator.recording.distiller.files import Files
from emulator.recording.distiller.turns import Lost
from emulator.recording.evidence.exchanges import Tally
from emulator.recording.evidence.known import KnownRun, StreamError
from emulator.recording.formats.exports import join
from emulator.recording.recordings import Export

_MOST_NAMED: Final = 5
# Of an error that a note shows, in characters of JSON.
_LONGEST_ERROR: Final = 1_000


def notes_of(found: Conversation, lost: Lost, files: Files) -> Iterator[str]:
    """Yield what is lost or different."""
    exports = [recording for recording in found.recordings if isinstance(recording, Export)]
    for recording in found.recordings:
        if not isinstance(recording, Export):
            yield from recording.notes
    if exports:
        yield from join(exports).notes  # what one of them lacks, another may hold
    yield from _of_runs(found.runs)
    yield from _of_turns(lost)
    yield from _of_files(files)
    polls = sum(run.polls for run in found.runs)
    if polls:
        yield f"{count(polls, 'poll')} collapsed"
    yield from _of_traffic(found.tallies)


def _of_runs(runs: Sequence[KnownRun]) -> Iterator[str]:
    if not runs:
        yield "it shows threads and no run: there is nothing to play"
    blind = [run for run in runs if not tools_are_known(run) and not run.stand_in]
    unlisted = sum(not run.steps for run in blind)
    for number, how in ((unlisted, "never fetched"), (len(blind) - unlisted, "fetched only before its end")):
        if number:
            of = "the run" if len(runs) == 1 else f"{'all' if number == len(runs) else f'{number} of'} {len(runs)} runs"
            yield f"the steps of {of} were {how}: what built-in tools did is not known"
    open_ended = [run for run in runs if run.end is None and run.status != "requires_action" and not run.cancelled]
    if without_end := sum(not run.stand_in for run in open_ended):
        yield f"the end of {count(without_end, 'run')} was never recorded: the turn ends after what is known"
    if waiting := sum(run.status == "requires_action" and run.end is None for run in runs):
        yield f"{count(waiting, 'run')} waited for outputs that were never sent: the turn ends with the call"
    if stand_ins := sum(run.stand_in for run in runs):
        yield f"{count(stand_ins, 'run')} known by messages alone: taken as completed"
    yield from _of_stream_errors([run for run in runs if run.stream_error is not None])


def _of_stream_errors(runs: Sequence[KnownRun]) -> Iterator[str]:
    """Yield the errors that streams ended in. They are no part of scenarios, so each is said as the fault it is."""
    for run in runs[:_MOST_NAMED]:
        if (found := run.stream_error) is not None:
            where = f"{run.id} ({found.where})"
            yield (
                f"the stream of {where} ended in an error of the server behind {count(found.after, 'event')}, which"
                f" scripts do not say; this fault repeats it: {json.dumps(_fault(found), ensure_ascii=False)}"
            )
    if (further := len(runs) - _MOST_NAMED) > 0:
        yield f"{count(further, 'further stream')} ended in an error of the server, which faults repeat"


def _fault(found: StreamError) -> dict[str, Any]:
    is_short = len(json.dumps(found.error)) <= _LONGEST_ERROR
    error = {"error": found.error} if found.error and is_short else {}
    do = {"cut_stream_after": found.after, "error_event": True, **error}
    return {"match": {"method": "POST", "path": found.path}, "times": 1, "do": do}


def _of_turns(lost: Lost) -> Iterator[str]:
    if lost.texts:
        yield f"the text of {count(lost.texts, 'message')} was never fetched"
    for kind in lost.tools:
        yield f"calls of {kind} are left out: it is no tool that scripts can use"
    for code in lost.codes:
        yield f"runs that failed with {code} fail with server_error, since scripts do not know it"


def _of_files(files: Files) -> Iterator[str]:
    if files.stand_ins:
        yield f"{count(len(files.stand_ins), 'image')} shown by a stand-in: the bytes are not in the recording"
    if files.unknown:
        yield f"{count(len(files.unknown), 'file')} cited by id, not by name: {_some(list(files.unknown))}"
    if files.lost:
        lost = _some([f"{id_} ({name})" for id_, name in files.lost.items()])
        yield f"files are served with a text that stands in for their content, which is not in the recording: {lost}"
    if files.without_bytes:
        uploads = _some([f"{id_} ({name})" for id_, name in files.without_bytes.items()])
        yield f"the bytes of uploaded files are not in the recording: {uploads}"


def _of_traffic(tallies: Sequence[Tally]) -> Iterator[str]:
    elsewhere: Counter[str] = sum((tally.elsewhere for tally in tallies), start=Counter())
    for path, number in elsewhere.most_common(_MOST_NAMED):
        yield f"{count(number, 'request')} to {path} not part of it"
    if (further := len(elsewhere) - _MOST_NAMED) > 0:
        yield f"requests to {count(further, 'further path')} not part of it"
    if failed := sum(tally.failed for tally in tallies):
        yield f"{count(failed, 'answer')} with a status of 500 or more left out: faults repeat them"
    if refused := sum(tally.refused for tally in tallies):
        yield f"{count(refused, 'refused request')} left out: the emulator refuses by its own rules"
    if broken := sum(tally.broken for tally in tallies):
        yield f"{count(broken, 'answer')} could not be read"
    if unbegun := sum(tally.unbegun for tally in tallies):
        yield f"{count(unbegun, 'stream')} ended in an error before a run was shown, left out: faults repeat them"
    if cut := sum(tally.cut for tally in tallies):
        yield f"{count(cut, 'stream')} broke off: what came until then is kept"


def count(number: int, noun: str) -> str:
    """Return a number and what it counts."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_MOST_NAMED]) + (", …" if len(names) > _MOST_NAMED else "")
