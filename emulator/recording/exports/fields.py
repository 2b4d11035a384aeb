"""The fields of an object under whatever spelling: ``thread_id``, ``threadId`` and ``Thread ID`` are one name."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any


@lru_cache(4096)
def spelled(name: str) -> str:
    """Return a name as it is compared: small letters and digits alone."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


class Fields:
    """The fields of an object, found by names as `spelled` returns them."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self._values: dict[str, Any] = {}
        for name, value in data.items():
            self._values.setdefault(spelled(name), value)

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def first(self, *names: str) -> Any:
        """Return the value of the first of some names that has one; None where none has."""
        for name in names:  # a loop: this is what reading a file spends its time with
            if (value := self._values.get(name)) is not None:
                return value
        return None
