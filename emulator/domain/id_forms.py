"""What the form of an id says: whether it can be one at all, and whether it is a file's."""

import re
from typing import Final

# OpenAI's, and those of Azure (see `emulator.ids`).
_OF_FILES: Final = ("file-", "assistant-")
_WELL_FORMED: Final = re.compile(r"[A-Za-z0-9_-]*")


def is_file_id(text: str) -> bool:
    """Return whether a text is the id of a file, rather than a path or a data URI."""
    return text.startswith(_OF_FILES)


def names_kept_file(text: str) -> bool:
    """Return whether a text is the id of a file that is kept already: uploaded, or left in a container."""
    return is_file_id(text) or text.startswith("cfile_")


def is_well_formed(id: str) -> bool:  # noqa: A002
    """Return whether an id has only the characters that ids have (reported)."""
    return _WELL_FORMED.fullmatch(id) is not None
