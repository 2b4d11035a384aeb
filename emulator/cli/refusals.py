"""How a command ends that cannot do what it was asked for: with one line and an exit code."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from typer.exceptions import TyperException

FAILED: Final = 1
BAD_INPUT: Final = 2


class RefusedError(TyperException):
    """Ends the command; the message is all that is printed."""

    def __init__(self, message: str, exit_code: int = BAD_INPUT) -> None:
        super().__init__(message)
        self.exit_code = exit_code


@contextmanager
def refusing() -> Iterator[None]:
    """Let a server that cannot start, or fails, end the command: a traceback helps nobody who only starts one."""
    from emulator.domain.errors import EmulatorError
    from emulator.domain.ports import ScriptError

    try:
        yield
    except TyperException:
        raise
    except ScriptError as error:
        raise RefusedError("\n".join(error.problems)) from None
    except EmulatorError as error:
        raise RefusedError(str(error)) from None
    except Exception as error:  # noqa: BLE001
        message = f"the server failed: {type(error).__name__}: {' '.join(str(error).split())}"
        raise RefusedError(message, FAILED) from None
