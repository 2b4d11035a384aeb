"""All kinds of tools, found by looking into this package: whoever adds a kind adds its module and nothing else."""

import importlib
import pkgutil
from typing import Any, Final

from emulator import tools
from emulator.domain.actions import Action, UseTool
from emulator.tools.kind import Kind


def _found() -> list[Kind[Any]]:
    names = [found.name for found in pkgutil.iter_modules(tools.__path__, f"{tools.__name__}.")]
    modules = [importlib.import_module(name) for name in names]
    return [module.KIND for module in modules if hasattr(module, "KIND")]


# In the order in which refusals list them (recorded for those of the API).
KINDS: Final[tuple[Kind[Any], ...]] = tuple(sorted(_found(), key=lambda kind: (kind.rank, kind.type)))
BY_TYPE: Final = {kind.type: kind for kind in KINDS}
_BY_WORD: Final = {word: kind for kind in KINDS for word in kind.words}


def of_action(action: Action) -> Kind[Any] | None:
    """Return the kind of tool that an action calls; None for one that calls no tool, or none that it can call."""
    if not isinstance(action, UseTool):
        return _BY_WORD.get(type(action))
    kind = BY_TYPE.get(action.kind)
    return None if kind is None or kind.words else kind  # those with words of their own are not played by this one
