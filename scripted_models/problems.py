"""Findings about a script, with file, line and path: one value for the loader, the linter and editors."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

from emulator.domain.nearest import nearest
from emulator.domain.ports import ScriptError
from scripted_models.rules import Rule

Path = tuple[str | int, ...]
# Nobody reads more, of one kind and of one scenario.
MOST_PROBLEMS: Final = 1_000


class Finding(NamedTuple):
    """What is wrong or odd with a part of a script. path: from whatever was checked to that part.

    suggestion: what to write instead, as the message says it too; None where only the author knows.
    """

    path: Path
    rule: Rule
    message: str
    suggestion: str | None = None

    def below(self, *path: str | int) -> "Finding":
        """Return the same finding about something that stands at ``path``."""
        return self._replace(path=(*path, *self.path))


def misnamed(path: Path, rule: Rule, message: str, name: str, known: Iterable[str], *, otherwise: str = "") -> Finding:
    """Return the finding about a name that is not known. otherwise: how the message ends where no known one is near."""
    near = nearest(name, known)
    return Finding(path, rule, f"{message}{otherwise if near is None else f', did you mean {near}?'}", near)


@dataclass(frozen=True, slots=True)
class Problem:
    """A finding with its place. line and column count from 1; path reads like ``turns[0].steps[1].say``.

    column: None where it is not known. suggestion: as in `Finding`.
    """

    severity: Literal["error", "warning"]
    file: str
    line: int
    path: str
    message: str
    rule: Rule
    suggestion: str | None = None
    column: int | None = None

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.path}: {self.message}"

    def to_json(self) -> dict[str, Any]:
        """Return the finding as data; the column is there where it is known."""
        column = {} if self.column is None else {"column": self.column}
        return {
            "file": self.file,
            "line": self.line,
            **column,
            "path": self.path,
            "severity": self.severity,
            "message": self.message,
            "suggestion": self.suggestion,
            "rule": self.rule.value,
        }


class ProblemsError(ScriptError):
    """A script that cannot be loaded. found: why, as values."""

    def __init__(self, found: Sequence[Problem]) -> None:
        super().__init__([str(problem) for problem in found])
        self.found = found


def format_path(path: Sequence[str | int]) -> str:
    """Return a path as people write it: ``turns[0].steps[1].say``."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".") or "scenario"


def brief(value: object, limit: int = 80) -> str:
    """Return a value for a message: in quotes if it is text, else as JSON, and cut to ``limit`` characters."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    short = text if len(text) <= limit else text[: limit - 1] + "…"
    return f'"{short}"' if isinstance(value, str) else short
