"""The outputs that are known at a place of a turn."""

from dataclasses import dataclass

from scripted_models.suggestions.values import Value, values_of


@dataclass(slots=True)
class Outputs:
    """What was recorded of outputs, by their names, and the values in them by their texts.

    Values of earlier turns, which are no output's, give way to equal ones of this turn.
    """

    recorded: dict[str, str]
    by_text: dict[str, list[Value]]

    def copy(self) -> "Outputs":
        """Return the same outputs, to which others can be added."""
        return Outputs(dict(self.recorded), {text: list(values) for text, values in self.by_text.items()})

    def set(self, name: str, recorded: str | None) -> None:
        """Give a name its output, instead of the one that it had; None: one that is not known."""
        if self.recorded.pop(name, None) is not None:
            left = {text: [one for one in values if one.output != name] for text, values in self.by_text.items()}
            self.by_text = {text: values for text, values in left.items() if values}
        if recorded is None:
            return
        self.recorded[name] = recorded
        for value in values_of(name, recorded):
            same = [one for one in self.by_text.get(value.text, ()) if one.output]
            self.by_text[value.text] = [*same, value]
