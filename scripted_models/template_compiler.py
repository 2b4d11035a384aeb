"""Templates parsed and compiled once; every error in them, of whatever kind, comes out as a `TemplateError`."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from jinja2 import Template, TemplateSyntaxError, UndefinedError, nodes

from scripted_models import compilation
from scripted_models.absences import AbsentError
from scripted_models.compiled_texts import CompiledTexts
from scripted_models.sandbox import Sandbox
from scripted_models.template_hints import hint
from scripted_models.template_limits import one_template, pay
from scripted_models.template_names import Names, names_of
from scripted_models.template_syntax import UnknownWordError, count_parts

MAX_TEMPLATE: Final = 200_000
_LONGEST_MESSAGE: Final = 300
# In steps, as long as compiling takes: for a template as such, for each of its parts, and for its characters.
_PRICE: Final = 500
_PRICE_OF_PART: Final = 50
_CHARACTERS_PER_STEP: Final = 100

_T = TypeVar("_T")
_ONE_HOLE: Final = re.compile(r"\s*\{\{[-+]?(.*?)[-+]?\}\}\s*", re.DOTALL)
_sandbox: Final = Sandbox()
FILTERS: Final = frozenset(_sandbox.filters)


class TemplateError(Exception):
    """A template that cannot be compiled or filled. line: of the error in the template, counted from 1, if known.

    suggestion: what to write instead.
    """

    def __init__(self, message: str, line: int | None = None, suggestion: str | None = None) -> None:
        super().__init__(message)
        self.line = line
        self.suggestion = suggestion


@dataclass(frozen=True, slots=True)
class Compiled:
    """A template, or an expression without braces, that can be filled.

    names: what it uses. hole: the expression of a template that is one single hole.
    """

    template: Template
    names: Names
    hole: str | None = None


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What came out of compiling a text. price: in steps."""

    price: int
    result: Compiled | TemplateError


# As many as two loads may compile: what is played was compiled where it was loaded.
_known: Final[CompiledTexts[tuple[str, bool], _Outcome]] = CompiledTexts(2 * compilation.MAX_STEPS)


def guarded(text: str, work: Callable[[], _T], given: Mapping[str, object] | None = None) -> _T:
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
    except Exception as error:  # noqa: BLE001 - a script's mistake must never reach the engine as an exception
        raise _template_error(error, text, given or {}) from None


def _template_error(error: Exception, text: str, given: Mapping[str, object]) -> TemplateError:
    match error:
        case TemplateSyntaxError():
            misnamed = ("", error.near) if isinstance(error, UnknownWordError) else None
            remedy, suggestion = misnamed or hint(error.message or "", text)
            message = (error.message or "").rstrip(".") if remedy.startswith(":") else error.message
            return _short(f"{message}{remedy}", error, error.lineno, suggestion)
        case AbsentError():
            return _short(error.describe(given), error)
        case UndefinedError():
            return _short(error.message, error)
        case SyntaxError():  # of the Python code that Jinja writes, whose lines are not the template's
            return _short(error.msg, error)
        case RecursionError():
            return TemplateError("template: nested too deeply")
    return _short(str(error), error)


def _short(
    message: str | None, error: Exception, line: int | None = None, suggestion: str | None = None
) -> TemplateError:
    """Return an error whose message is short, whatever values it names."""
    text = message or type(error).__name__
    short = text if len(text) <= _LONGEST_MESSAGE else text[: _LONGEST_MESSAGE - 1] + "…"
    return TemplateError(f"template: {short}", line, suggestion)


def compiled(text: str, *, expression: bool = False) -> Compiled:
    """Return a template compiled; call it within `guarded`. Raises `TemplateError`."""
    outcome = _known.get((text, expression))
    if outcome is None:
        outcome = _compile(text, expression=expression)
        _known.keep((text, expression), outcome, outcome.price)
    else:
        compilation.pay((text, expression), outcome.price)
    if isinstance(outcome.result, TemplateError):
        raise TemplateError(str(outcome.result), outcome.result.line, outcome.result.suggestion)
    return outcome.result


def compile_error(text: str, *, expression: bool = False) -> TemplateError | None:
    """Return why a template does not compile; None where it does."""
    try:
        guarded(text, lambda: compiled(text, expression=expression))
    except TemplateError as error:
        return error
    return None


def names(text: str, *, expression: bool = False) -> Names | None:
    """Return what a template uses; None where it does not compile."""
    try:
        return guarded(text, lambda: compiled(text, expression=expression).names)
    except TemplateError:
        return None


def _compile(text: str, *, expression: bool) -> _Outcome:
    """Compile a text, or find what is wrong with it; what is no fault of its own is raised."""
    price = _PRICE + len(text) // _CHARACTERS_PER_STEP
    compilation.check()
    try:
        price += _PRICE_OF_PART * count_parts(_sandbox, text, expression=expression)
    except TemplateSyntaxError as error:
        _pay(text, price, expression=expression)
        return _Outcome(price, _template_error(error, text, {}))
    _pay(text, price, expression=expression)
    try:
        return _Outcome(price, _parsed(text, expression=expression))
    except RecursionError:  # how deep is too deep depends on who asks
        raise
    except Exception as error:  # noqa: BLE001 - as in `guarded`
        return _Outcome(price, _template_error(error, text, {}))


def _pay(text: str, price: int, *, expression: bool) -> None:
    """Pay as the scripts are read; where one is played, the template itself pays, but few are compiled only there."""
    if not compilation.pay((text, expression), price):
        pay(price)


def _parsed(text: str, *, expression: bool) -> Compiled:
    tree = _sandbox.parse_expression(text) if expression else _sandbox.parse(text)
    hole = None if expression else _only_hole(text, tree)
    return Compiled(_sandbox.from_string(tree), names_of(_sandbox, tree), hole)


def _only_hole(text: str, tree: nodes.Template) -> str | None:
    found = _ONE_HOLE.fullmatch(text)
    if found is None or not all(isinstance(part, nodes.Output) for part in tree.body):
        return None
    outputs = tree.find_all(nodes.Output)
    parts = [part for output in outputs for part in output.nodes if not _is_space(part)]
    return found[1] if len(parts) == 1 else None


def _is_space(part: nodes.Node) -> bool:
    return isinstance(part, nodes.TemplateData) and part.data.isspace()
