"""What all bodies of the control API have in common."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

from emulator.domain.durations import seconds
from emulator.domain.unicode import is_unicode


class ControlBody(BaseModel):
    """A body of the control API: a field that does not exist is refused, because it is probably misspelled."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _check_texts(cls, data: Any) -> Any:
        """Refuse texts that are not Unicode: no answer could hold them."""
        values = [data]
        while values:
            value = values.pop()
            if isinstance(value, dict):
                values += [*value, *value.values()]
            elif isinstance(value, list):
                values += value
            elif isinstance(value, str) and not is_unicode(value):
                raise ValueError(f"{value[:40]!r} is not Unicode: half of a surrogate pair")
        return data


# Seconds, sent as "10m1s", as "300ms" or as a number: finite and not negative.
Duration = Annotated[float, BeforeValidator(seconds, json_schema_input_type=str | float)]
