"""The sandbox of templates: no way to the host, no chance, and every operation paid for."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from jinja2 import TemplateSyntaxError, nodes
from jinja2.parser import Parser
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace

from scripted_models import template_limits, template_methods, template_operators
from scripted_models.absences import Absent
from scripted_models.template_code import MeteredCode
from scripted_models.template_filters import script_filters, script_tests
from scripted_models.template_limits import bounded_items, made, pay, touch
from scripted_models.template_syntax import check_tree


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja as scripts may use it. The code that `MeteredCode` writes calls these methods."""

    code_generator_class = MeteredCode
    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})
    intercepted_unops = frozenset({"+", "-"})

    key = staticmethod(template_limits.key)
    concatenate = staticmethod(template_operators.concatenate)

    def __init__(self) -> None:
        super().__init__(undefined=Absent, keep_trailing_newline=True, optimized=False, finalize=_finalize)
        self.globals = {"range": _range, "dict": _dict, "namespace": _Namespace}
        self.filters = script_filters(self.filters)
        self.tests = script_tests(self.tests)

    def _generate(self, source: nodes.Template, *args: Any, **kwargs: Any) -> str:
        """Check every tree that is compiled."""
        check_tree(source, self.filters, self.tests)
        return super()._generate(source, *args, **kwargs)

    def parse_expression(self, source: str) -> nodes.Template:
        """Return the tree of an expression without braces, whose value the template gives the name ``result``."""
        parser = Parser(self, source, state="variable")
        expression = parser.parse_expression()
        if not parser.stream.eos:
            raise TemplateSyntaxError("chunk after expression", parser.stream.current.lineno)
        result = nodes.Assign(nodes.Name("result", "store", lineno=1), expression, lineno=1)
        tree = nodes.Template([result], lineno=1)
        tree.set_environment(self)
        return tree

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Prefer a mapping's keys to its methods: ``outputs.items`` is an output."""
        pay()
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Subscribe a value; a slice makes a new one."""
        if isinstance(argument, slice):
            return template_operators.subscript(obj, argument)
        touch(argument)
        return super().getitem(obj, argument)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Allow of texts, lists and mappings only what has a price, beside what every sandbox refuses."""
        return template_methods.allowed(obj, attr) is not False and super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> None:  # noqa: ARG002 - Jinja's
        """Give no stand-in for ``str.format``: its widths know no bound, so `is_safe_attribute` refuses it."""
        return

    def compare(self, left: Any, *rest: Any) -> Any:
        """Compare a chain, such as ``a < b < c``. rest: names of operators, each with a function for its operand."""
        result: Any = True
        for name, operand in zip(rest[::2], rest[1::2], strict=True):
            right = operand()
            result = template_operators.compare(name, left, right)
            if not result:
                break
            left = right
        return result

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:  # noqa: ARG002 - Jinja's
        """Calculate with two values."""
        return template_operators.calculate(operator, left, right)

    def call_unop(self, context: Context, operator: str, arg: Any) -> Any:  # noqa: ARG002 - Jinja's
        """Calculate with one value."""
        return template_operators.negate(operator, arg)

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805, PYI063 - Jinja's
        """Call a method at its price; anything else for what it is given and returns."""
        given = {name: value for name, value in kwargs.items() if not name.startswith("_")}
        method = template_methods.priced(__obj)
        if method is not None:
            return method(*args, **given)
        touch(*args, *given.values())
        return made(super().call(__context, __obj, *args, **kwargs))

    def rounds(self, items: Iterable[Any]) -> Iterator[Any]:
        """Pay for each round of a loop."""
        for item in items:
            pay()
            yield item


class _Namespace(Namespace):
    """A namespace changes, so it has no size; therefore its text does not show what is in it."""

    def __init__(*args: Any, **kwargs: Any) -> None:
        if len(args) > 1:
            kwargs = _dict(*args[1:]) | kwargs
        Namespace.__init__(args[0], **kwargs)

    def __repr__(self) -> str:
        return "<namespace>"


def _finalize(value: Any) -> str:
    """Return the text of a value that is written."""
    touch(value)
    return str(value)


def _range(*args: int) -> range:
    numbers = range(*args)
    bounded_items(len(numbers))
    return numbers


def _dict(*args: Any, **kwargs: Any) -> dict[Any, Any]:
    """Return a dict as Python's function makes it, with keys that are checked."""
    made_of: Any = args[0] if args else ()
    pairs = made_of.items() if isinstance(made_of, Mapping) else made_of
    return {template_limits.key(name): value for name, value in pairs} | kwargs
