"""Bounds of templates: how much one may do, and how large a value may be; nothing in a template works without paying.

The account counts, so a template ends at the same place on every machine. Processor time is a second bound behind it,
far above what the count allows: it would end an operation that somebody has given too low a price.
"""

import itertools
import time
from collections.abc import ItemsView, Iterable, Iterator, Mapping, MappingView
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Final, NamedTuple

from jinja2.exceptions import SecurityError

# Of a text that a template makes, beyond the characters that it is given: logs and outputs may be as long as they are.
MAX_TEXT: Final = 1_000_000
MAX_ITEMS: Final = 500_000
MAX_DEPTH: Final = 100
MAX_BITS: Final = 10_000
MAX_STEPS: Final = 500_000
# All templates of one turn, or of one lint, together.
MAX_STEPS_TOGETHER: Final = 5 * MAX_STEPS
MAX_SECONDS: Final = 30.0


class LimitError(SecurityError):
    """A template reached a bound; the message names it."""


class Size(NamedTuple):
    """How large a value is as a tree: what is contained twice counts twice, as it does for whoever walks through it."""

    characters: int
    items: int
    depth: int

    @property
    def price(self) -> int:
        """The steps for touching the whole value once."""
        return self.items // 5 + self.characters // 50


class Account:
    """What may still be done: steps, and seconds of processor time, so that waiting on a busy machine costs nothing."""

    __slots__ = ("_began", "_ends", "_given", "_most_text", "_sizes", "steps")

    def __init__(self, steps: int = MAX_STEPS, given: Mapping[str, Any] | None = None) -> None:
        self.steps = steps
        self._given = given
        self._most_text = MAX_TEXT
        # Values do not change while a template is filled, so each is measured once. They are kept, or ids would be
        # used again.
        self._sizes: dict[int, tuple[Size, Any]] = {}
        self._began = time.thread_time()
        self._ends = time.perf_counter() + MAX_SECONDS

    def pay(self, steps: int = 1) -> None:
        """Pay for an operation before it is done."""
        if steps > self.steps:
            self.steps = 0
            raise LimitError(f"the template takes more than {MAX_STEPS:,} steps")
        self.steps -= steps
        if time.perf_counter() > self._ends and time.thread_time() - self._began > MAX_SECONDS:
            raise LimitError(f"the template takes more than {MAX_SECONDS:g} s of processor time")

    def bound_text(self, characters: int) -> None:
        """Raise LimitError for a text that is, or would be, too long."""
        if characters > self._most_text and self._given is not None:  # which is measured only where that matters
            self._most_text += _characters(list(self._given.values()))
            self._given = None
        if characters > self._most_text:
            raise LimitError(f"a text is longer than {self._most_text:,} characters")

    def measure(self, value: Any, depth: int = 0) -> Size:
        """Return how large a value is; LimitError where that is beyond a bound."""
        kind = type(value)
        if kind is str:
            return self._checked(Size(len(value), 1, 0))
        if kind is int:
            return Size(_digits(value), 1, 0)
        if kind is range:
            return self._checked(Size(0, len(value), 1))
        if kind in _CONTAINERS or isinstance(value, list | tuple | Mapping | MappingView):
            known = self._sizes.get(id(value))
            return self._container(value, depth) if known is None else known[0]
        # Whatever else there is, such as functions and namespaces, has a short text and no items.
        return _ATOM

    def _container(self, value: Any, depth: int) -> Size:
        if depth > MAX_DEPTH:
            raise LimitError(f"a value is nested more than {MAX_DEPTH} deep")
        self.pay()  # a list of many small lists takes longer than its items
        characters, items, deepest = 0, 1, 0
        for child in _children(value):
            kind = type(child)
            items += 1
            if kind is str:
                characters += len(child)
            elif kind not in _PLAIN:
                size = self.measure(child, depth + 1)
                characters += size.characters
                items += size.items - 1
                deepest = max(deepest, size.depth)
                if items > MAX_ITEMS:
                    break
        size = self._checked(Size(characters, items, deepest + 1))
        if not isinstance(value, MappingView):  # made anew each time
            self._sizes[id(value)] = size, value
        return size

    def _checked(self, size: Size) -> Size:
        self.bound_text(size.characters)
        bounded_items(size.items)
        if size.depth > MAX_DEPTH:
            raise LimitError(f"a value is nested more than {MAX_DEPTH} deep")
        return size


