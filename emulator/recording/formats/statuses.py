"""The status of an answer, in every notation that recordings have for it."""

import re
from collections.abc import Mapping
from typing import Any, Final

_STATUS: Final = re.compile(r"(?:HTTP/[\d.]+\s+)?([1-9]\d\d)\b")


def status_of(value: Any) -> int | None:
    """Return a status: a number, a text that begins with one, or a mapping with its code; None for anything else.

    Of Python's `HTTPStatus`, YAML shows the arguments.
    """
    if isinstance(value, Mapping):
        value = value.get("code", value.get("status_code"))
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    found = None if isinstance(value, bool) else _STATUS.match(str(value))
    return None if found is None else int(found[1])
