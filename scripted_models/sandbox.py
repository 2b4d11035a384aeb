"""The sandbox of templates: no way to the host, no chance, and bounds on every kind of growth that Jinja allows."""

from collections.abc import Mapping
from typing import Any, Final

from jinja2 import StrictUndefined, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from scripted_models.template_filters import format_text, join, replace, script_filters
from scripted_models.template_limits import MAX_TEXT, MAX_TICKS, account, weigh
from scripted_models.template_syntax import Metering, check_tree

# str methods that make long texts of short ones in ways that are hard to weigh beforehand
_REFUSED_METHODS: Final = frozenset(
    {"ljust", "rjust", "center", "zfill", "expandtabs", "format", "format_map", "translate", "maketrans"}
)


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja as scripts may use it."""

    intercepted_binops = frozenset({"*", "**", "%", "+"})

    def __init__(self) -> None:
        super().__init__(undefined=StrictUndefined, keep_trailing_newline=True, optimized=False, finalize=_finalize)
        self.globals = {"range": _range, "dict": dict, "namespace": self.globals["namespace"]}
        self.filters = script_filters(self.filters)

    def _generate(self, source: nodes.Template, *args: Any, **kwargs: Any) -> str:
        """Check and meter every tree that is compiled; expressions come this way too, and not through `_parse`."""
        check_tree(source, self.filters, self.tests)
        return super()._generate(Metering().visit(source), *args, **kwargs)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Prefer a mapping's keys to its methods: ``outputs.items`` is an output."""
        if isinstance(obj, Mapping) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Refuse the methods that grow texts, beside what every sandbox refuses."""
        return attr not in _REFUSED_METHODS and super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> None:  # noqa: ARG002 - Jinja's
        """Give no stand-in for ``str.format``: its widths know no bound, so `is_safe_attribute` refuses it."""
        return

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Weigh before multiplying."""
        match operator:
            case "*" if isinstance(left, int) and not isinstance(right, int | float):
                weigh(right, MAX_TEXT // max(left, 1))
            case "*" if isinstance(right, int) and not isinstance(left, int | float):
                weigh(left, MAX_TEXT // max(right, 1))
            case "*" if isinstance(left, int) and isinstance(right, int):
                _check_bits(left.bit_length() + right.bit_length())
            case "**" if isinstance(left, int) and isinstance(right, int):
                _check_bits(left.bit_length() * max(right, 0))
            case "%" if isinstance(left, str):
                return format_text(left, right)
            case "+" if not isinstance(left, int | float):
                weigh((left, right))
        return super().call_binop(context, operator, left, right)

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805, PYI063 - Jinja's
        """Pay for a call, and weigh those that multiply."""
        account.get().tick()
        weigh((args, kwargs))
        owner, name = getattr(__obj, "__self__", None), getattr(__obj, "__name__", "")
        if isinstance(owner, str) and name in _REFUSED_METHODS:
            raise SecurityError(f"{name} is not for templates")
        if isinstance(owner, str) and name == "replace":
            return replace(owner, *args)
        if isinstance(owner, str) and name == "join":
            return join(args[0], owner)
        return super().call(__context, __obj, *args, **kwargs)


def _check_bits(bits: int) -> None:
    if bits > 10_000:
        raise SecurityError("a number is too long")


def _finalize(value: Any) -> Any:
    account.get().write(weigh(value))
    return value


def _range(*args: int) -> range:
    numbers = range(*args)
    if len(numbers) > MAX_TICKS:
        raise SecurityError(f"a range has at most {MAX_TICKS} numbers")
    return numbers
