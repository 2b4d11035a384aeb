"""Files of waivers: strict YAML, as scenarios are, refused with the line of what is wrong."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from emulator.domain.parity.waivers import Waiver, waivers_from

if TYPE_CHECKING:
    from scripted_models.yaml_tree import Node

_NUMBERED: Final = re.compile(r"waivers\[(\d+)\]")


def read_waivers(path: Path) -> tuple[Waiver, ...]:
    """Return the waivers of a file. Raises OSError, and ValueError with file and line for what is none."""
    from scripted_models.yaml_tree import UnreadableError, compose, to_data  # noqa: PLC0415 - few have waivers

    try:
        root = compose(path.read_bytes().decode("utf-8-sig"))
        data = to_data(root)
    except UnicodeDecodeError as error:
        raise ValueError(f"{path}: not UTF-8: {error.reason}") from None
    except UnreadableError as error:
        raise ValueError(f"{path}:{error.line}: {error.message}") from None
    try:
        return waivers_from(data)
    except ValueError as error:
        raise ValueError(f"{path}:{_line(root, str(error))}: {error}") from None


def _line(root: "Node", message: str) -> int:
    """Return the line of the waiver that a message names by its number."""
    numbered = _NUMBERED.match(message)
    listed = (root.fields or {}).get("waivers")
    if numbered is None or listed is None or listed[1].items is None:
        return root.line
    return listed[1].items[int(numbered[1])].line
