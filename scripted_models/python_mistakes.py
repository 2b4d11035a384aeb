"""What went wrong in a user's function, in one line: with its place, and with the name that was probably meant."""

import builtins
import dataclasses
import re
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import Final, get_args

from emulator.domain.actions import Action
from emulator.domain.nearest import nearest
from emulator.domain.ports import Place
from scripted_models.context import Context
from scripted_models.problems import Problem
from scripted_models.rules import Rule

_LONGEST: Final = 300
_UNKNOWN_ARGUMENT: Final = re.compile(r"(\w+)\.__init__\(\) got an unexpected keyword argument '(\w+)'")
_UNKNOWN_IMPORT: Final = re.compile(r"cannot import name '(\w+)' from '([\w.]+)'")


def mistake(error: Exception, context: Context, where: str) -> str:
    """Return what is wrong. where: the name of the function."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = place_of(frame.filename, frame.lineno or 1, where)
    given = (*context.match, *context.outputs, *context.vars, *context.found)
    return f"{place}: {_in_words(error, _near(error, given))}"


def broken_file(error: Exception, path: Path) -> Problem:
    """Return what is wrong with a file that does not load, at the last of its own lines that was executed."""
    if isinstance(error, SyntaxError):
        return Problem("error", str(path), error.lineno or 1, "python", f"SyntaxError: {error.msg}", Rule.PYTHON)
    own = str(path.resolve())
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == own]
    near = _near(error, ())
    return Problem("error", str(path), (lines and lines[-1]) or 1, "python", _in_words(error, near), Rule.PYTHON, near)


def _in_words(error: Exception, near: str | None) -> str:
    hint = "" if near is None else f", did you mean {near}?"
    return f"{type(error).__name__}: {str(error)[:_LONGEST]}{hint}"


def place_of(filename: str, line: int, where: str) -> Place:
    """Return where something stands in a Python file."""
    return Place(PurePath(filename).name, line, where)


def _near(error: Exception, keys: Iterable[str]) -> str | None:
    """Return the name that is probably meant. keys: those that mappings of the script have."""
    match error:
        case AttributeError() if isinstance(error.name, str) and error.obj is not None:
            return nearest(error.name, (name for name in dir(error.obj) if not name.startswith("_")))
        case NameError() if isinstance(error.name, str):
            return nearest(error.name, _names_around(error))
        case KeyError() if error.args and isinstance(error.args[0], str):
            return nearest(error.args[0], keys)
        case TypeError() if (found := _UNKNOWN_ARGUMENT.search(str(error))) is not None:
            return nearest(found[2], _arguments(found[1]))
        case ImportError() if (found := _UNKNOWN_IMPORT.search(str(error))) is not None:
            return nearest(found[1], dir(sys.modules.get(found[2])))
    return None


def _names_around(error: Exception) -> Iterable[str]:
    """Return the names that there are where an error was raised."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    return {*dir(builtins)} if last is None else {*last.tb_frame.f_locals, *last.tb_frame.f_globals, *dir(builtins)}


def _arguments(action: str) -> Iterable[str]:
    kinds = (kind for kind in get_args(Action) if kind.__name__ == action)
    return [field.name for kind in kinds for field in dataclasses.fields(kind)]
