import importlib
import inspect
import pkgutil

import emulator
from emulator.domain import errors
from emulator.domain.errors import EmulatorError

# Errors that never leave the module that catches them, or that a value of Python's own kind is.
INTERNAL = {"BadImageError", "GarbledError", "LostError", "_RefusedError"}


def classes():
    for module in pkgutil.walk_packages(emulator.__path__, "emulator."):
        if ".tests" in module.name or ".inside" in module.name or module.name.endswith("__main__"):
            continue
        for name, value in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(value, Exception) and value.__module__ == module.name:
                yield name, value


def test_every_error_hangs_on_the_one_root_and_stands_in_the_tree():
    for name, error in classes():
        if name in INTERNAL:
            continue
        assert issubclass(error, EmulatorError), name
        inherited = any(base.__name__ in errors.__doc__ for base in error.__mro__[1:-3])
        assert name in errors.__doc__ or inherited, name
