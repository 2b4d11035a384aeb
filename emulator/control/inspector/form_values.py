"""What is typed into forms as the values that the control API takes: checked alike, and refused in the same words."""

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import ValidationError
from starlette.datastructures import FormData

from emulator.control.body import ControlBody
from emulator.control.refusals import bad_value
from emulator.domain.errors import ApiError

Body = TypeVar("Body", bound=ControlBody)


def text_of(form: FormData, name: str) -> str:
    """Return what was typed into a field, without spaces around it; a file or nothing at all is no text."""
    value = form.get(name)
    return value.strip() if isinstance(value, str) else ""


def given(form: FormData, *names: str) -> dict[str, Any]:
    """Return the fields into which something was typed."""
    return {name: value for name in names if (value := text_of(form, name))}


def read(model: type[Body], values: Mapping[str, Any]) -> Body:
    """Return values as a body of the control API; raise its refusal of those that cannot be."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        raise bad_value(first, first["loc"]) from error


def json_of(text: str, name: str) -> Any:
    """Return what a text says as JSON; raise the refusal of a field whose text is none."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ApiError(400, f"{name}: this is not JSON: {error}", param=name) from error
