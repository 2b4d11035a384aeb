"""The templates of stubs, which are those of the scenario format."""

from collections.abc import Mapping
from typing import Any


class StubTemplates:
    """The templates of the scenario format, whose engine loads when a stub is the first to need it."""

    def problem(self, text: str, names: frozenset[str]) -> str | None:
        """Return why a template cannot be used; None where it can. names: those that it may use."""
        from scripted_models import templating  # noqa: PLC0415 - as above

        if error := templating.syntax_error(text):
            return str(error)
        used = templating.names(text)
        unknown = sorted(used.variables - names) if used else []
        return f"there is no {unknown[0]!r} in a stub: it sees {', '.join(sorted(names))}" if unknown else None

    def fill(self, text: str, given: Mapping[str, Any]) -> str:
        """Return a template filled; raise ValueError with the reason where that fails."""
        from scripted_models import templating  # noqa: PLC0415 - as above
        from scripted_models.template_compiler import TemplateError  # noqa: PLC0415 - as above

        try:
            return templating.fill(text, given)
        except TemplateError as error:
            raise ValueError(str(error)) from error
