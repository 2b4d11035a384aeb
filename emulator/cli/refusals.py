"""How a command ends that cannot do what it was asked for: with one line and an exit code."""

from typing import Final

from typer.exceptions import TyperException

FAILED: Final = 1
BAD_INPUT: Final = 2


class RefusedError(TyperException):
    """Ends the command; the message is all that is printed."""

    def __init__(self, message: str, exit_code: int = BAD_INPUT) -> None:
        super().__init__(message)
        self.exit_code = exit_code
