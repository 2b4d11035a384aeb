"""What the model did in a run, in its order: steps where they are known, calls and messages where others show them."""

from collections.abc import Sequence
from dataclasses import dataclass

from emulator.recording.distiller.tool_steps import Called
from emulator.recording.evidence.conversations import by_time
from emulator.recording.evidence.known import KnownMessage, KnownRun, KnownStep


@dataclass(frozen=True, slots=True)
class Done:
    """Calls that were made together, or a message. message: None where only its place is known."""

    calls: Sequence[Called] = ()
    message: KnownMessage | None = None
    time: float | None = None
    position: int = 0

    @property
    def is_message(self) -> bool:
        """Whether it is a message."""
        return not self.calls


def actions_of(run: KnownRun) -> list[Done]:
    """Return what a run did, oldest first."""
    done: list[Done] = []
    steps = _steps(run)
    by_step = {call.id: call for step in steps for call in _called(step)}
    batches = [
        [by_step.get(call["id"]) or Called({"type": "function", **call}) for call in batch.calls]
        for batch in run.batches
    ]
    asked = {call.id or "": calls for calls in batches for call in calls}
    placed: set[str] = set()
    said: set[str] = set()
    for step in steps:
        if step.type == "message_creation" or step.message_id is not None:
            if step.message_id is not None:
                said.add(step.message_id)
                done.append(Done((), run.messages.get(step.message_id), step.created_at, step.position))
        elif calls := _together(_called(step), asked, placed):
            done.append(Done(calls, None, step.created_at, step.position))
    for message in sorted((one for one in run.messages.values() if one.key not in said), key=lambda one: one.order):
        if not (run.cut and not message.parts and not any(pieces.texts for pieces in message.pieces.values())):
            _insert_message(done, message)
    skew = _skew(run)
    for batch, of_batch in zip(run.batches, batches, strict=True):
        if calls := _together(of_batch, {}, placed):
            time = None if batch.at is None or skew is None else batch.at - skew
            answered = run.end == "completed" and batch.position < (run.ended or 0)
            _insert_calls(done, Done(calls, None, time, batch.position), is_answered=answered)
    return done


def _steps(run: KnownRun) -> list[KnownStep]:
    keys = [key for key in run.step_order if key in run.steps]
    return [run.steps[key] for key in by_time((key, run.steps[key].created_at) for key in keys)]


def _called(step: KnownStep) -> list[Called]:
    """Return the calls of a step, with the pieces in which they were streamed."""
    found = []
    for place, call in enumerate(step.calls):
        streamed = step.streamed.get(place)
        found.append(Called(call, streamed.pieces if streamed and streamed.pieces.texts else None))
    return found


def _together(calls: list[Called], asked: dict[str, list[Called]], placed: set[str]) -> list[Called]:
    """Return calls and those that the client was asked for together with them, each once."""
    found = []
    for one in (each for call in calls for each in (call, *asked.get(call.id or "", ()))):
        if one.id is None or one.id not in placed:
            found.append(one)
            placed.add(one.id or "")
    return found


def _insert_message(done: list[Done], message: KnownMessage) -> None:
    """Put a message that no step names behind what is not younger."""
    place = len(done)
    while place and message.created_at is not None and (done[place - 1].time or 0) > message.created_at:
        place -= 1
    done.insert(place, Done((), message, message.created_at, message.position))


def _insert_calls(done: list[Done], calls: Done, *, is_answered: bool) -> None:
    """Put calls that no step shows before the first that came after them.

    What was seen before the calls came before them; so did what is older, by the service's clock.

    is_answered: whether the run was completed after them. Then the last message was written with the outputs known,
    whatever its time says: where a recording was scrubbed, all times are alike.
    """

    def is_later(one: Done) -> bool:
        if one.position < calls.position:
            return False
        if is_answered and one.is_message and one is done[-1]:
            return True
        return one.time is None or calls.time is None or one.time >= int(calls.time)

    place = next((place for place, one in enumerate(done) if is_later(one)), len(done))
    done.insert(place, calls)


def _skew(run: KnownRun) -> float | None:
    """Return by how much the recorder's clock is ahead of the service's."""
    if run.began_at is None or run.created_at is None:
        return None
    return run.began_at - run.created_at
