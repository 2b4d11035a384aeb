"""What to do about a line that is no YAML: the remedies for what people write by mistake."""

import re
from typing import Final

# `key: value`, also behind the dashes of a list.
_VALUE: Final = re.compile(r"\s*(?:-\s+)*[\w.$\"'-]+\s*:\s+(?P<value>\S.*)")
# What a plain text cannot begin with.
_SIGNS: Final = "@`%*&!:,}]?-|>#"


def hint(reason: str, line: str) -> str:
    """Return the remedy, with what joins it to the reason; nothing where none is known. line: where reading ended."""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return ": indent with blanks, not with tabs"
    if "escape" in reason:
        return ": in double quotes \\ begins an escape, so put the text in single ones"
    if "quoted scalar" in reason and "end of stream" in reason:
        return ": the quotes that begin here are never closed"
    if "parsing a flow" in reason:
        return ": a bracket is not closed, or a text between brackets needs quotes"
    found = _VALUE.match(line)
    remedy = _of_value(found["value"]) if found else ""
    if not remedy and "expected key" in reason:
        return ": the line is not indented like those that it belongs to, or a text above it needs quotes"
    return remedy


def _of_value(value: str) -> str:
    if value.startswith(("{{", "{%", "{#")):
        return ': a template needs quotes: "{{ … }}"'
    if value[0] in "'\"":
        return f": the quotes end before the text does, so put quotes around the whole: {_enclosed(value)}"
    if value[0] in _SIGNS or (value[0] in "[{" and not value.rstrip().endswith(("]", "}"))):
        return f": a text that begins with {value[0]} needs quotes"
    if ": " in value or value.endswith(":"):
        return f": a text that holds a colon and a blank needs quotes: {_enclosed(value)}"
    return ""


def _enclosed(value: str) -> str:
    """Return the beginning of a text in quotes, as it would be read."""
    text = value if len(value) <= 40 else f"{value[:39]}…"
    escaped = text.replace("'", "''")
    return f"'{escaped}'" if '"' in text or "\\" in text or "'" not in text else f'"{text}"'
