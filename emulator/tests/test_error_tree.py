import importlib
import inspect
import pkgutil
import re

import pytest

import emulator
from emulator.domain import errors
from emulator.domain.errors import EmulatorError

# Errors that never leave the module that catches them, or that a value of Python's own kind is.
INTERNAL = {"BadImageError", "GarbledError", "LostError", "RefusedError", "_SpentError"}
IN_TREE = set(re.findall(r"[├└]─ (\w+)", errors.__doc__))
# (name, module below `emulator`) of each line of the tree that says where an error is.
PLACES = re.findall(r"[├└]─ (\w+) .*\(`([a-z_.]+)`\)", errors.__doc__)


def classes():
    for module in pkgutil.walk_packages(emulator.__path__, "emulator."):
        if ".tests" in module.name or ".inside" in module.name or module.name.endswith("__main__"):
            continue
        for name, value in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(value, Exception) and value.__module__ == module.name:
                yield name, value


def test_every_error_hangs_on_the_one_root():
    assert [name for name, error in classes() if name not in INTERNAL and not issubclass(error, EmulatorError)] == []


def test_every_error_stands_in_the_tree_or_below_one_that_does():
    missing = [name for name, error in classes() if not IN_TREE & {base.__name__ for base in error.__mro__}]
    assert set(missing) == INTERNAL | {"EmulatorError"}


@pytest.mark.parametrize("name,module", PLACES)
def test_an_error_is_where_the_tree_says(name, module):
    error = getattr(importlib.import_module(f"emulator.{module}"), name)
    assert error.__module__ == f"emulator.{module}"


def test_an_error_that_stands_outside_the_tree_does_not_hang_on_its_root():
    internal = {name: error for name, error in classes() if name in INTERNAL}
    assert internal.keys() == INTERNAL
    assert not any(issubclass(error, EmulatorError) for error in internal.values())
