"""Markdown of others as HTML: no HTML of theirs, links to the web and to mail only, nothing loaded from elsewhere."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any, Final
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.token import Token
from markupsafe import Markup

# What is longer, or has more of what takes long, is shown as it is: only what attacks is like that.
MOST_DRAWN: Final = 20_000
_MOST_CELLS: Final = 20_000
_MOST_BRACKETS: Final = 2_000
_DEEPEST: Final = 20
_LINK: Final = re.compile(r"(https?://|mailto:)", re.IGNORECASE)
# A letter that means nothing, around the number of a note: what a text has of it is taken out first.
_MARK: Final = "\uf8f7"
_NOTE: Final = re.compile(f"{_MARK}(\\d+){_MARK}")
_SANDBOX: Final = "sandbox:"


def note_mark(number: int) -> str:
    """Return what stands in a text where a note is to be."""
    return f"{_MARK}{number}{_MARK}"


def without_marks(text: str) -> str:
    """Return a text that has no marks of its own."""
    return text.replace(_MARK, "\ufffd")


def is_link(address: str) -> bool:
    """Return whether an address may be a link: of the web, or of mail."""
    return _LINK.match(address.strip()) is not None


def markdown(text: str, notes: Mapping[int, str], paths: Mapping[str, str]) -> Markup:
    """Return a text as HTML. notes: where notes lead, by their numbers; paths: where links into the sandbox do."""
    environment = {"notes": notes, "paths": paths}
    if not _is_drawn(text):
        return Markup(f'<pre class="wrapped">{_noted(text, environment)}</pre>')  # noqa: S704 - escaped by it
    return Markup(_parser().render(text, environment))  # noqa: S704 - made by the renderer below, which escapes


def _is_drawn(text: str) -> bool:
    if len(text) > MOST_DRAWN or text.count("[") > _MOST_BRACKETS:
        return False
    lines = text.split("\n")
    return max(line.count("|") for line in lines) * len(lines) <= _MOST_CELLS  # a table has as many cells in each row


class _Parser(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802 - the parser's own name
        """Return whether a link is one; otherwise its text stays as it was written."""
        return is_link(url) or url.lower().startswith(_SANDBOX)


@cache
def _parser() -> MarkdownIt:
    parser = _Parser("commonmark", {"html": False, "linkify": False, "typographer": False, "maxNesting": _DEEPEST})
    for name, write in _RULES.items():
        parser.add_render_rule(name, _rule(write))
    return parser.enable(["table", "strikethrough"])


# --- what is written --------------------------------------------------------------------------------------------------

_Write = Callable[[Token, Mapping[str, Any]], str]


def _rule(write: _Write) -> Callable[..., str]:
    """Return a rule of the renderer that writes one token."""

    def rule(_renderer: Any, tokens: Sequence[Token], place: int, _options: Any, env: Mapping[str, Any]) -> str:
        return write(tokens[place], env)

    return rule


def _noted(text: str, env: Mapping[str, Any]) -> str:
    """Return a text as HTML, with its notes as links."""

    def link(found: re.Match[str]) -> str:
        number = int(found[1])
        address = env["notes"].get(number)
        shown = f"[{number}]"
        return f'<sup><a class="note" href="{escapeHtml(address)}">{shown}</a></sup>' if address else shown

    return _NOTE.sub(link, escapeHtml(text))


def _code(token: Token, env: Mapping[str, Any]) -> str:
    return f'<pre tabindex="0"><code>{_noted(token.content, env)}</code></pre>\n'


def _image(token: Token, env: Mapping[str, Any]) -> str:
    """Return a link: an image of elsewhere is not loaded."""
    shown = escapeHtml(_NOTE.sub("", token.content)) or "image"
    return f"{_opened(str(token.attrs.get('src', '')), env)}{shown}</a>"


def _opened(address: str, env: Mapping[str, Any]) -> str:
    """Return the beginning of a link that leads elsewhere, or to a file that code has written."""
    if address.lower().startswith(_SANDBOX):
        path = env["paths"].get(unquote(address))
        return f'<a href="{escapeHtml(path)}">' if path else "<a>"
    return f'<a href="{escapeHtml(address)}" rel="noopener noreferrer" target="_blank">' if is_link(address) else "<a>"


# Headings are none of the page. A table may be wider than that; how its cells are aligned would be a style.
_RULES: Final[Mapping[str, _Write]] = {
    "text": lambda token, env: _noted(token.content, env),
    "code_inline": lambda token, env: f"<code>{_noted(token.content, env)}</code>",
    "code_block": _code,
    "fence": _code,
    "image": _image,
    "link_open": lambda token, env: _opened(str(token.attrs.get("href", "")), env),
    "heading_open": lambda token, _: f'<p class="heading {token.tag}">',
    "heading_close": lambda _token, _env: "</p>\n",
    "table_open": lambda _token, _env: '<div class="scroll" tabindex="0"><table>\n',
    "table_close": lambda _token, _env: "</table></div>\n",
    "th_open": lambda _token, _env: "<th>",
    "td_open": lambda _token, _env: "<td>",
}
