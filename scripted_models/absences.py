"""What a template asks for and is not there, in words that name what is."""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any, Final

from jinja2 import StrictUndefined, UndefinedError
from jinja2.utils import missing

from emulator.domain.nearest import did_you_mean
from scripted_models.found_nothing import NoResult, NoResults
from scripted_models.problems import brief

_MOST_NAMES: Final = 12
# Of the values that a template is given, looked through for the name of one.
_MOST_VALUES: Final = 2_000
_DEEPEST: Final = 4


class AbsentError(UndefinedError):
    """Something was used that is not there. owner: what was asked for it; `missing`: nothing, it is a name."""

    def __init__(self, owner: Any, name: Any, message: str) -> None:
        super().__init__(message)
        self.owner = owner
        self.name = name

    def describe(self, given: Mapping[str, Any]) -> str:
        """Return what is wrong. given: the names that the template has."""
        if self.owner is missing:
            return f"{self.message}{did_you_mean(str(self.name), given) or f'; there are {_listed(given)}'}"
        if isinstance(self.owner, NoResults | NoResult):
            return self.owner.why
        called = _path(self.owner, given)
        if isinstance(self.owner, Mapping) and isinstance(self.name, str):
            return f"{called or 'a mapping'} has no {brief(self.name)}{_among(self.name, self.owner)}"
        if isinstance(self.owner, list | tuple):
            return f"{called or 'a list'} has no element {brief(self.name)}; it has {len(self.owner)}"
        if isinstance(self.owner, str):
            hint = "; the filter data reads it as JSON" if called and called.startswith("outputs") else ""
            return f"{called or 'it'} is a text, and has no {brief(self.name)}{hint}"
        return str(self.message)


class Absent(StrictUndefined):
    """An undefined value that remembers what it was asked of."""

    __slots__ = ()

    def __init__(
        self, hint: str | None = None, obj: Any = missing, name: Any = None, exc: Any = UndefinedError
    ) -> None:
        super().__init__(hint, obj, name, exc)
        if hint is None and exc is UndefinedError:
            self._undefined_exception: Any = partial(AbsentError, obj, name)


def _among(name: str, owner: Mapping[Any, Any]) -> str:
    """Return what a mapping has in place of a name: the one that is probably meant, and some of the others."""
    if not owner:
        return "; it is empty"
    near = did_you_mean(name, map(str, owner))
    return f"{near} It has {_listed(owner)}" if near else f"; it has {_listed(owner)}"


def _listed(names: Iterable[Any]) -> str:
    known = sorted(map(str, names))
    shown = ", ".join(brief(one, 40)[1:-1] for one in known[:_MOST_NAMES])
    return f"{shown}, …" if len(known) > _MOST_NAMES else shown


def _path(value: Any, given: Mapping[str, Any]) -> str | None:
    """Return what a template calls a value that it is given; None where that is not certain."""
    found = [path for path, one in _values(given) if one is value]
    return found[0] if len(found) == 1 else None


def _values(given: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield values with their paths, those of the surface first."""
    level: list[tuple[str, Any]] = list(given.items())
    count = 0
    for _ in range(_DEEPEST):
        below: list[tuple[str, Any]] = []
        for path, value in level:
            count += 1
            if count > _MOST_VALUES:
                return
            yield path, value
            if isinstance(value, Mapping):
                below += [(f"{path}.{key}", item) for key, item in value.items()]
            elif isinstance(value, list | tuple):
                below += [(f"{path}[{number}]", item) for number, item in enumerate(value)]
        level = below
