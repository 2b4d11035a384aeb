"""A line of the Python face as a value: what it does, and how it is written."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Line:
    """A call of a method of a namespace."""

    method: str
    args: tuple[Any, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    def call(self, namespace: Any) -> None:
        """Do it."""
        getattr(namespace, self.method)(*self.args, **self.options)

    def __str__(self) -> str:
        values = [*map(_written, self.args), *(f"{name}={_written(value)}" for name, value in self.options.items())]
        return f"ns.{self.method}({', '.join(values)})"


def _written(value: Any) -> str:
    """Return a value as Python code, texts in double quotes."""
    match value:
        case str():
            return json.dumps(value, ensure_ascii=False)
        case Mapping():
            return "{" + ", ".join(f"{_written(name)}: {_written(one)}" for name, one in value.items()) + "}"
        case _:
            return repr(value)
