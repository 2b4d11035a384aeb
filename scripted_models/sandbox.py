"""The sandbox of templates: no way to the host, no chance, and bounds on every kind of growth that Jinja allows.

A render has an account of ticks (loop rounds, calls, filters) and of characters. Values are weighed before anything
turns them into text or multiplies them, because small templates can double a value many times.
"""

import functools
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

from jinja2 import StrictUndefined, nodes
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.visitor import NodeTransformer

MAX_TEXT: Final = 1_000_000
MAX_TICKS: Final = 100_000

# str methods that make long texts of short ones in ways that are hard to weigh beforehand
_REFUSED_METHODS: Final = frozenset(
    {"ljust", "rjust", "center", "zfill", "expandtabs", "format", "format_map", "translate", "maketrans"}
)
# filters that depend on chance, or whose numbers make long texts of short ones
_SIZED_FILTERS: Final = frozenset({"center", "indent", "batch", "slice", "wordwrap", "round", "truncate"})
_DROPPED_FILTERS: Final = frozenset({"random", "pprint", "urlize", "xmlattr"})
_WIDTH: Final = re.compile(r"\*|\d{4,}")


@dataclass(slots=True)
class Account:
    """What one render may still do."""

    ticks: int = MAX_TICKS
    characters: int = 4 * MAX_TEXT

    def tick(self) -> None:
        """Pay for one round or call."""
        self.ticks -= 1
        if self.ticks < 0:
            raise SecurityError("the template takes too many steps")

    def write(self, characters: int) -> None:
        """Pay for text."""
        self.characters -= characters
        if self.characters < 0:
            raise SecurityError("the template writes too much")


account: ContextVar[Account] = ContextVar("account")


def weigh(value: Any, limit: int = MAX_TEXT) -> int:
    """Return about how long a value is as text; SecurityError beyond ``limit``."""
    weight = 0
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            weight += len(item)
        elif isinstance(item, Mapping):
            stack.extend(item.keys())
            stack.extend(item.values())
        elif isinstance(item, list | tuple | set | frozenset):
            stack.extend(item)
        weight += 1
        if weight > limit:
            raise SecurityError(f"a value is longer than {limit} characters")
    return weight


class _Bound(NodeTransformer):
    """Puts the account into places that Jinja offers no hook for: rounds of loops, and ``~``."""

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - the visitor's naming
        self.generic_visit(node)
        node.iter = nodes.Filter(node.iter, "_rounds", [], [], None, None, lineno=node.lineno)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802 - the visitor's naming
        self.generic_visit(node)
        pieces = nodes.List(node.nodes, lineno=node.lineno)
        return nodes.Filter(pieces, "_joined", [], [], None, None, lineno=node.lineno)


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja as scripts may use it."""

    intercepted_binops = frozenset({"*", "**", "%", "+"})

    def __init__(self) -> None:
        super().__init__(undefined=StrictUndefined, keep_trailing_newline=True, optimized=False, finalize=_written)
        self.globals = {"range": _range, "dict": dict, "namespace": self.globals["namespace"]}
        kept = {name: call for name, call in self.filters.items() if name not in _DROPPED_FILTERS}
        self.filters = {name: _guarded(name, call) for name, call in kept.items()}
        self.filters |= {"replace": _guarded("replace", _replace), "join": _guarded("join", _join)}
        self.filters |= {"format": _guarded("format", _format), "tojson": _guarded("tojson", _tojson)}
        self.filters |= {"json": _json, "data": _data, "first_line": _first_line}
        self.filters |= {"_rounds": _rounds, "_joined": _joined}

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        if any(tree.find_all((nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends))):
            raise SecurityError("a template stands alone: no include, import or extends")
        bound: nodes.Template = _Bound().visit(tree)
        return bound

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
                _digits(left.bit_length() + right.bit_length())
            case "**" if isinstance(left, int) and isinstance(right, int):
                _digits(left.bit_length() * max(right, 0))
            case "%" if isinstance(left, str):
                return _format(left, right)
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
            return _replace(owner, *args)
        if isinstance(owner, str) and name == "join":
            return _join(args[0], owner)
        return super().call(__context, __obj, *args, **kwargs)


def _digits(bits: int) -> None:
    if bits > 10_000:
        raise SecurityError("a number is too long")


def _written(value: Any) -> Any:
    account.get().write(weigh(value))
    return value


def _guarded(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(call)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        account.get().tick()
        weigh((args, kwargs))
        if name in _SIZED_FILTERS and any(
            (isinstance(given, int) and abs(given) > 1000) or (isinstance(given, str) and len(given) > 10_000)
            for given in (*args, *kwargs.values())
        ):
            raise SecurityError(f"{name} takes shorter texts and smaller numbers")
        return call(*args, **kwargs)

    return guarded


def _range(*args: int) -> range:
    rounds = range(*args)
    if len(rounds) > MAX_TICKS:
        raise SecurityError(f"a range has at most {MAX_TICKS} numbers")
    return rounds


def _rounds(items: Iterable[Any]) -> Iterator[Any]:
    for item in items:
        account.get().tick()
        yield item


def _joined(pieces: list[Any]) -> str:
    weigh(pieces)
    return "".join(map(str, pieces))


def _replace(text: Any, old: str, new: str, count: int | None = -1) -> str:
    whole = str(text)
    times = whole.count(old) if count is None or count < 0 else min(count, whole.count(old))
    if len(whole) + times * len(new) > MAX_TEXT:
        raise SecurityError(f"a value is longer than {MAX_TEXT} characters")
    return whole.replace(old, new, -1 if count is None else count)


def _join(items: Iterable[Any], separator: str = "", attribute: str | int | None = None) -> str:
    pieces = [item if attribute is None else item[attribute] for item in items]
    weigh(pieces, MAX_TEXT - min(len(separator) * len(pieces), MAX_TEXT))
    return str(separator).join(map(str, pieces))


def _format(text: str, *args: Any, **kwargs: Any) -> str:
    if any(_WIDTH.search(spec) for spec in re.findall(r"%[^a-zA-Z%]*", text)):
        raise SecurityError("a format has widths of at most three digits")
    values = args[0] if len(args) == 1 and isinstance(args[0], tuple | dict) else args
    weigh((text, values, kwargs))
    return str(text % (kwargs or values))


def _tojson(value: Any, indent: int | None = None) -> str:
    """Write JSON as the API would, not as HTML needs it."""
    return json.dumps(value, ensure_ascii=False, indent=min(indent, 8) if indent else None)


def _json(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise ValueError(f"not JSON: {error}") from None


def _data(value: Any) -> Any:
    try:
        return _json(value)
    except ValueError:
        return value


def _first_line(value: Any) -> str:
    return next(iter(str(value).strip().splitlines()), "")
