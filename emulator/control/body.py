"""What all bodies of the control API have in common."""

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator

from emulator.domain.durations import seconds
from emulator.domain.errors import ApiError
from emulator.domain.json_values import MOST_LEVELS, problem_of


class ControlBody(BaseModel):
    """A body of the control API: a field that does not exist is refused, because it is probably misspelled."""

    model_config = ConfigDict(extra="forbid")

    @model_validator(mode="before")
    @classmethod
    def _check_values(cls, data: Any) -> Any:
        """Refuse values that no answer could hold, by their path."""
        values: list[tuple[tuple[Any, ...], Any]] = [((), data)]
        while values:
            path, value = values.pop()
            inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
            if problem := _problem(path, value):
                param = ".".join(str(part) for part in path) or None
                raise ApiError(400, f"{param or 'body'}: {problem}", param=param)
            values += [((*path, key), item) for key, item in inner]
        return data


def _problem(path: tuple[Any, ...], value: Any) -> str | None:
    if len(path) > MOST_LEVELS:
        return f"nested deeper than {MOST_LEVELS} levels"
    broken_key = next(filter(problem_of, value), None) if isinstance(value, dict) else None
    return problem_of(value) or problem_of(broken_key)


# Seconds, sent as "10m1s", as "300ms" or as a number: finite and not negative.
Duration = Annotated[float, BeforeValidator(seconds, json_schema_input_type=str | float)]
