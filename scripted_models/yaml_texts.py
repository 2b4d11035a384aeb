"""How a text stands in a YAML file: plain where nobody takes it for anything else, quoted or as a block otherwise."""

import json
import re
from typing import Any, Final

from yaml.resolver import Resolver

from scripted_models.yaml_tree import resolve

# What a plain text cannot begin with, and what it can begin with where no blank follows.
_SIGNS: Final = frozenset(" !\"#%&'*,>@[]`{|}")
_SIGNS_BEFORE_BLANK: Final = frozenset("-?:")
_SIGNS_IN_FLOW: Final = re.compile(r"[,?\[\]{}]|^:")
# What YAML 1.1 takes for something else than a text, by first characters; y and n, and 1.2's octal numbers, beside it.
_RESOLVERS: Final[dict[str, list[tuple[str, re.Pattern[str]]]]] = Resolver.yaml_implicit_resolvers
_FURTHER: Final = re.compile(r"[yYnN]|[-+]?0o[0-7]+")
# No line breaks but \n, and nothing that a reader refuses or that is not seen: U+FEFF marks a file's order of bytes.
_ODD: Final = re.compile("[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_LINE_BEGIN: Final = re.compile(r"\n(?=[^\n])")
_LINES: Final = re.compile(r"[^\n]*\n|[^\n]+")


def plain_or_quoted(text: str, *, in_flow: bool = False) -> str:
    """Return a text as it is written on one line."""
    return text if text and _is_plain(text, in_flow=in_flow) else quoted(text)


def quoted(text: str) -> str:
    """Return a text in quotes, on one line."""
    if ('"' in text or "\\" in text) and "\t" not in text and "\n" not in text and not _ODD.search(text):
        return "'" + text.replace("'", "''") + "'"
    return f'"{_escaped(text)}"'


def text_of(text: str, indent: int) -> str:
    """Return a text as it is written where there is room below it: one of several lines as a block.

    What no block can hold has quotes, and a line for each of its own. indent: of what holds the text.
    """
    if "\n" not in text:
        return plain_or_quoted(text)
    pad = " " * (indent + 2)
    # The blank line that follows would become part of a text with more line ends than one.
    if text.endswith("\n\n") or not text.strip() or _ODD.search(text):
        return _quoted_lines(text, pad)
    if text.find("\n") == len(text) - 1 and not ('"' in text or "\\" in text or "\t" in text):
        return quoted(text)
    header = "|" + ("2" if text[0] in " \t\n" else "") + ("" if text.endswith("\n") else "-")
    return header + _LINE_BEGIN.sub("\n" + pad, "\n" + text.removesuffix("\n"))


def comment_line(line: str) -> str:
    """Return a line of a comment."""
    return f"# {_ODD.sub(_escape, line)}".rstrip()


def number(value: Any) -> str:
    """Return null, true, false or a number; raise ValueError for one that no file can hold."""
    written = json.dumps(value, allow_nan=False)
    # YAML 1.1 takes 1e+16 for a text.
    return written.replace("e", ".0e") if isinstance(value, float) and "." not in written else written


def _is_plain(text: str, *, in_flow: bool) -> bool:
    first = text[0]
    if first in _SIGNS or (first in _SIGNS_BEFORE_BLANK and text[1:2] in ("", " ")):
        return False
    if text.startswith(("---", "...")) and text[3:4] in ("", " "):  # at the margin they divide documents
        return False
    if text[-1] in " :" or ": " in text or " #" in text:
        return False
    if not text.isprintable() and ("\t" in text or "\n" in text or _ODD.search(text)):
        return False
    return not (in_flow and _SIGNS_IN_FLOW.search(text)) and not _is_other(text)


def _is_other(text: str) -> bool:
    """Return whether a reader takes a plain text for a number, a date or the like."""
    resolvers = _RESOLVERS.get(text[0])
    if resolvers is None:
        return False
    elsewhere = any(pattern.match(text) for _, pattern in resolvers) or _FURTHER.fullmatch(text)
    return bool(elsewhere) or not isinstance(resolve(text), str)


def _quoted_lines(text: str, pad: str) -> str:
    first, *others = map(_escaped, _LINES.findall(text))
    # A backslash at the end takes the line break away, one at the beginning keeps the blanks.
    lines = [first, *(f"\\{line}" if line.startswith(" ") else line for line in others)]
    return '"' + f"\\\n{pad}".join(lines) + '"'


def _escaped(text: str) -> str:
    return _ODD.sub(_escape, json.dumps(text, ensure_ascii=False)[1:-1])


def _escape(sign: re.Match[str]) -> str:
    code = ord(sign[0])
    if 0xD800 <= code <= 0xDFFF:
        raise ValueError("not Unicode: half of a surrogate pair")
    return f"\\u{code:04x}"
