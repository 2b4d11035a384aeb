"""What had happened on a thread before the recording began, as far as the recorded program listed it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from emulator.recording.distiller.fixtures import is_older
from emulator.recording.evidence.known import Doc, KnownMessage, KnownRun, KnownThread
from emulator.recording.shown_objects import run_objects


@dataclass(frozen=True, slots=True)
class Past:
    """The runs and the messages of a thread that are older than the first run that was requested of it."""

    thread: KnownThread
    runs: Sequence[KnownRun]
    messages: Sequence[KnownMessage]

    @property
    def run_count(self) -> int:
        """How many runs the thread has when it is there again: also those that only messages name."""
        named = {message.document.get("run_id") for message in self.messages}
        return len({run.id for run in self.runs if not run.stand_in} | named - {None})

    def objects(self) -> Iterator[Doc]:
        """Yield what there was in the API's own JSON."""
        id_ = self.thread.id
        since = min((message.created_at for message in self.messages if message.created_at is not None), default=0)
        yield self.thread.document or {"id": id_, "object": "thread", "created_at": int(since)}
        for run in self.runs:
            yield from run_objects(run, [])
        for message in self.messages:
            yield {"thread_id": id_, **message.document}


def past_of(thread: KnownThread) -> Past | None:
    """Return the past of a thread that recorded requests have not made; None where nothing is known of it."""
    if not is_older(thread):
        return None
    requested = [run.created_at for run in thread.runs.values() if run.created is not None]
    began = min((time for time in requested if time is not None), default=None)
    if began is None:
        return None
    runs = [run for run in thread.runs.values() if run.created is None and _last_time(run) < began]
    own = {run.id for run in runs}
    messages = [
        message
        for message in sorted(thread.messages.values(), key=lambda one: one.order)
        if message.document.get("object") == "thread.message"
        and message.posted is None
        and not message.deleted
        and (message.run_id is None or message.run_id in own)
        and message.created_at is not None
        and message.created_at < began
    ]
    return Past(thread, runs, messages) if messages else None


def _last_time(run: KnownRun) -> float:
    times = (run.created_at, *(message.created_at for message in run.messages.values()))
    return max((time for time in times if time is not None), default=float("inf"))
