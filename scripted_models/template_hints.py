"""What to do about a template that has no right form: the remedies for what people write by mistake."""

import re
from itertools import zip_longest
from typing import Final

from emulator.domain.nearest import nearest

# Of the tags that templates may hold.
_TAGS: Final = ("if", "elif", "else", "endif", "for", "endfor", "set", "endset", "macro", "endmacro", "raw", "endraw")
_OPERATORS: Final = {"&&": "and", "||": "or", "===": "==", "!==": "!="}
_UNKNOWN_TAG: Final = re.compile(r"unknown tag '(\w+)'")
_OPEN_BLOCK: Final = re.compile(r"needs to be closed is '(\w+)'")
_ASSIGNMENT: Final = re.compile(r"(?<![=!<>])=(?!=)")
_SHORT: Final = 60
_HOLE: Final = re.compile(r"\{\{|\{%")
_NEGATION: Final = re.compile(r"!(?!=)\s*([\w.]+)")


def hint(reason: str, text: str) -> tuple[str, str | None]:
    """Return the remedy as the message ends with it, and as it is written; none where none is known."""
    for find in (_of_tags, _of_operators, _of_ends):
        if remedy := find(reason, text):
            return remedy
    return "", None


def _of_tags(reason: str, _text: str) -> tuple[str, str | None] | None:
    tag, block = _UNKNOWN_TAG.search(reason), _OPEN_BLOCK.search(reason)
    if block is not None and (tag is None or tag[1].startswith("end")):
        end = f"{{% end{block[1]} %}}"
        return f" Write {end}", end
    near = nearest(tag[1], _TAGS) if tag and "nesting" not in reason else None
    return (f" Did you mean {near}?", near) if near else None


def _of_operators(reason: str, text: str) -> tuple[str, str | None] | None:
    found = next((sign for sign in _OPERATORS if sign in text), None)
    if found is not None and ("unexpected" in reason or "got" in reason):
        return f": write {_OPERATORS[found]} for {found}", _OPERATORS[found]
    if "'!'" in reason and (negated := _NEGATION.search(text)):
        return f": write not {negated[1]}", f"not {negated[1]}"
    if "'?'" in reason:
        return ": write A if CONDITION else B", "A if CONDITION else B"
    if "'='" in reason or ("chunk after" in reason and _ASSIGNMENT.search(text)):
        return ": write == to compare", "=="
    return None


def _of_ends(reason: str, text: str) -> tuple[str, str | None] | None:
    """Return how a text, a hole or a tag ends, where one does not."""
    if "unexpected char" in reason and ("'\"'" in reason or '"\'"' in reason):
        return ": the quotes that begin there are never closed", None
    holes = list(_HOLE.finditer(text))
    for hole, behind in zip_longest(holes, holes[1:]):
        end = "}}" if hole[0] == "{{" else "%}"
        until = behind.start() if behind else len(text)
        if end not in text[hole.end() : until]:
            inner = text[hole.start() : until].partition("}")[0].rstrip("% ")
            shown = f"{inner} {end}" if "\n" not in inner and len(inner) <= _SHORT else f"{hole[0]} … {end}"
            return f": the {'hole' if end == '}}' else 'tag'} is not closed, write {shown}", shown
    if "expected token 'end of print statement'" in reason:
        return ": one expression to a hole, joined by an operator such as ~", None
    return None
