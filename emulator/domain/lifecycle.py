"""Every status of the API and every transition between them, as data.

A machine is a table ``status -> signal -> Arrival``. Two rules read it:

1. A status changes only through `advance`; a change is asked for by naming a signal.
2. A terminal status keeps an explicit empty row, so that "nothing may follow" is written down, not implied.

The README's diagram is drawn from these tables and the property tests use them as their oracle.
Evidence marks: *recorded* = seen in public recordings of the service, *documented* = said by its documentation,
*unverified* = neither; chosen so that clients keep working.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from emulator.domain.errors import EmulatorError


class Signal(StrEnum):
    """What asks for a change."""

    START = "start"  # the model begins, or goes on with what the client has sent
    REQUIRE_ACTION = "require_action"
    SUBMIT = "submit"
    COMPLETE = "complete"
    STOP = "stop"  # a limit or a filter ended it
    FAIL = "fail"
    CANCEL = "cancel"  # of a run: it is asked for
    CANCELLED = "cancelled"  # of a run: it is done
    EXPIRE = "expire"
    ATTACH = "attach"  # files come into a vector store
    SETTLE = "settle"  # no file is on its way into a vector store any more
    # Of a test, to a run; neither changes a status by itself.
    RELEASE = "release"  # go on from a breakpoint
    STEP = "step"  # go on from a status that is shown


# What is asked of a run from outside: kept until the run takes it, whichever server plays it then.
FROM_OUTSIDE: Final = (Signal.SUBMIT, Signal.CANCEL, Signal.EXPIRE, Signal.RELEASE, Signal.STEP)


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where a signal leads: the new status, the time stamps set and cleared there, and the event that reports it."""

    status: str
    event: str | None
    sets: tuple[str, ...] = ()
    clears: tuple[str, ...] = ()


Machine = Mapping[str, Mapping[Signal, Arrival]]


class IllegalSignalError(EmulatorError):
    """A signal that the law does not know in this status."""

    def __init__(self, status: str, signal: Signal) -> None:
        super().__init__(f"signal {signal.value!r} is not legal in status {status!r}")
        self.status = status
        self.signal = signal


def advance(machine: Machine, status: str, signal: Signal) -> Arrival:
    """Return where ``signal`` leads from ``status``; raise `IllegalSignalError` where the table has no such edge."""
    try:
        return machine[status][signal]
    except KeyError:
        raise IllegalSignalError(status, signal) from None


def terminal(machine: Machine) -> frozenset[str]:
    """Return the statuses that nothing follows."""
    return frozenset(status for status, row in machine.items() if not row)


def apply(machine: Machine, doc: dict[str, Any], signal: Signal, now: int) -> tuple[dict[str, Any], str | None]:
    """Return ``doc`` as ``signal`` leaves it at ``now`` (seconds since the epoch), and the event to record.

    The one writer of a status: every `status` in the store came from here.
    """
    arrival = advance(machine, doc["status"], signal)
    changed = {**doc, "status": arrival.status}
    changed.update(dict.fromkeys(arrival.clears))
    changed.update(dict.fromkeys(arrival.sets, now))
    return changed, arrival.event


# --- runs -----------------------------------------------------------------------------------------------------------

_STARTED = Arrival("in_progress", "thread.run.in_progress", sets=("started_at",))
_CANCELLING = Arrival("cancelling", "thread.run.cancelling", clears=("required_action",))
_FAILED = Arrival("failed", "thread.run.failed", sets=("failed_at",), clears=("expires_at", "required_action"))
# completed_at is set on expiry too: the only expired run in any recording (Nov 2023) has it.
_EXPIRED = Arrival("expired", "thread.run.expired", sets=("completed_at",), clears=("expires_at", "required_action"))
_COMPLETED = Arrival("completed", "thread.run.completed", sets=("completed_at",), clears=("expires_at",))
_CANCELLED = Arrival(
    "cancelled", "thread.run.cancelled", sets=("cancelled_at",), clears=("expires_at", "required_action")
)

