"""Where a cursor stands in a scenario."""

from dataclasses import dataclass
from typing import Literal

from scripted_models.problems import Path

Kind = Literal["key", "value", "item", "text"]


@dataclass(frozen=True, slots=True)
class Spot:
    """What is being written.

    kind: a key of the mapping at the path, the value at the path, or an item of a list, which may become either; text
    is the inside of a text of several lines. word: what of it stands before the cursor. siblings: the keys that the
    mapping has. column: of its keys, from 0. is_close: no blank stands between the key's colon and the cursor.
    """

    path: Path
    kind: Kind
    word: str = ""
    siblings: frozenset[str] = frozenset()
    column: int = 0
    in_flow: bool = False
    is_json: bool = False
    is_close: bool = False
