"""The port to the format of scripts: what an editor has to know of it. `emulator.scenario_format` stands behind it."""

from collections.abc import Mapping
from typing import Any, Protocol

from emulator.domain.view import ModelView


class ScriptFormat(Protocol):
    """The format of the scripts that people write in pages."""

    def hints(self, text: str, offset: int) -> Mapping[str, Any]:
        """Return what may be written behind so many characters of a text.

        Its fields: path, about, expects, options ({text, insert, about}), and how many characters each replaces.
        """

    def explanation(self, rule: str) -> str:
        """Return what a rule of the linter is about; empty for one that is not known."""

    def example(self) -> str:
        """Return a small scenario with comments."""

    def draft(self, view: ModelView, *, priority: int = 0) -> str:
        """Return a scenario whose only turn fits a run. priority: of the turn."""
