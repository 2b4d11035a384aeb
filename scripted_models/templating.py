"""Templates: texts with holes, and expressions without braces; only texts that hold a hole ever reach Jinja."""

import functools
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeVar

from jinja2 import Template, TemplateSyntaxError, Undefined, UndefinedError, meta, nodes
from jinja2.environment import TemplateExpression

from scripted_models.sandbox import MAX_TEXT, MAX_TICKS, Account, Sandbox, account

MAX_TEMPLATE: Final = 200_000

_T = TypeVar("_T")
_RAW: Final = re.compile(r"\{%\s*raw\s*%\}(.*)\{%\s*endraw\s*%\}", re.DOTALL)
_INNER: Final = re.compile(r"\{%[-+]?\s*(end)?raw\s*[-+]?%\}")
_ONE: Final = re.compile(r"\s*\{\{[-+]?(.*?)[-+]?\}\}\s*", re.DOTALL)
_sandbox: Final = Sandbox()


class FillError(Exception):
    """A template that cannot be filled; the message says why."""


def is_template(text: str) -> bool:
    """Return whether a text holds holes at all."""
    return "{{" in text or "{%" in text or "{#" in text


def verbatim(text: str) -> str | None:
    """Return what stands between one pair of raw tags around everything: exactly, line ends too; else None."""
    found = _RAW.fullmatch(text)
    return None if found is None or _INNER.search(found[1]) else found[1]


def fill(text: str, names: Mapping[str, Any]) -> str:
    """Return a text with its holes filled; raise `FillError`."""
    if not is_template(text):
        return text
    exact = verbatim(text)
    return exact if exact is not None else _guard(text, lambda: _render(_template(text), names))


def fill_value(text: str, names: Mapping[str, Any]) -> Any:
    """Return a text with its holes filled; of a text that is one single hole, the value instead of its text."""
    if not is_template(text) or verbatim(text) is not None:
        return fill(text, names)
    hole = _guard(text, lambda: _hole(text))
    return fill(text, names) if hole is None else _guard(text, lambda: _plain(_run(hole, names)))


def holds(expression: str, names: Mapping[str, Any]) -> bool:
    """Return whether an expression without braces is true; raise `FillError`."""
    return _guard(expression, lambda: bool(_run(expression, names)))


def flaw(text: str, *, expression: bool = False) -> str | None:
    """Return what is wrong with the form of a template, without filling it; None where it is right."""
    try:
        if expression:
            _guard(text, lambda: _expression(text))
        elif is_template(text) and verbatim(text) is None:
            _guard(text, lambda: _template(text))
    except FillError as error:
        return str(error)
    return None


def static(text: str) -> str | None:
    """Return the text that a template always gives; None where that depends on the run."""
    tree = parsed(text)
    if tree is not None and meta.find_undeclared_variables(tree):
        return None
    try:
        return fill(text, {})
    except FillError:
        return None


def parsed(text: str, *, expression: bool = False) -> nodes.Template | None:
    """Return a template's tree, for those who look for names in it; None where it has none or is wrong."""
    if not expression and (not is_template(text) or verbatim(text) is not None):
        return None
    try:
        return _guard(text, lambda: _sandbox.parse("{{ " + text + " }}" if expression else text))
    except FillError:
        return None


def _guard(text: str, work: Callable[[], _T]) -> _T:
    """Do the work of one template on an account of its own, and tell every failure in one way."""
    if len(text) > MAX_TEMPLATE:
        raise FillError(f"a template is longer than {MAX_TEMPLATE} characters")
    # Long templates get fewer rounds: a round may write the whole template's fixed text.
    token = account.set(Account(ticks=min(MAX_TICKS, 20_000_000 // max(len(text), 200))))
    try:
        return work()
    except FillError:
        raise
    except TemplateSyntaxError as error:
        raise FillError(f"template: {error.message}") from None
    except UndefinedError as error:
        raise FillError(f"template: {error.message}") from None
    except Exception as error:  # noqa: BLE001 - a script's mistake must never reach the engine as an exception
        raise FillError(f"template: {str(error)[:300] or type(error).__name__}") from None
    finally:
        account.reset(token)


@functools.lru_cache(maxsize=1024)
def _template(text: str) -> Template:
    return _sandbox.from_string(text)


@functools.lru_cache(maxsize=1024)
def _expression(text: str) -> TemplateExpression:
    return _sandbox.compile_expression(text, undefined_to_none=False)


@functools.lru_cache(maxsize=1024)
def _hole(text: str) -> str | None:
    found = _ONE.fullmatch(text)
    body = _sandbox.parse(text.strip()).body if found else []
    one = len(body) == 1 and isinstance(body[0], nodes.Output) and len(body[0].nodes) == 1
    return found[1] if found and one else None


def _render(template: Template, names: Mapping[str, Any]) -> str:
    pieces: list[str] = []
    length = 0
    for piece in template.root_render_func(template.new_context(dict(names))):
        length += len(piece)
        if length > MAX_TEXT:
            raise FillError(f"a text is longer than {MAX_TEXT} characters")
        pieces.append(piece)
    return "".join(pieces)


def _run(expression: str, names: Mapping[str, Any]) -> Any:
    value = _expression(expression)(dict(names))
    if isinstance(value, Undefined):
        value._fail_with_undefined_error()  # noqa: SLF001 - the undefined value knows its own message
    return value


def _plain(value: Any) -> Any:
    """Return a value as JSON data, so that it can be kept."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | Iterator | range):
        return [_plain(item) for item in value]
    raise FillError(f"template: a {type(value).__name__} cannot be kept")