_PLAIN: Final = frozenset({float, bool, type(None)})
_CONTAINERS: Final = frozenset({list, tuple, dict})
_ATOM: Final = Size(0, 1, 0)


def _children(value: Any) -> Iterable[Any]:
    if isinstance(value, Mapping):
        return itertools.chain(value.keys(), value.values())
    # The pairs of such a view are made anew each time, so they are not measured as values.
    return itertools.chain.from_iterable(value) if isinstance(value, ItemsView) else value


def _characters(value: Any) -> int:
    """Return how many characters data from outside has, which may be of any size."""
    total, stack = 0, [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            total += len(item)
        elif isinstance(item, Mapping):
            stack += item.keys()
            stack += item.values()
        elif isinstance(item, list | tuple):
            stack += item
    return total


def _digits(number: int) -> int:
    bits = number.bit_length()
    bounded_bits(bits)
    return bits // 3 if bits > 64 else 0


_account: ContextVar[Account] = ContextVar("account")
_common: ContextVar[Account | None] = ContextVar("common", default=None)


@contextmanager
def one_template(given: Mapping[str, Any] | None = None) -> Iterator[None]:
    """Open the account of one template; what it takes is taken from the common account too, if there is one."""
    common = _common.get()
    most = MAX_STEPS if common is None else min(MAX_STEPS, common.steps)
    own = Account(most, given)
    token = _account.set(own)
    try:
        yield
    except LimitError:
        if own.steps == 0 and most < MAX_STEPS:
            raise LimitError(f"the templates take more than {MAX_STEPS_TOGETHER:,} steps together") from None
        raise
    finally:
        _account.reset(token)
        if common is not None:
            common.steps -= most - own.steps


@contextmanager
def together(account: Account) -> Iterator[None]:
    """Let all templates that are filled meanwhile pay from one account."""
    token = _common.set(account)
    try:
        yield
    finally:
        _common.reset(token)


def pay(steps: int = 1) -> None:
    """Pay for an operation before it is done."""
    _account.get().pay(steps)


def measure(value: Any) -> Size:
    """Return how large a value is; LimitError where that is beyond a bound."""
    return _account.get().measure(value)


def touch(*values: Any) -> None:
    """Pay for an operation that goes through each of these values once."""
    account = _account.get()
    items, characters = 0, 0
    for value in values:
        size = account.measure(value)
        items += size.items
        characters += size.characters
    account.pay(1 + items // 5 + characters // 50)


def made(value: Any) -> Any:
    """Pay for a value that was made, and return it."""
    account = _account.get()
    account.pay(account.measure(value).price)
    return value


def search(text: Any, part: Any, *, backwards: bool = False) -> None:
    """Pay for looking for a part in a text; backwards Python's search takes the product of both lengths."""
    if isinstance(text, str) and isinstance(part, str):
        pay(len(text) * (len(part) if backwards else min(len(part), 100)) // 1000)


def bounded_text(characters: int) -> None:
    """Raise LimitError for a text that would be too long, before it is made."""
    _account.get().bound_text(characters)


def bounded_items(items: int) -> None:
    """Raise LimitError for a value that would have too many items, before it is made."""
    if items > MAX_ITEMS:
        raise LimitError(f"a value has more than {MAX_ITEMS:,} items")


def bounded_bits(bits: int) -> None:
    """Raise LimitError for a number that would be too long, before it is made."""
    if bits > MAX_BITS:
        raise LimitError(f"a number has more than {MAX_BITS:,} bits")


def key(value: Any) -> Any:
    """Return the key of a dict. Only keys whose hashes nobody can make collide: other dicts would be quadratic."""
    if isinstance(value, tuple) or (isinstance(value, int) and value.bit_length() > 60):
        raise LimitError("the key of a dict is a text or a number of at most 60 bits")
    touch(value)
    return value