RUN: Final[Machine] = {
    "queued": {
        # recorded: every stream; after a submit started_at is set anew (openai-dotnet, Oct 2025)
        Signal.START: _STARTED,
        Signal.FAIL: _FAILED,  # unverified: the recorded quota failure passes in_progress first
        Signal.EXPIRE: _EXPIRED,  # recorded once: ruby-openai, Nov 2023
        Signal.CANCEL: _CANCELLING,  # documented
    },
    "in_progress": {
        Signal.COMPLETE: _COMPLETED,  # recorded
        Signal.REQUIRE_ACTION: Arrival("requires_action", "thread.run.requires_action"),  # recorded
        # recorded with completed_at set; the event name is that of the 2024-05-13 specification
        Signal.STOP: Arrival("incomplete", "thread.run.incomplete", sets=("completed_at",), clears=("expires_at",)),
        Signal.FAIL: _FAILED,  # recorded: public log, Apr 2025
        Signal.EXPIRE: _EXPIRED,  # documented
        Signal.CANCEL: _CANCELLING,  # recorded: azure-sdk-assets, Feb 2024
    },
    "requires_action": {
        # recorded: the reply to submitted outputs is a queued run that keeps started_at
        Signal.SUBMIT: Arrival("queued", "thread.run.queued", clears=("required_action",)),
        Signal.EXPIRE: _EXPIRED,  # documented: outputs must arrive before expires_at
        Signal.CANCEL: _CANCELLING,  # documented
        Signal.FAIL: _FAILED,  # unverified: a script that cannot be continued after a restart
    },
    "cancelling": {
        Signal.CANCELLED: _CANCELLED,  # recorded
        Signal.COMPLETE: _COMPLETED,  # documented: cancelling is an attempt; a run that is done first stays done
        Signal.FAIL: _FAILED,  # documented, as above
    },
    "completed": {},
    "failed": {},
    "cancelled": {},
    "incomplete": {},
    "expired": {},
}

# --- run steps ------------------------------------------------------------------------------------------------------

RUN_STEP: Final[Machine] = {
    "in_progress": {
        Signal.COMPLETE: Arrival("completed", "thread.run.step.completed", sets=("completed_at",)),  # recorded
        Signal.FAIL: Arrival("failed", "thread.run.step.failed", sets=("failed_at",)),  # recorded over REST only
        Signal.CANCEL: Arrival("cancelled", "thread.run.step.cancelled", sets=("cancelled_at",)),  # documented
        # documented: a step expires with its run; no time stamp of its own exists on the wire. unverified
        Signal.EXPIRE: Arrival("expired", "thread.run.step.expired"),
    },
    "completed": {},
    "failed": {},
    "cancelled": {},
    "expired": {},
}

# --- messages -------------------------------------------------------------------------------------------------------

MESSAGE: Final[Machine] = {
    "in_progress": {
        Signal.COMPLETE: Arrival("completed", "thread.message.completed", sets=("completed_at",)),  # recorded
        Signal.STOP: Arrival("incomplete", "thread.message.incomplete", sets=("incomplete_at",)),  # recorded: Apr 2024
    },
    "completed": {},
    "incomplete": {},
}

# --- what is open when a run ends -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ending:
    """What the end of a run, by a signal, means for the step and the message that are open.

    reason: why the message stays incomplete; None if it does not.
    """

    step: Signal
    message: Signal
    reason: str | None = None


# The first reason is recorded (Apr 2024, whichever of the two token limits was hit), the others are documented.
ENDINGS: Final[Mapping[Signal, Ending]] = {
    Signal.COMPLETE: Ending(Signal.COMPLETE, Signal.COMPLETE),
    # A step whose message was cut short is complete all the same (recorded, Apr 2024).
    Signal.STOP: Ending(Signal.COMPLETE, Signal.STOP, "max_tokens"),
    Signal.FAIL: Ending(Signal.FAIL, Signal.STOP, "run_failed"),
    Signal.CANCEL: Ending(Signal.CANCEL, Signal.STOP, "run_cancelled"),
    Signal.EXPIRE: Ending(Signal.EXPIRE, Signal.STOP, "run_expired"),
}

# --- responses ------------------------------------------------------------------------------------------------------

_RESPONSE_FAILED = Arrival("failed", "response.failed")  # documented; no failed response is recorded
_RESPONSE_CANCELLED = Arrival("cancelled", "response.failed")  # unverified: the event is that of Azure's own server

