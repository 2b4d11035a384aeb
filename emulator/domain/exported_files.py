"""Where files and pictures lie beside the export of a thread: names that nobody has chosen, so that none is a path."""

import hashlib
import re
from pathlib import PurePosixPath
from typing import Final

from emulator.domain.id_forms import is_well_formed

FOLDER: Final = "files"
TIMELINES: Final = "timelines"
JSON: Final = "thread.json"
MARKDOWN: Final = "thread.md"
CONVERSATION: Final = "conversation.json"
_MOST: Final = 100
_SUFFIX: Final = re.compile(r"\.[a-z0-9]{1,8}")


def path_of_file(id: str, filename: str) -> str:  # noqa: A002
    """Return the path of a file's bytes, relative to the export: its id, and what its name ends with."""
    suffix = PurePosixPath(filename.replace("\\", "/")).suffix.lower()
    return f"{FOLDER}/{_name(id)}{suffix if _SUFFIX.fullmatch(suffix) else ''}"


def path_of_timeline(run_id: str) -> str:
    """Return the path of the picture of a run, relative to the export."""
    return f"{TIMELINES}/{_name(run_id)}.svg"


def _name(id: str) -> str:  # noqa: A002
    return id if is_well_formed(id) and len(id) <= _MOST else hashlib.sha256(id.encode()).hexdigest()
