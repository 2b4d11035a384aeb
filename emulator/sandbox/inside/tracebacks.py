"""Formats exceptions as a notebook does: the frames of the user's code and of libraries, with the lines around."""

import linecache
import traceback
from types import TracebackType

_RULE = "-" * 75
_AROUND = 2
_MOST_FRAMES = 20
_MOST_CAUSES = 5
_LONGEST = 20_000  # characters of one message
_CAUSE = "The above exception was the direct cause of the following exception:"
_CONTEXT = "During handling of the above exception, another exception occurred:"


def last_line(problem: BaseException) -> str:
    """Return the exception's name and message."""
    lines = traceback.format_exception_only(type(problem), problem)
    return "".join(lines[-1:]).strip()[:_LONGEST]


def format_traceback(problem: BaseException) -> str:
    """Return an exception with its causes; one that was not raised by a line of a cell has no frames."""
    parts = [_format_one(problem)]
    current = problem
    for _ in range(_MOST_CAUSES):
        earlier = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
        if earlier is None:
            break
        parts.insert(0, f"{_format_one(earlier)}\n{_CAUSE if current.__cause__ else _CONTEXT}\n\n")
        current = earlier
    return f"{_RULE}\n" + "".join(parts)


def _format_one(problem: BaseException) -> str:
    name = type(problem).__name__
    message = "".join(traceback.format_exception_only(type(problem), problem))[:_LONGEST]
    frames = _frames(problem.__traceback__)
    title = f"{name:<42}Traceback (most recent call last)\n"
    return f"{title}{''.join(frames)}{message}"


def _frames(start: TracebackType | None) -> list[str]:
    places = []
    while start is not None:
        places.append((start.tb_frame.f_code, start.tb_lineno))
        start = start.tb_next
    # The frames of the sandbox itself come first; they are left out.
    while places and not places[0][0].co_filename.startswith("Cell In["):
        places.pop(0)
    texts = []
    skipped = len(places) - _MOST_FRAMES
    for place, (code, line) in enumerate(places):
        if skipped > 0 and _MOST_FRAMES // 2 <= place < _MOST_FRAMES // 2 + skipped:
            if place == _MOST_FRAMES // 2:
                texts.append(f"    [... skipping {skipped} frames ...]\n\n")
            continue
        path = code.co_filename
        where = f"{path}, line {line}" if path.startswith("Cell In[") else f"File {path}:{line}"
        arguments = ", ".join(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])
        scope = "" if code.co_name == "<module>" else f", in {code.co_name}({arguments})"
        texts.append(f"{where}{scope}\n{_lines(path, line)}\n")
    return texts


def _lines(path: str, line: int) -> str:
    text = ""
    for number in range(max(1, line - _AROUND), line + _AROUND + 1):
        if source := linecache.getline(path, number):
            arrow = f"----> {number} " if number == line else f"{number:>7} "
            text += f"{arrow}{source.rstrip()}\n"
    return text
