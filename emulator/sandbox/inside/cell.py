"""Running one piece of code as a notebook does: variables stay, and a last expression is shown."""

import ast
import io
import linecache
import os
import sys
import types
from typing import Any

from emulator.sandbox.inside import tracebacks


class Notebook:
    """The variables of a session. printing: descriptor of the pipe that keeps what is printed."""

    def __init__(self, printing: int) -> None:
        self._printing = printing
        self._main = types.ModuleType("__main__")
        self._main.__dict__["__builtins__"] = __builtins__
        self._count = 0
        sys.modules["__main__"] = self._main

    def run(self, code: str) -> str | None:
        """Run ``code``; what it shows and its traceback go to the pipe. Return the traceback's last line, if any."""
        self._count += 1
        self._open()
        try:
            self._execute(code, f"Cell In[{self._count}]")
        except BaseException as problem:  # noqa: BLE001 (SystemExit too: a notebook outlives it)
            return self._tell(problem)
        return None

    def tell(self, problem: BaseException) -> str:
        """Print a traceback for something that happened after the code."""
        return self._tell(problem)

    def flush(self) -> None:
        """Write out what a replaced or wrapped stream still holds."""
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except BaseException:  # noqa: BLE001, S112 (the code may have put anything there)
                continue

    def _open(self) -> None:
        """Give each run its own streams, whatever the one before did to them; both into one pipe, so in order."""
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

    def _tell(self, problem: BaseException) -> str:
        try:
            text, line = tracebacks.told(problem), tracebacks.last_line(problem)
        except BaseException:  # noqa: BLE001 (an exception may be as hostile as anything else)
            line = type.__getattribute__(type(problem), "__name__")
            text = f"{line}\n"
        self._write(text)
        return line

    def _write(self, text: str) -> None:
        # Not through sys.stdout: the code may have replaced it. Whatever waits there comes first.
        self.flush()
        view = memoryview(text.encode("utf-8", "backslashreplace"))
        while view:
            view = view[os.write(self._printing, view) :]


def quiet_modules() -> dict[str, Any]:
    """Take this machinery out of what the code can import; return the modules, which must live on."""
    sys.path.pop(0)
    return {name: sys.modules.pop(name) for name in list(sys.modules) if name.split(".")[0] == "emulator"}
