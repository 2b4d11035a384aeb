"""What the Python face raises."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from emulator.domain.errors import EmulatorError

if TYPE_CHECKING:
    from emulator.domain.parity.report import Report


class ControlError(EmulatorError):
    """The control API refused a request.

    status: of the answer. param, code: as it names them. body: the whole error, with what else it says: `problems` of
    scripts, `near` of a verification.
    """

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        problems = body.get("problems") or ()
        super().__init__("\n".join(problems) if problems else str(body.get("message", f"status {status}")))
        self.status = status
        self.param = body.get("param")
        self.code = body.get("code")
        self.body = body


class UnreachableError(EmulatorError):
    """No emulator answers at a URL."""


class NoAddressError(EmulatorError):
    """A server without a socket has no address that a browser could open."""


class CheckFailedError(EmulatorError, AssertionError):
    """Something went wrong in a namespace that the program under test may have hidden. problems: a line for each."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = tuple(problems)


class ParityError(CheckFailedError):
    """A port does not do what the program did. text: the report for people; report: its values."""

    def __init__(self, text: str, report: "Report") -> None:
        super().__init__(text.splitlines())
        self.report = report


class OrderStalledError(EmulatorError, AssertionError):
    """Programs that were to take turns could not: one waited for another, which sent nothing."""
