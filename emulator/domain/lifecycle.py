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
from typing import Any, Final

from emulator.domain.errors import EmulatorError


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where a signal leads: the new status, the time stamps set and cleared there, and the event that reports it."""

    status: str
    event: str | None
    sets: tuple[str, ...] = ()
    clears: tuple[str, ...] = ()


Machine = Mapping[str, Mapping[str, Arrival]]


class IllegalSignalError(EmulatorError):
    """A signal that the law does not know in this status."""

    def __init__(self, status: str, signal: str) -> None:
        super().__init__(f"signal {signal!r} is not legal in status {status!r}")
        self.status = status
        self.signal = signal


def advance(machine: Machine, status: str, signal: str) -> Arrival:
    """Return where ``signal`` leads from ``status``; raise `IllegalSignalError` where the table has no such edge."""
    try:
        return machine[status][signal]
    except KeyError:
        raise IllegalSignalError(status, signal) from None


def terminal(machine: Machine) -> frozenset[str]:
    """Return the statuses that nothing follows."""
    return frozenset(status for status, row in machine.items() if not row)


def apply(machine: Machine, doc: dict[str, Any], signal: str, now: int) -> tuple[dict[str, Any], str | None]:
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
        "start": _STARTED,  # recorded: every stream; after a submit started_at is set anew (openai-dotnet, Oct 2025)
        "fail": _FAILED,  # unverified: the recorded quota failure passes in_progress first
        "expire": _EXPIRED,  # recorded once: ruby-openai, Nov 2023
        "cancel": _CANCELLING,  # documented
    },
    "in_progress": {
        "complete": _COMPLETED,  # recorded
        "require_action": Arrival("requires_action", "thread.run.requires_action"),  # recorded
        # recorded with completed_at set; the event name is that of the 2024-05-13 specification
        "stop": Arrival("incomplete", "thread.run.incomplete", sets=("completed_at",), clears=("expires_at",)),
        "fail": _FAILED,  # recorded: public log, Apr 2025
        "expire": _EXPIRED,  # documented
        "cancel": _CANCELLING,  # recorded: azure-sdk-assets, Feb 2024
    },
    "requires_action": {
        # recorded: the reply to submitted outputs is a queued run that keeps started_at
        "submit": Arrival("queued", "thread.run.queued", clears=("required_action",)),
        "expire": _EXPIRED,  # documented: outputs must arrive before expires_at
        "cancel": _CANCELLING,  # documented
        "fail": _FAILED,  # unverified: a script that cannot be continued after a restart
    },
    "cancelling": {
        "cancelled": _CANCELLED,  # recorded
        "complete": _COMPLETED,  # documented: cancelling is an attempt; a run that is done first stays done
        "fail": _FAILED,  # documented, as above
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
        "complete": Arrival("completed", "thread.run.step.completed", sets=("completed_at",)),  # recorded
        "fail": Arrival("failed", "thread.run.step.failed", sets=("failed_at",)),  # recorded over REST only
        "cancel": Arrival("cancelled", "thread.run.step.cancelled", sets=("cancelled_at",)),  # documented
        # documented: a step expires with its run; no time stamp of its own exists on the wire. unverified
        "expire": Arrival("expired", "thread.run.step.expired"),
    },
    "completed": {},
    "failed": {},
    "cancelled": {},
    "expired": {},
}

# --- messages -------------------------------------------------------------------------------------------------------

MESSAGE: Final[Machine] = {
    "in_progress": {
        "complete": Arrival("completed", "thread.message.completed", sets=("completed_at",)),  # recorded
        "stop": Arrival("incomplete", "thread.message.incomplete", sets=("incomplete_at",)),  # recorded: Apr 2024
    },
    "completed": {},
    "incomplete": {},
}

# Why a half-written message stays incomplete, by the signal that ended its run. The first is recorded (Apr 2024,
# whichever of the two token limits was hit), the others are documented.
INCOMPLETE_REASON: Final[Mapping[str, str]] = {
    "stop": "max_tokens",
    "cancel": "run_cancelled",
    "expire": "run_expired",
    "fail": "run_failed",
}

# --- vector stores, their files and batches, uploads ----------------------------------------------------------------

VECTOR_STORE: Final[Machine] = {
    "in_progress": {
        "settle": Arrival("completed", None),  # recorded: follows file_counts
        "expire": Arrival("expired", None),  # documented
    },
    "completed": {
        "attach": Arrival("in_progress", None),  # recorded
        "expire": Arrival("expired", None),  # documented
    },
    "expired": {},
}

VECTOR_STORE_FILE: Final[Machine] = {
    "in_progress": {
        "complete": Arrival("completed", None),  # recorded
        "fail": Arrival("failed", None),  # reported: unsupported_file, invalid_file, server_error
        "cancel": Arrival("cancelled", None),  # documented
    },
    "completed": {},
    "failed": {},
    "cancelled": {},
}

FILE_BATCH: Final[Machine] = {
    "in_progress": {
        "complete": Arrival("completed", None),  # recorded
        "cancel": Arrival("cancelled", None),  # documented
        "fail": Arrival("failed", None),  # documented
    },
    "completed": {},
    "cancelled": {},
    "failed": {},
}

UPLOAD: Final[Machine] = {
    "pending": {
        "complete": Arrival("completed", None),  # recorded
        "cancel": Arrival("cancelled", None),  # recorded
        "expire": Arrival("expired", None),  # documented: one hour after creation
    },
    "completed": {},
    "cancelled": {},
    "expired": {},
}

MACHINES: Final[Mapping[str, Machine]] = {
    "run": RUN,
    "run step": RUN_STEP,
    "message": MESSAGE,
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
