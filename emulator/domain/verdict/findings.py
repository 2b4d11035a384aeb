"""What a verdict finds: each kind with its severity, and with what a sound program does instead."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Literal

from emulator.domain.redaction import shown_path, shown_value
from emulator.domain.request_log import LoggedRequest

Severity = Literal["fail", "warn"]
# Of one kind; a loop does not fill the verdict.
MOST_OF_A_KIND: Final = 20


class FindingKind(StrEnum):
    """What a finding is about."""

    RETRY_AFTER_IGNORED = "retry_after_ignored"
    RETRIED_NON_RETRYABLE = "retried_non_retryable"
    RETRY_STORM = "retry_storm"
    DID_IT_TWICE = "did_it_twice"
    PART_TAKEN_FOR_WHOLE = "part_taken_for_whole"
    END_NOT_LOOKED_AT = "end_not_looked_at"
    RUN_LEFT_BEHIND = "run_left_behind"
    GAVE_UP = "gave_up"
    NO_BACKOFF = "no_backoff"
    NO_READ_TIMEOUT = "no_read_timeout"
    POLLED_TOO_FAST = "polled_too_fast"


_ADVICE: Final = {
    FindingKind.RETRY_AFTER_IGNORED: (
        "wait at least as long as Retry-After says before the next attempt. The official clients heed it up to a minute"
        " or two only: wait yourself where it may say more"
    ),
    FindingKind.RETRIED_NON_RETRYABLE: (
        "do not repeat what was refused for what it says: change the request, or what it is about, first. Where a run"
        " is in the way, poll that run until it is over"
    ),
    FindingKind.RETRY_STORM: "stop after a few attempts, and report the failure to whoever waits",
    FindingKind.DID_IT_TWICE: (
        "an answer that is lost says nothing of whether the work was done: look first (list the messages, the runs or"
        " the objects), and repeat only what is not there. The official clients repeat by themselves: set max_retries=0"
        " for what must not happen twice"
    ),
    FindingKind.PART_TAKEN_FOR_WHOLE: (
        "a stream can end anywhere: when it is over, read the run, and go on only with what its status says"
    ),
    FindingKind.END_NOT_LOOKED_AT: "read the run before its messages, and use them only if it is completed",
    FindingKind.RUN_LEFT_BEHIND: (
        "submit the outputs, poll the run until it is over, or cancel it: its thread takes no messages before"
    ),
    FindingKind.GAVE_UP: "try again a few times, later each time, and report the failure if that does not help",
    FindingKind.NO_BACKOFF: "wait longer after each attempt, up to a limit, with some chance in it",
    FindingKind.NO_READ_TIMEOUT: "set a read time-out that is shorter than anybody would wait, and recover from it",
    FindingKind.POLLED_TOO_FAST: "wait between two polls, half a second or more, or read a stream",
}
_WARNINGS: Final = frozenset(
    (FindingKind.GAVE_UP, FindingKind.NO_BACKOFF, FindingKind.NO_READ_TIMEOUT, FindingKind.POLLED_TOO_FAST)
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that a sound program does otherwise.

    message: what happened. request: the id of the request that shows it; line: that request as a line of the log;
    fault: the ``do`` of the fault that it met.
    """

    kind: FindingKind
    message: str
    request: str | None = None
    fault: Mapping[str, Any] | None = None
    line: str | None = None

    @classmethod
    def of(cls, kind: FindingKind, message: str, request: LoggedRequest | None) -> "Finding":
        """Return the finding that a request shows; None: no request of the log does."""
        if request is None:
            return cls(kind, message)
        return cls(kind, message, request.id, request.fault, line_of(request))

    @property
    def severity(self) -> Severity:
        """Whether it fails a check, or only a strict one."""
        return "warn" if self.kind in _WARNINGS else "fail"

    @property
    def advice(self) -> str:
        """What a sound program does."""
        return _ADVICE[self.kind]

    def to_json(self) -> dict[str, Any]:
        """Return the finding as the control API shows it."""
        return {
            "kind": self.kind.value,
            "severity": self.severity,
            "message": self.message,
            "request": self.request,
            "fault": shown_value(self.fault),
            "advice": self.advice,
            "line": self.line,
        }


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was found, failures first. requests: how many were judged; faults: how many of them met one."""

    findings: Sequence[Finding]
    requests: int
    faults: int

    def passes(self, *, strict: bool = False) -> bool:
        """Return whether the program recovered. strict: warnings fail, too."""
        return not any(strict or finding.severity == "fail" for finding in self.findings)

    def to_json(self, *, strict: bool = False) -> dict[str, Any]:
        """Return the verdict as the control API shows it."""
        return {
            "passed": self.passes(strict=strict),
            "strict": strict,
            "requests": self.requests,
            "faults": self.faults,
            "findings": [finding.to_json() for finding in self.findings],
        }


def call_of(request: LoggedRequest) -> str:
    """Return what a request asked for, without keys: ``POST /threads/thread_1/runs``."""
    return f"{request.method} {shown_path(request.path)}"


def line_of(request: LoggedRequest) -> str:
    """Return a request as a line of the log."""
    status = str(request.status) if request.status else "no answer"
    return f"{request.began:.3f} s: {call_of(request)}: {status} after {request.ms:.0f} ms ({request.id})"
