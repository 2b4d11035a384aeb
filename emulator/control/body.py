"""What all bodies of the control API have in common."""

from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

from emulator.domain.durations import seconds
from emulator.domain.errors import ApiError
from emulator.domain.json_values import MOST_LEVELS, problem_of
from emulator.domain.nearest import did_you_mean

# The type of an error whose context names the field.
UNKNOWN_FIELD: Final = "unknown_field"


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
        cls._check_names(data)
        return data

    @classmethod
    def _check_names(cls, data: Any) -> None:
        """Refuse a field that does not exist, and say which ones do."""
        known = [field.alias or name for name, field in cls.model_fields.items()]
        unknown = next((name for name in data if name not in known), None) if isinstance(data, dict) else None
        if unknown is not None:
            message = f"there is no such field{did_you_mean(unknown, known)}"
            end = "" if message.endswith("?") else "."
            context = {"field": unknown, "message": f"{message}{end} Known: {', '.join(known)}"}
            raise PydanticCustomError(UNKNOWN_FIELD, "{message}", context)


def _problem(path: tuple[Any, ...], value: Any) -> str | None:
    if len(path) > MOST_LEVELS:
        return f"nested deeper than {MOST_LEVELS} levels"
    broken_key = next(filter(problem_of, value), None) if isinstance(value, dict) else None
    return problem_of(value) or problem_of(broken_key)


# Seconds, sent as "10m1s", as "300ms" or as a number: finite and not negative.
Duration = Annotated[float, BeforeValidator(seconds, json_schema_input_type=str | float)]
