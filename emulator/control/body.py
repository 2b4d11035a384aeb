"""What all bodies of the control API have in common."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

from emulator.domain.durations import seconds


class ControlBody(BaseModel):
    """A body of the control API: a field that does not exist is refused, because it is probably misspelled."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _is_unicode(cls, data: Any) -> Any:
        """Refuse halves of surrogate pairs: JSON can spell them, and no answer can hold them."""
        values = [data]
        while values:
            value = values.pop()
            if isinstance(value, dict):
                values += [*value, *value.values()]
            elif isinstance(value, list):
                values += value
            elif isinstance(value, str):
                try:
                    value.encode()
                except UnicodeEncodeError:
                    raise ValueError(f"{value[:40]!r} is not Unicode: half of a surrogate pair") from None
        return data


# Seconds, sent as "10m1s", as "300ms" or as a number: finite and not negative.
Duration = Annotated[float, BeforeValidator(seconds, json_schema_input_type=str | float)]
