"""What all request bodies have in common: values are not coerced, and unknown fields are refused."""

import threading
from collections.abc import Mapping
from typing import Annotated, Any, Final, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from emulator.tools.unions import chosen, tag

METADATA_PAIRS: Final = 16
METADATA_NAME: Final = 64
METADATA_VALUE: Final = 512
_BUILDING: Final = threading.Lock()


class Body(BaseModel):
    """An object that a client sends. Absent and null are the same for optional fields (documented and relied on)."""

    # Validators are built when a model is first used: an import must not pay for bodies that are never sent.
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)

    @classmethod
    def read(cls, data: Any, context: Mapping[str, Any] | None = None) -> Self:
        """Return the body that JSON data is; raises pydantic's `ValidationError`."""
        if not cls.__pydantic_complete__:
            with _BUILDING:  # servers on several threads may meet here; not every pydantic locks this itself
                cls.model_rebuild()
        return cls.model_validate(data, context=context)

    def sent_fields(self) -> dict[str, Any]:
        """Return the fields that were sent and are not null."""
        return {name: value for name in self.model_fields_set if (value := getattr(self, name)) is not None}


def _check_names(value: Any) -> Any:
    """Refuse too many names and long ones; pydantic has no error for either. Limits: documented."""
    if isinstance(value, dict):
        if len(value) > METADATA_PAIRS:
            raise PydanticCustomError("too_many_properties", "too many", {"limit": METADATA_PAIRS, "got": len(value)})
        for name in value:
            if len(name) > METADATA_NAME:
                raise PydanticCustomError("property_name_too_long", "too long", {"name": name, "limit": METADATA_NAME})
    return value


_Name = Annotated[str, Field(max_length=METADATA_NAME)]
_Value = Annotated[str, Field(max_length=METADATA_VALUE)]
_Pairs = Field(max_length=METADATA_PAIRS)

Metadata = Annotated[
    dict[str, _Value],
    BeforeValidator(_check_names, json_schema_input_type=Annotated[dict[_Name, _Value], _Pairs]),
]


def _check_kind(value: Any) -> Any:
    if not isinstance(value, str | int | float):
        raise PydanticCustomError("wrong_kind", "wrong kind", {"expected": "one of a string, boolean, or number"})
    return value


_Attribute = Annotated[
    Annotated[_Value, tag("string")] | Annotated[bool | int | float, tag("other")],
    chosen(lambda value: "string" if isinstance(value, str) else "other"),
    BeforeValidator(_check_kind, json_schema_input_type=_Value | bool | int | float),
]
Attributes = Annotated[
    dict[str, _Attribute],
    BeforeValidator(_check_names, json_schema_input_type=Annotated[dict[_Name, _Value | bool | int | float], _Pairs]),
]
