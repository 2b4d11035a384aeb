"""Findings about a script, with file, line and path: one value for the loader, the linter and editors."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

Path = tuple[str | int, ...]
# Nobody reads more, of one kind and of one scenario.
MOST_PROBLEMS: Final = 1_000


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding. line counts from 1; path reads like ``turns[0].steps[1].say``."""

    severity: Literal["error", "warning"]
    file: str
    line: int
    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.path}: {self.message}"


def format_path(path: Sequence[str | int]) -> str:
    """Return a path as people write it: ``turns[0].steps[1].say``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".") or "scenario"


def brief(value: object, limit: int = 80) -> str:
    """Return a value for a message: in quotes if it is text, else as JSON, and cut to ``limit`` characters."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    short = text if len(text) <= limit else text[: limit - 1] + "…"
    return f'"{short}"' if isinstance(value, str) else short
