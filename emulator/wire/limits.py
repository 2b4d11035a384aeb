"""Limits of bodies that depend on the day; the limits of the fields themselves are the newest ones."""

from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, ValidationInfo
from pydantic_core import PydanticCustomError, PydanticKnownError

from emulator.wire.history.behaviors import WRONG_PREFIX, Behavior


def until(behavior: Behavior, limit: int) -> BeforeValidator:
    """Allow at most ``limit`` items or characters before the day of a behavior; checked before the newest limit."""

    def check(value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, str | list) and len(value) > limit and _is_before(behavior, info):
            if isinstance(value, str):
                raise PydanticKnownError("string_too_long", {"max_length": limit})
            raise PydanticKnownError(
                "too_long", {"field_type": "List", "max_length": limit, "actual_length": len(value)}
            )
        return value

    return BeforeValidator(check)


def only_until(behavior: Behavior, word: str) -> AfterValidator:
    """Allow only ``word`` before the day of a behavior."""

    def check(value: str, info: ValidationInfo) -> str:
        if value != word and _is_before(behavior, info):
            raise PydanticKnownError("literal_error", {"expected": repr(word)})
        return value

    return AfterValidator(check)


def only_on(mount: str) -> BeforeValidator:
    """Know a field on one mount alone."""

    def check(value: Any, info: ValidationInfo) -> Any:
        if (info.context or {}).get("mount", mount) not in (None, mount):
            raise PydanticCustomError("unknown_here", "unknown here")
        return value

    return BeforeValidator(check)


def prefixed(prefix: str) -> AfterValidator:
    """Allow only ids with a prefix, from the day on which a wrong prefix has an error of its own."""

    def check(value: str, info: ValidationInfo) -> str:
        day, known = (info.context or {}).get("day"), (info.context or {}).get("known")
        wrong = day is not None and WRONG_PREFIX.active_on(day) and not value.startswith(prefix)
        if wrong and not (known and known(value)):  # fixtures have ids of any form
            raise PydanticCustomError("wrong_prefix", "wrong prefix", {"prefix": prefix})
        return value

    return AfterValidator(check)


FileId = Annotated[str, prefixed("file")]
StoreId = Annotated[str, prefixed("vs")]


def _is_before(behavior: Behavior, info: ValidationInfo) -> bool:
    day = (info.context or {}).get("day")
    return day is not None and not behavior.active_on(day)
