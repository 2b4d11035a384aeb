"""The methods that templates may call on texts, lists and mappings, each with what it costs; there are no others."""

from collections.abc import Callable, Mapping, MappingView
from types import BuiltinMethodType
from typing import Any, Final

from scripted_models.template_limits import bounded_text, made, pay, search, touch
from scripted_models.template_operators import join, replace

Method = Callable[..., Any]


def _linear(name: str) -> Method:
    """Return a method that goes through its text and its arguments once."""

    def call(owner: Any, *args: Any, **kwargs: Any) -> Any:
        touch(owner, *args, *kwargs.values())
        return made(getattr(owner, name)(*args, **kwargs))

    return call


def _searching(name: str, *, backwards: bool = False) -> Method:
    def call(owner: Any, *args: Any, **kwargs: Any) -> Any:
        for part in (*args, *kwargs.values()):
            search(owner, part, backwards=backwards)
        return plain(owner, *args, **kwargs)

    plain = _linear(name)
    return call


def _padding(name: str) -> Method:
    def call(owner: str, width: int, *args: Any) -> Any:
        bounded_text(width)
        return plain(owner, width, *args)

    plain = _linear(name)
    return call


def _join(owner: str, pieces: Any) -> str:
    touch(pieces)
    items = list(pieces)
    for item in items:
        if not isinstance(item, str):
            raise TypeError(f"sequence item: expected str instance, {type(item).__name__} found")
    return join(owner, items)


def _get(owner: Mapping[Any, Any], key: Any, default: Any = None) -> Any:
    touch(key)
    return owner.get(key, default)


def _view(name: str) -> Method:
    """Return a method whose result refers to a mapping: whoever goes through it pays then."""

    def call(owner: Any) -> Any:
        pay()
        return getattr(owner, name)()

    return call


_ONCE: Final = (
    "capitalize", "casefold", "endswith", "isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "isidentifier",
    "islower", "isnumeric", "isprintable", "isspace", "istitle", "isupper", "lower", "removeprefix", "removesuffix",
    "splitlines", "startswith", "swapcase", "title", "upper",
)  # fmt: skip
_TEXT: Final[Mapping[str, Method]] = {
    **{name: _linear(name) for name in _ONCE},
    **{name: _searching(name) for name in ("count", "find", "index", "partition", "split")},
    **{name: _searching(name, backwards=True) for name in ("rfind", "rindex", "rpartition", "rsplit")},
    # The signs to be stripped are looked through for each sign of the text.
    **{name: _searching(name, backwards=True) for name in ("lstrip", "rstrip", "strip")},
    **{name: _padding(name) for name in ("center", "ljust", "rjust", "zfill")},
    "join": _join,
    "replace": replace,
}
_LIST: Final[Mapping[str, Method]] = {name: _linear(name) for name in ("copy", "count", "index")}
_MAPPING: Final[Mapping[str, Method]] = {
    **{name: _view(name) for name in ("items", "keys", "values")},
    "copy": _linear("copy"),
    "get": _get,
}
_NUMBER: Final[Mapping[str, Method]] = {name: _linear(name) for name in ("bit_count", "bit_length", "is_integer")}

# What may be asked of values of these kinds, beside their methods; of other kinds, what Jinja's sandbox allows.
_KINDS: Final[tuple[tuple[Any, Mapping[str, Method], frozenset[str]], ...]] = (
    (str, _TEXT, frozenset()),
    (int | float | complex, _NUMBER, frozenset({"real", "imag", "numerator", "denominator"})),
    (list, _LIST, frozenset()),
    (tuple, _LIST, frozenset({"grouper", "list"})),  # of `groupby`
    (range, _LIST, frozenset({"start", "stop", "step"})),
    (Mapping, _MAPPING, frozenset()),
    (MappingView, {}, frozenset()),
    (bytes | bytearray | memoryview, {}, frozenset()),
)


def allowed(value: Any, attribute: str) -> bool | None:
    """Return whether a template may ask a value for an attribute; None for kinds of values that have no list here."""
    for kind, methods, attributes in _KINDS:
        if isinstance(value, kind):
            return attribute in methods or attribute in attributes
    return None


def priced(method: Any) -> Method | None:
    """Return what to call instead of a bound method of a text, list or mapping; None for anything else."""
    owner, name = getattr(method, "__self__", None), getattr(method, "__name__", "")
    for kind, methods, _ in _KINDS:
        if isinstance(owner, kind) and name in methods:
            chosen = methods[name]
            return lambda *args, **kwargs: chosen(owner, *args, **kwargs)
    if isinstance(method, BuiltinMethodType) and owner is not None:
        raise TypeError(f"{name} is not for templates")
    return None
