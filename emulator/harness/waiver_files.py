"""Files of waivers: strict YAML, as scenarios are, refused with the line of what is wrong."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from emulator.domain.parity.waiver_lists import waiver_from
from emulator.domain.parity.waivers import Waiver

if TYPE_CHECKING:
    from scripted_models.yaml_tree import Node

_KEY: Final = "waivers"


def read_waivers(path: Path) -> tuple[Waiver, ...]:
    """Return the waivers of a file. Raises OSError, and ValueError with file and line for what is none."""
    from scripted_models.yaml_tree import UnreadableError, compose  # noqa: PLC0415 - few comparisons have waivers

    try:
        return tuple(_waivers(compose(path.read_bytes().decode("utf-8-sig"))))
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not UTF-8: {error.reason}") from None
    except UnreadableError as error:
        raise ValueError(f"{path}:{error.line}: {error.message}") from None
    except _WrongError as error:
        raise ValueError(f"{path}:{error.line}: {error}") from None


class _WrongError(ValueError):
    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


def _waivers(root: "Node") -> Iterator[Waiver]:
    from scripted_models.yaml_tree import to_data  # noqa: PLC0415 - as above

    fields = root.fields or {}
    for key, _ in fields.values():
        if key.scalar != _KEY:
            raise _WrongError(key.line, f"there is no field {key.scalar!r}: a file of waivers has {_KEY}")
    if _KEY not in fields or (listed := fields[_KEY][1]).items is None:
        raise _WrongError(root.line, f"give a list of {_KEY}, each with a field and a reason")
    for number, node in enumerate(listed.items):
        try:
            yield waiver_from(to_data(node))
        except ValueError as error:
            raise _WrongError(node.line, f"{_KEY}[{number}]{error}") from None
