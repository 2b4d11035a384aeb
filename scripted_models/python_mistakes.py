"""What went wrong in a user's function, in one line: with its place, and with the name that was probably meant."""

import builtins
import dataclasses
import re
import traceback
from collections.abc import Iterable
from pathlib import PurePath
from typing import Final, get_args

from emulator.domain.actions import Action
from emulator.domain.nearest import did_you_mean
from emulator.domain.ports import Place
from scripted_models.context import Context

_LONGEST: Final = 300
_UNKNOWN_ARGUMENT: Final = re.compile(r"(\w+)\.__init__\(\) got an unexpected keyword argument '(\w+)'")


def mistake(error: Exception, context: Context, where: str) -> str:
    """Return what is wrong. where: the name of the function."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = place_of(frame.filename, frame.lineno or 1, where)
    said = str(error)[:_LONGEST]
    return f"{place}: {type(error).__name__}: {said}{_suggestion(error, context)}"


def place_of(filename: str, line: int, where: str) -> Place:
    """Return where something stands in a Python file."""
    return Place(PurePath(filename).name, line, where)


def _suggestion(error: Exception, context: Context) -> str:
    match error:
        case AttributeError() if isinstance(error.name, str) and error.obj is not None:
            return did_you_mean(error.name, (name for name in dir(error.obj) if not name.startswith("_")))
        case NameError() if isinstance(error.name, str):
            return did_you_mean(error.name, _names_around(error))
        case KeyError() if error.args and isinstance(error.args[0], str):
            return did_you_mean(error.args[0], (*context.match, *context.outputs, *context.vars, *context.found))
        case TypeError() if (found := _UNKNOWN_ARGUMENT.search(str(error))) is not None:
            return did_you_mean(found[2], _arguments(found[1]))
    return ""


def _names_around(error: Exception) -> Iterable[str]:
    """Return the names that there are where an error was raised."""
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    return {*dir(builtins)} if last is None else {*last.tb_frame.f_locals, *last.tb_frame.f_globals, *dir(builtins)}


def _arguments(action: str) -> Iterable[str]:
    kinds = (kind for kind in get_args(Action) if kind.__name__ == action)
    return [field.name for kind in kinds for field in dataclasses.fields(kind)]
