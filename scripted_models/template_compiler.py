"""Templates compiled once; every error in them, of whatever kind, comes out as a `TemplateError`."""

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from jinja2 import Template, TemplateSyntaxError, UndefinedError, meta, nodes
from jinja2.environment import TemplateExpression

from scripted_models.sandbox import Sandbox
from scripted_models.template_limits import one_template

MAX_TEMPLATE: Final = 200_000
_LONGEST_MESSAGE: Final = 300

_T = TypeVar("_T")
_ONE_HOLE: Final = re.compile(r"\s*\{\{[-+]?(.*?)[-+]?\}\}\s*", re.DOTALL)
_sandbox: Final = Sandbox()


class TemplateError(Exception):
    """A template that cannot be compiled or filled. line: of the error in the template, counted from 1, if known."""

    def __init__(self, message: str, line: int | None = None) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Analysis:
    """A template's tree, and the variables that it takes from outside."""

    tree: nodes.Template
    variables: frozenset[str]


def guarded(text: str, work: Callable[[], _T], given: Mapping[str, Any] | None = None) -> _T:
    """Do the work of one template on an account of its own; raise `TemplateError` for whatever goes wrong in it.

    given: the data that it may use.
    """
    if len(text) > MAX_TEMPLATE:
        raise TemplateError(f"a template is longer than {MAX_TEMPLATE:,} characters")
    try:
        with one_template(given):
            return work()
    except TemplateError:
        raise
    except TemplateSyntaxError as error:
        raise _error(error.message, error, error.lineno) from None
    except UndefinedError as error:
        raise _error(error.message, error) from None
    except SyntaxError as error:  # of the Python code that Jinja writes, whose lines are not the template's
        raise _error(error.msg, error) from None
    except RecursionError:
        raise TemplateError("template: nested too deeply") from None
    except Exception as error:  # noqa: BLE001 - a script's mistake must never reach the engine as an exception
        raise _error(str(error), error) from None


def _error(message: str | None, error: Exception, line: int | None = None) -> TemplateError:
    """Return an error whose message is short, whatever values it names."""
    text = message or type(error).__name__
    short = text if len(text) <= _LONGEST_MESSAGE else text[: _LONGEST_MESSAGE - 1] + "…"
    return TemplateError(f"template: {short}", line)


@functools.lru_cache(maxsize=1024)
def compile_template(text: str) -> Template:
    """Return a text with holes, compiled. Call it within `guarded`, as the two below."""
    return _sandbox.from_string(text)


@functools.lru_cache(maxsize=1024)
def compile_expression(text: str) -> TemplateExpression:
    """Return an expression without braces, compiled."""
    return _sandbox.compile_expression(text, undefined_to_none=False)


@functools.lru_cache(maxsize=1024)
def only_hole(text: str) -> str | None:
    """Return the expression of a text that is one single hole; None for any other text."""
    found = _ONE_HOLE.fullmatch(text)
    body = _sandbox.parse(text.strip()).body if found else []
    single = len(body) == 1 and isinstance(body[0], nodes.Output) and len(body[0].nodes) == 1
    return found[1] if found and single else None


def compile_error(text: str, *, expression: bool = False) -> TemplateError | None:
    """Return why a template does not compile; None where it does."""
    try:
        guarded(text, lambda: compile_expression(text) if expression else compile_template(text))
    except TemplateError as error:
        return error
    return None


def analyze(text: str, *, expression: bool = False) -> Analysis | None:
    """Return what a template is made of; None where it does not compile."""
    if compile_error(text, expression=expression) is not None:
        return None
    try:
        return guarded(text, lambda: _analyze("{{ " + text + " }}" if expression else text))
    except TemplateError:
        return None


def _analyze(text: str) -> Analysis:
    tree = _sandbox.parse(text)
    return Analysis(tree, frozenset(meta.find_undeclared_variables(tree)))
