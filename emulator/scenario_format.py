"""The scenario format for editors: what may be written at a place, what rules mean, and scripts to begin with."""

from collections.abc import Mapping
from typing import Any, Final

from emulator.domain.view import ModelView

# The step that no script may have that is put over HTTP.
_IMPORTS_CODE: Final = "python"


class ScenarioFormat:
    """The format of scenarios, whose grammar loads when somebody writes one."""

    def hints(self, text: str, offset: int) -> Mapping[str, Any]:
        """Return what may be written behind so many characters: the fields of `scripted_models.completions.Hints`."""
        from scripted_models.completions import hints  # noqa: PLC0415 - as above

        found = hints(text, offset).to_json()
        return {**found, "options": [one for one in found["options"] if one["text"] != _IMPORTS_CODE]}

    def explanation(self, rule: str) -> str:
        """Return what a rule is about; empty for one that is not known."""
        from scripted_models.rule_texts import EXPLANATIONS  # noqa: PLC0415 - as above

        return next((text for known, text in EXPLANATIONS.items() if known.value == rule), "")

    def example(self) -> str:
        """Return a small scenario with comments."""
        from scripted_models.drafts import EXAMPLE  # noqa: PLC0415 - as above

        return EXAMPLE

    def draft(self, view: ModelView, *, priority: int = 0) -> str:
        """Return a scenario whose only turn fits a run. priority: of the turn."""
        from scripted_models.drafts import draft  # noqa: PLC0415 - as above

        return draft(view, priority=priority)
