"""Runs code as a notebook does: variables stay, and the value of a last expression is printed."""

import ast
import io
import linecache
import os
import sys
import types
from typing import Any

from emulator.sandbox.inside import tracebacks


class Notebook:
    """The variables of a session, and the code that uses them. printing: descriptor of the pipe for its output."""

    def __init__(self, printing: int) -> None:
        self._printing = printing
        self._main = types.ModuleType("__main__")
        self._main.__dict__["__builtins__"] = __builtins__
        self._count = 0
        sys.modules["__main__"] = self._main

    def run(self, code: str) -> str | None:
        """Run ``code``; its output and its traceback go to the pipe. Return the last line of the traceback, if any."""
        self._count += 1
        self._open()
        try:
            self._execute(code, f"Cell In[{self._count}]")
        except BaseException as problem:  # noqa: BLE001 (SystemExit too: a notebook outlives it)
            return self.print_traceback(problem)
        return None

    def print_traceback(self, problem: BaseException) -> str:
        """Print the traceback of an exception, and return its last line."""
        try:
            text, line = tracebacks.format_traceback(problem), tracebacks.last_line(problem)
        except BaseException:  # noqa: BLE001 (the exception may have hostile methods)
            line = type.__getattribute__(type(problem), "__name__")
            text = f"{line}\n"
        self._write(text)
        return line

    def flush(self) -> None:
        """Flush the streams, which the code may have replaced or wrapped."""
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except BaseException:  # noqa: BLE001, S112 (the code may have put anything there)
                continue

    def _open(self) -> None:
        """Give each run new streams, whatever the previous one did to them. Both write to one pipe, in order."""
        for descriptor in (1, 2):
            os.dup2(self._printing, descriptor)
        sys.stdout, sys.stderr = (self._stream(descriptor) for descriptor in (1, 2))
        sys.stdin = open(0, closefd=False)  # noqa: SIM115

    def _stream(self, descriptor: int) -> io.TextIOWrapper:
        raw = open(descriptor, "wb", buffering=0, closefd=False)  # noqa: SIM115
        return io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", newline="\n", write_through=True)

    def _execute(self, code: str, name: str) -> None:
        linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
        tree = ast.parse(code, name)
        space = self._main.__dict__
        last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, name, "exec"), space)  # noqa: S102
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), name, "eval"), space)  # noqa: S307
            if value is not None and not code.rstrip().endswith(";"):
                space["_"] = value
                self._write(f"{value!r}\n")

    def _write(self, text: str) -> None:
        # Not through sys.stdout, which the code may have replaced; what is buffered there comes first.
        self.flush()
        view = memoryview(text.encode("utf-8", "backslashreplace"))
        while view:
            view = view[os.write(self._printing, view) :]


def hide_modules() -> dict[str, Any]:
    """Hide the modules of the sandbox from imports of the code; return them, because they must stay alive."""
    sys.path.pop(0)
    return {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] == "emulator"}
