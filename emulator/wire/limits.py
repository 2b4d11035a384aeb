"""Limits of bodies that depend on the day; the limits of the fields themselves are the newest ones."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, GetCoreSchemaHandler, ValidationInfo
from pydantic_core import CoreSchema, PydanticCustomError, PydanticKnownError, core_schema

from emulator.domain.caller import AZURE_MOUNTS
from emulator.domain.id_forms import is_well_formed
from emulator.wire.history.behaviors import FOREIGN_CHARACTERS, WRONG_PREFIX, Behavior

# Of a list for which the service has no limit that is known: more would keep the server busy for too long.
MOST_ITEMS: Final = 10_000
# Below these, files are Azure's, and so are some errors.


def until(behavior: Behavior, limit: int) -> BeforeValidator:
    """Allow at most ``limit`` items or characters before the day of a behavior; checked before the newest limit."""

    def check(value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, str | list) and len(value) > limit and is_before(behavior, info):
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
        if value != word and is_before(behavior, info):
            raise PydanticKnownError("literal_error", {"expected": repr(word)})
        return value

    return AfterValidator(check)


@dataclass(frozen=True, slots=True)
class OnlyOn:
    """Know a field on one mount alone."""

    mount: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Check the mount before the value."""
        return core_schema.with_info_before_validator_function(self._check, handler(source))

    def _check(self, value: Any, info: ValidationInfo) -> Any:
        if not self.knows((info.context or {}).get("mount")):
            raise PydanticCustomError("unknown_here", "unknown here")
        return value

    def knows(self, mount: str | None) -> bool:
        """Return whether the field is known on a mount. None: anywhere."""
        return mount in (None, self.mount)


def on_foundry(context: Mapping[str, Any] | None) -> bool:
    """Return whether what Foundry alone knows is known where a body came in."""
    return OnlyOn("foundry").knows((context or {}).get("mount"))


def words_since(words: Sequence[str], since: Mapping[str, Behavior]) -> BeforeValidator:
    """Allow, of some words, those that there were on the day; an error lists no others."""

    def check(value: Any, info: ValidationInfo) -> Any:
        supported = [word for word in words if word not in since or not is_before(since[word], info)]
        if isinstance(value, str) and value not in supported:
            raise PydanticKnownError("literal_error", {"expected": " or ".join(map(repr, supported))})
        return value

    return BeforeValidator(check)


def prefixed(prefix: str, *, on_azure: str | None = None) -> AfterValidator:
    """Allow only ids with a prefix and without foreign characters, from the days on which these have their errors.

    on_azure: the prefix there, if it is another one.
    """

    def check(value: str, info: ValidationInfo) -> str:
        context = info.context or {}
        day, known = context.get("day"), context.get("known")
        expected = on_azure if on_azure and context.get("mount") in AZURE_MOUNTS else prefix
        foreign = day is not None and FOREIGN_CHARACTERS.active_on(day) and not is_well_formed(value)
        wrong = day is not None and WRONG_PREFIX.active_on(day) and not value.startswith(expected)
        if (foreign or wrong) and not (known and known(value)):  # fixtures have ids of any form
            if foreign:
                raise PydanticCustomError("foreign_characters", "foreign characters")
            raise PydanticCustomError("wrong_prefix", "wrong prefix", {"prefix": expected})
        return value

    return AfterValidator(check)


# The word for Azure was reported of its other endpoints (laravel/ai issue 716, Jun 2026).
FileId = Annotated[str, prefixed("file", on_azure="assistant")]
StoreId = Annotated[str, prefixed("vs")]


def is_before(behavior: Behavior, info: ValidationInfo) -> bool:
    """Return whether a body came before the day of a behavior."""
    day = (info.context or {}).get("day")
    return day is not None and not behavior.active_on(day)
