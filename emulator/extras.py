"""What is installed only where it is wanted, asked for in one line instead of a traceback."""

from importlib.util import find_spec

from emulator.domain.errors import EmulatorError


class MissingExtraError(EmulatorError):
    """Packages that an option needs are not installed; the message says which, and how to get them."""


def require(option: str, extra: str, *packages: str) -> None:
    """Raise `MissingExtraError` if a package is missing. option: what needs them; extra: brings them."""
    missing = [package for package in packages if find_spec(package) is None]
    if missing:
        raise MissingExtraError(f"{option} needs {' and '.join(missing)}: pip install 'assistants-emulator[{extra}]'")
