"""What is allowed in a body depending on the day; what the fields themselves say is the newest."""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ValidationInfo
from pydantic_core import PydanticCustomError, PydanticKnownError

from emulator.wire.habits import WRONG_PREFIX, Habit


def until(habit: Habit, most: int) -> BeforeValidator:
    """Allow at most ``most`` items or characters before a habit came; asked before the newest limit."""

    def check(value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, str | list) and len(value) > most and _is_before(habit, info):
            if isinstance(value, str):
                raise PydanticKnownError("string_too_long", {"max_length": most})
            raise PydanticKnownError(
                "too_long", {"field_type": "List", "max_length": most, "actual_length": len(value)}
            )
        return value

    return BeforeValidator(check)


def only_until(habit: Habit, word: str) -> AfterValidator:
    """Allow only ``word`` before a habit came."""

    def check(value: str, info: ValidationInfo) -> str:
        if value != word and _is_before(habit, info):
            raise PydanticKnownError("literal_error", {"expected": repr(word)})
        return value

    return AfterValidator(check)


def prefixed(prefix: str) -> AfterValidator:
    """Allow only ids that begin so, since ids with a wrong prefix have a refusal of their own."""

    def check(value: str, info: ValidationInfo) -> str:
        day, known = (info.context or {}).get("day"), (info.context or {}).get("known")
        wrong = day is not None and WRONG_PREFIX.came_by(day) and not value.startswith(prefix)
        if wrong and not (known and known(value)):  # fixtures have ids of any form
            raise PydanticCustomError("wrong_prefix", "wrong prefix", {"prefix": prefix})
        return value

    return AfterValidator(check)


FileId = Annotated[str, prefixed("file")]
StoreId = Annotated[str, prefixed("vs")]


def _is_before(habit: Habit, info: ValidationInfo) -> bool:
    day = (info.context or {}).get("day")
    return day is not None and not habit.came_by(day)
