"""Templates: texts with holes, and expressions without braces; only texts that hold a hole ever reach Jinja."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from jinja2 import Template, Undefined
from jinja2.environment import TemplateExpression

from scripted_models import template_compiler
from scripted_models.template_compiler import TemplateError, compile_error, compiled, guarded
from scripted_models.template_limits import bounded_text, made
from scripted_models.template_names import Names

_RAW: Final = re.compile(r"\{%\s*raw\s*%\}(.*)\{%\s*endraw\s*%\}", re.DOTALL)
_RAW_TAG: Final = re.compile(r"\{%[-+]?\s*(end)?raw\s*[-+]?%\}")


def is_template(text: str) -> bool:
    """Return whether a text holds holes at all."""
    return "{{" in text or "{%" in text or "{#" in text


def verbatim(text: str) -> str | None:
    """Return what stands between one pair of raw tags around everything: exactly, line ends too; else None."""
    found = _RAW.fullmatch(text)
    return None if found is None or _RAW_TAG.search(found[1]) else found[1]


def fill(text: str, given: Mapping[str, Any]) -> str:
    """Return a text with its holes filled; raise `TemplateError`."""
    if not is_template(text):
        return text
    exact = verbatim(text)
    return exact if exact is not None else guarded(text, lambda: _render(compiled(text).template, given), given)


def fill_value(text: str, given: Mapping[str, Any]) -> Any:
    """Return a text with its holes filled; of a text that is one single hole, the value instead of its text."""
    if not _needs_jinja(text):
        return fill(text, given)
    hole = guarded(text, lambda: compiled(text).hole)
    if hole is None:
        return fill(text, given)
    return guarded(text, lambda: _to_data(made(_evaluate(hole, given))), given)


def holds(expression: str, given: Mapping[str, Any]) -> bool:
    """Return whether an expression without braces is true; raise `TemplateError`."""
    return guarded(expression, lambda: bool(_evaluate(expression, given)), given)


def syntax_error(text: str, *, expression: bool = False) -> TemplateError | None:
    """Return what is wrong with the form of a template, without filling it; None where it is right."""
    return compile_error(text, expression=expression) if expression or _needs_jinja(text) else None


def names(text: str, *, expression: bool = False) -> Names | None:
    """Return the names that a template uses; None for a text without holes, and for a template that is wrong."""
    return template_compiler.names(text, expression=expression) if expression or _needs_jinja(text) else None


def static(text: str) -> str | None:
    """Return the text that a template always gives; None where that depends on the run, or where it is wrong."""
    used = names(text)
    if used is not None and used.variables:
        return None
    try:
        return fill(text, {})
    except TemplateError:
        return None


def _needs_jinja(text: str) -> bool:
    return is_template(text) and verbatim(text) is None


def _render(template: Template, given: Mapping[str, Any]) -> str:
    pieces: list[str] = []
    length = 0
    for piece in template.root_render_func(template.new_context(dict(given))):
        length += len(piece)
        bounded_text(length)
        pieces.append(piece)
    return "".join(pieces)


def _evaluate(expression: str, given: Mapping[str, Any]) -> Any:
    template = compiled(expression, expression=True).template
    value = TemplateExpression(template, undefined_to_none=False)(dict(given))
    if isinstance(value, Undefined):
        value._fail_with_undefined_error()  # noqa: SLF001 - the undefined value knows its own message
    return value


def _to_data(value: Any) -> Any:
    """Return a value as JSON data, so that it can be kept."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): _to_data(item) for key, item in value.items()}
    if isinstance(value, list | tuple | Iterator | range):
        return [_to_data(item) for item in value]
    raise TemplateError(f"template: a {type(value).__name__} cannot be kept")
