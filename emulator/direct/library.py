"""The HTTP library of the installed client: httpx2 where openai uses it, httpx otherwise."""

import re
from functools import lru_cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, requires
from typing import Any, Final

_NAMES: Final = ("httpx2", "httpx")
_NAME: Final = re.compile(r"[A-Za-z0-9._-]+")


@lru_cache(1)
def http_library() -> Any:
    """Return the module. Raises ImportError where there is none."""
    for name in _candidates():
        try:
            return import_module(name)
        except ModuleNotFoundError:
            continue
    raise ImportError("clients in process need httpx2 or httpx, which the package openai installs")


def _candidates() -> list[str]:
    """Return the libraries in the order to try: what openai requires comes first."""
    try:
        required = {found[0] for one in requires("openai") or () if (found := _NAME.match(one))}
    except PackageNotFoundError:
        required = set()
    return sorted(_NAMES, key=lambda name: name not in required)
