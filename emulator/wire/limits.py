"""Limits that were other ones before some day; what a body's own fields say is the newest."""

from collections.abc import Sized

from pydantic import AfterValidator, ValidationInfo
from pydantic_core import PydanticKnownError

from emulator.wire.habits import Habit


def until(habit: Habit, most: int) -> AfterValidator:
    """Allow at most ``most`` items or characters before a habit came."""

    def check(value: Sized, info: ValidationInfo) -> Sized:
        if len(value) > most and _is_before(habit, info):
            if isinstance(value, str):
                raise PydanticKnownError("string_too_long", {"max_length": most})
            raise PydanticKnownError(
                "too_long", {"field_type": "List", "max_length": most, "actual_length": len(value)}
            )
        return value

    return AfterValidator(check)


def only_until(habit: Habit, word: str) -> AfterValidator:
    """Allow only ``word`` before a habit came."""

    def check(value: str, info: ValidationInfo) -> str:
        if value != word and _is_before(habit, info):
            raise PydanticKnownError("literal_error", {"expected": repr(word)})
        return value

    return AfterValidator(check)


def _is_before(habit: Habit, info: ValidationInfo) -> bool:
    day = (info.context or {}).get("day")
    return day is not None and not habit.came_by(day)
