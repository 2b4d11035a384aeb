"""What all bodies of the control API have in common."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from emulator.domain.durations import seconds


class ControlBody(BaseModel):
    """A body of the control API: a field that does not exist is refused, because it is a slip of the pen."""

    model_config = ConfigDict(extra="forbid")


# "10m1s", "300ms" or a number of seconds: finite and not negative.
Duration = Annotated[str | float, AfterValidator(seconds)]
