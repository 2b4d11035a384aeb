"""How JSON was laid out, where one of the usual layouts gives its very bytes again."""

import json
from dataclasses import dataclass
from typing import Any, Final, Literal

_SEPARATORS: Final = {"compact": (",", ":"), "spaced": (", ", ": "), "indent2": (",", ": ")}


@dataclass(frozen=True, slots=True)
class Layout:
    """name: which separators and lines. ascii: whether other letters are escaped. newline: whether one ends it."""

    name: Literal["compact", "spaced", "indent2"] = "compact"
    ascii: bool = False
    newline: bool = False


def layout_of(value: Any, text: str) -> Layout | None:
    """Return the layout in which a value gives a text; None if none does."""
    newline = text.endswith("\n")
    for name in ("indent2",) if "\n" in text[:-1] else ("compact", "spaced", "indent2"):
        for is_ascii in (text.isascii(), not text.isascii()):
            layout = Layout(name, is_ascii, newline)  # type: ignore[arg-type]  # mypy widens the names
            if dumped(value, layout) == text:
                return layout
    return None


def dumped(value: Any, layout: Layout | None) -> str:
    """Return a value as text, compact where no layout is known."""
    layout = layout or Layout()
    indent = 2 if layout.name == "indent2" else None
    text = json.dumps(value, separators=_SEPARATORS[layout.name], ensure_ascii=layout.ascii, indent=indent)
    return f"{text}\n" if layout.newline else text
