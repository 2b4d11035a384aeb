"""What to do about a line that is no YAML: the remedies for what people write by mistake."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from scripted_models.rules import Rule
from scripted_models.yaml_indentation import place_of

# `key: value`, also behind the dashes of a list.
_VALUE: Final = re.compile(r"\s*(?:-\s+)*[\w.$\"'-]+\s*:\s+(?P<value>\S.*)")
_TEMPLATE: Final = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}")
# What a plain text cannot begin with.
_SIGNS: Final = "@`%*&!:,[]{}?-|>#"
# The parser's words, each with what helps whatever the line holds.
_OF_REASONS: Final = (
    (("escape",), "in double quotes \\ begins an escape, so put the text in single ones"),
    (("quoted scalar", "end of stream"), "the quotes that begin here are never closed"),
    (("parsing a flow",), "a bracket is not closed, or a text between brackets needs quotes"),
    (
        ("could not find expected ':'",),
        "a key needs a colon and a blank, and a text of several lines is indented like its first one",
    ),
)
_END_IN_FLOW: Final = re.compile(r"[,\]}]")
_DASH: Final = re.compile(r"(\s*-)(?=[^\s-])")
_SHORT: Final = 40
_MISPLACED: Final = ("expected key", "mapping values", "expected '-'", "block end")


class Remedy(NamedTuple):
    """How a line becomes YAML: what the message says, and what to write."""

    message: str
    written: str | None = None
    rule: Rule = Rule.SYNTAX


def remedy_of(reason: str, lines: Sequence[str], number: int, column: int) -> Remedy | None:
    """Return the remedy; None where none is known. number, column: where reading ended, counted from 0."""
    line = lines[number]
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return Remedy("indent with blanks, not with tabs", line.replace("\t", "  "))
    if "parsing a flow" in reason and (remedy := _between_brackets(line, column)):
        return remedy
    if said := next((remedy for words, remedy in _OF_REASONS if all(word in reason for word in words)), None):
        return Remedy(said)
    found = _VALUE.match(line)
    if found and (remedy := _of_value(line, found["value"], found.start("value"))):
        return remedy
    return _of_indentation(lines, number) if any(words in reason for words in _MISPLACED) else None


def _between_brackets(line: str, column: int) -> Remedy | None:
    """Return the remedy for a text between brackets, or for a comma that is missing there."""
    rest, before = line[column:], line[:column].rstrip()
    if before.endswith(("}", "]", '"', "'")) and rest.startswith(("{", "[", '"', "'")):
        return Remedy(f"a comma is missing before {rest[:_SHORT]}", f", {rest[:_SHORT]}")
    if not rest.startswith((":", "{{")):
        return None
    begin = max(before.rfind(": ") + 2, *(before.rfind(sign) + 1 for sign in "{[,"))
    template = _TEMPLATE.match(line, column)
    end = _END_IN_FLOW.search(line, template.end() if template else column)
    if end is None:
        return None
    text = line[begin : end.start()].strip()
    written = _enclosed(text, '"' if template else "'")
    if template:
        return Remedy(f"a template needs quotes: {written}", written, Rule.UNQUOTED_TEMPLATE)
    return Remedy(f"a text between brackets needs quotes: {written}", written)


def in_quotes(line: str, start: int) -> Remedy:
    """Return the remedy for a template without quotes. start: where in its line it begins."""
    whole = _VALUE.match(line)
    if whole is not None and whole.start("value") == start:
        written: str | None = _enclosed(whole["value"].rstrip(), '"')
    else:  # between brackets, it ends where the template does
        template = _TEMPLATE.match(line, start)
        written = _enclosed(template[0], '"') if template else None
    shown = written or '"{{ … }}"'
    return Remedy(f"a template needs quotes: {shown}", written, Rule.UNQUOTED_TEMPLATE)


def _of_value(line: str, value: str, start: int) -> Remedy | None:
    """Return the remedy for a text behind a key that is not read as it stands. start: where in its line it begins."""
    written = _enclosed(value)
    if value.startswith(("{{", "{%", "{#")):
        return in_quotes(line, start)
    if _is_closed(value):
        return None
    if value[0] in "'\"":
        return Remedy(f"the quotes end before the text does, so put quotes around the whole: {written}", written)
    if value[0] in _SIGNS:
        return Remedy(f"a text that begins with {value[0]} needs quotes: {written}", written)
    if ": " in value or value.endswith(":"):
        return Remedy(f"a text that holds a colon and a blank needs quotes: {written}", written)
    return None


def _is_closed(value: str) -> bool:
    """Return whether a value is a text in quotes or stands between brackets, as it should be."""
    first, last = value[0], value.rstrip()[-1]
    if first in "'\"":
        return len(value) > 1 and last == first and first not in value.rstrip()[1:-1]
    return (first, last) in {("[", "]"), ("{", "}")}


def _of_indentation(lines: Sequence[str], number: int) -> Remedy:
    if _DASH.match(lines[number]):
        return Remedy("an element of a list needs a blank behind the -", _DASH.sub(r"\1 ", lines[number], count=1))
    place = place_of(lines, number)
    if place is None:
        return Remedy("the line is not indented like those that it belongs to, or a text above it needs quotes")
    text = lines[number].strip()
    like = f"as {place.like} in line {place.line} is"
    message = f"the line is not indented like those that it belongs to: indent {_begin(text)} by {place.blanks}, {like}"
    return Remedy(message, " " * place.blanks + text)


def _begin(text: str) -> str:
    """Return how a line begins, which names it: its dash, or its key."""
    return "-" if text.startswith("-") else text.partition(":")[0][:_SHORT]


def _enclosed(value: str, quote: str = "'") -> str:
    """Return the beginning of a text in quotes, as it would be read. quote: those that it has if it holds none."""
    text = value if len(value) <= _SHORT else f"{value[: _SHORT - 1]}…"
    escaped = text.replace("'", "''")
    if quote not in text and "\\" not in text:
        return f"{quote}{text}{quote}"
    return f"'{escaped}'" if '"' in text or "\\" in text or "'" not in text else f'"{text}"'