RESPONSE: Final[Machine] = {
    "queued": {
        Signal.START: Arrival("in_progress", "response.in_progress"),  # recorded: in the background
        Signal.FAIL: _RESPONSE_FAILED,
        Signal.EXPIRE: _RESPONSE_FAILED,  # as below
        Signal.CANCEL: _RESPONSE_CANCELLED,  # recorded: in the background
    },
    "in_progress": {
        Signal.COMPLETE: Arrival("completed", "response.completed", sets=("completed_at",)),  # recorded
        # Calls of functions end a response (recorded); their outputs come with the next one.
        Signal.REQUIRE_ACTION: Arrival("completed", "response.completed", sets=("completed_at",)),
        Signal.STOP: Arrival("incomplete", "response.incomplete"),  # recorded
        Signal.FAIL: _RESPONSE_FAILED,
        # Nothing of the kind is documented: a script that lets a run expire lets a response fail.
        Signal.EXPIRE: _RESPONSE_FAILED,
        Signal.CANCEL: _RESPONSE_CANCELLED,  # recorded: in the background
    },
    "completed": {},
    "failed": {},
    "incomplete": {},
    "cancelled": {},
}
RESPONSE_TERMINAL: Final = terminal(RESPONSE)
RESPONSE_ENDS: Final = frozenset({"response.completed", "response.failed", "response.incomplete"})
# Seconds for which a response can be read (documented: 30 days), and one of the background that is not stored
# (documented: about 10 minutes).
RESPONSE_LIFETIME: Final = 30 * 24 * 3600
UNSTORED_LIFETIME: Final = 600
# Seconds of rest after which a container is gone (documented).
CONTAINER_LIFETIME: Final = 20 * 60

# --- vector stores, their files and batches, uploads ----------------------------------------------------------------

VECTOR_STORE: Final[Machine] = {
    "in_progress": {
        Signal.SETTLE: Arrival("completed", None),  # recorded: follows file_counts
        Signal.EXPIRE: Arrival("expired", None),  # documented
    },
    "completed": {
        Signal.ATTACH: Arrival("in_progress", None),  # recorded
        Signal.EXPIRE: Arrival("expired", None),  # documented
    },
    "expired": {},
}


def store_signal(status: str, *, busy: bool) -> Signal | None:
    """Return the signal of a vector store whose files have changed. busy: whether any is on its way."""
    if status == "in_progress" and not busy:
        return Signal.SETTLE
    return Signal.ATTACH if status == "completed" and busy else None


VECTOR_STORE_FILE: Final[Machine] = {
    "in_progress": {
        Signal.COMPLETE: Arrival("completed", None),  # recorded
        Signal.FAIL: Arrival("failed", None),  # reported: unsupported_file, invalid_file, server_error
        Signal.CANCEL: Arrival("cancelled", None),  # documented
    },
    "completed": {},
    "failed": {},
    "cancelled": {},
}

FILE_BATCH: Final[Machine] = {
    "in_progress": {
        Signal.COMPLETE: Arrival("completed", None),  # recorded
        Signal.CANCEL: Arrival("cancelled", None),  # documented
        Signal.FAIL: Arrival("failed", None),  # documented
    },
    "completed": {},
    "cancelled": {},
    "failed": {},
}

UPLOAD: Final[Machine] = {
    "pending": {
        Signal.COMPLETE: Arrival("completed", None),  # recorded
        Signal.CANCEL: Arrival("cancelled", None),  # recorded
        Signal.EXPIRE: Arrival("expired", None),  # documented: one hour after creation
    },
    "completed": {},
    "cancelled": {},
    "expired": {},
}

MACHINES: Final[Mapping[str, Machine]] = {
    "run": RUN,
    "run step": RUN_STEP,
    "message": MESSAGE,
    "response": RESPONSE,
    "vector store": VECTOR_STORE,
    "vector store file": VECTOR_STORE_FILE,
    "file batch": FILE_BATCH,
    "upload": UPLOAD,
}

RUN_TERMINAL: Final = terminal(RUN)
# A stream ends where the run does, or where it waits for the client (recorded: done follows requires_action).
STREAM_ENDS: Final = frozenset(f"thread.run.{status}" for status in RUN_TERMINAL) | {"thread.run.requires_action"}
# Recorded on 204 of 204 runs; outputs do not extend it.
RUN_LIFETIME: Final = 600
# From its creation, once the client has been asked for anything (azure-sdk-assets, azure-ai-agents, Apr and Aug 2025).
FOUNDRY_RUN_LIFETIME_WITH_ANSWERS: Final = 36_000
