"""What all bodies of the control API have in common."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict

from emulator.domain.durations import seconds


class ControlBody(BaseModel):
    """A body of the control API: a field that does not exist is refused, because it is probably misspelled."""

    model_config = ConfigDict(extra="forbid")


# Seconds, sent as "10m1s", as "300ms" or as a number: finite and not negative.
Duration = Annotated[float, BeforeValidator(seconds, json_schema_input_type=str | float)]
