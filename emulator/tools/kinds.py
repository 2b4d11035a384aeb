"""All kinds of tools, found by looking into this package: whoever adds a kind adds its module and nothing else.

Those of the API are imported at once. Those of a mount's own lie in a package of the mount's name, each in a module of
the name of its type, and are imported when they are first used: most servers never see one.
"""

import importlib
import pkgutil
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any, Final

from emulator import tools
from emulator.domain.actions import Action, UseTool, UseTools
from emulator.tools.kind import Kind


def _found() -> list[Kind[Any]]:
    found = pkgutil.iter_modules(tools.__path__, f"{tools.__name__}.")
    modules = [importlib.import_module(one.name) for one in found if not one.ispkg]
    return [module.KIND for module in modules if hasattr(module, "KIND")]


def _names(mounts: Iterable[str]) -> dict[str, Sequence[str]]:
    """Return the types of the tools of mounts, which are the names of their modules."""
    packages = {mount: importlib.import_module(f"{tools.__name__}.{mount}") for mount in mounts}
    return {
        mount: sorted(one.name for one in pkgutil.iter_modules(package.__path__) if one.name != "kind")
        for mount, package in packages.items()
    }


# In the order in which refusals list them (recorded for those of the API).
KINDS: Final[tuple[Kind[Any], ...]] = tuple(sorted(_found(), key=lambda kind: (kind.rank, kind.type)))
TYPES: Final = tuple(kind.type for kind in KINDS)
OF_MOUNTS: Final[Mapping[str, Sequence[str]]] = _names(("foundry",))
_BY_TYPE: Final = {kind.type: kind for kind in KINDS}
_BY_WORD: Final = {word: kind for kind in KINDS for word in kind.words}


def types_on(mount: str | None) -> list[str]:
    """Return the types of tools that are known on a mount; None: on any."""
    return [*TYPES, *(name for own, names in OF_MOUNTS.items() if mount in (None, own) for name in names)]


@cache
def of_type(name: str) -> Kind[Any] | None:
    """Return the kind of a type of tool."""
    if (kind := _BY_TYPE.get(name)) is not None:
        return kind
    mount = next((mount for mount, names in OF_MOUNTS.items() if name in names), None)
    if mount is None:
        return None
    own: Kind[Any] = importlib.import_module(f"{tools.__name__}.{mount}.{name}").KIND
    return own


def of_call(name: str) -> Kind[Any]:
    """Return the kind of a call that is being made; raise `LookupError` if it is gone."""
    kind = of_type(name)
    if kind is None:
        raise LookupError(f"there is no kind of tool {name}")
    return kind


def of_action(action: Action) -> Kind[Any] | None:
    """Return the kind of tool that an action calls; None for one that calls no tool, or none that it can call."""
    if isinstance(action, UseTools):
        action = action.calls[0]
    if not isinstance(action, UseTool):
        return _BY_WORD.get(type(action))
    kind = of_type(action.kind)
    return None if kind is None or kind.words else kind  # those with words of their own are not played by this one
