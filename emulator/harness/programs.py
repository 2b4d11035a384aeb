"""Two programs beside each other in one namespace, whose requests the server lets in one by one, in a given order."""

import asyncio
import contextvars
import os
import subprocess
import threading
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from emulator.domain.errors import EmulatorError
from emulator.domain.request_order import PATIENCE
from emulator.harness.environment import variables, without_proxy
from emulator.harness.errors import ControlError, OrderStalledError

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI

    from emulator.harness.namespace import Namespace

PROGRAMS: Final = ("a", "b")
# Lines of what a command has printed that are shown where it fails.
_MOST_LINES: Final = 20
Command = Sequence[str]
Program = Callable[["OpenAI"], Any] | Command
AsyncProgram = Callable[["AsyncOpenAI"], Coroutine[Any, Any, Any]] | Command


@dataclass(slots=True)
class _Beside:
    """Two programs that run in an order. results: by their letters. errors: likewise, in the order in which they came.

    children: processes that have not ended.
    """

    namespace: "Namespace"
    order: str
    results: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, BaseException] = field(default_factory=dict)
    children: "set[subprocess.Popen[str]]" = field(default_factory=set)

    def begin(self, seconds: float) -> None:
        """Let the server hold requests back."""
        setting = {"programs": PROGRAMS, "order": self.order, "timeout": seconds}
        self.namespace.control.ask("PUT", "/order", setting)

    def options(self, letter: str) -> dict[str, Any]:
        """Return the options of a program's client."""
        return {"api_key": f"{self.namespace.key}+{letter}"}

    def run(self, letter: str, program: Program) -> None:
        """Run a program to its end, and keep what comes of it."""
        try:
            result = (
                program(self.namespace.client(**self.options(letter)))
                if callable(program)
                else self.run_command(letter, program)
            )
            if asyncio.iscoroutine(result):
                result.close()
                raise TypeError("an asynchronous program takes an asynchronous namespace: await async_ns.together(…)")
            self.results[letter] = result
        except BaseException as error:  # noqa: BLE001 - whoever waits for both raises it
            self.errors[letter] = error
        finally:
            self.end(letter)

    async def run_async(self, letter: str, program: AsyncProgram) -> None:
        """Run a program on this event loop, or a command on a thread."""
        try:
            self.results[letter] = (
                await program(self.namespace.async_client(**self.options(letter)))
                if callable(program)
                else await asyncio.to_thread(self.run_command, letter, program)
            )
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001 - as above
            self.errors[letter] = error
        finally:
            await asyncio.to_thread(self.end, letter)

    def run_command(self, letter: str, command: Command) -> "subprocess.CompletedProcess[str]":
        """Run a command; raise `CalledProcessError` for one that fails."""
        key = self.options(letter)["api_key"]
        environment = {**os.environ, **variables(self.namespace.azure_endpoint, key), **without_proxy()}
        pipe = subprocess.PIPE
        with subprocess.Popen(command, env=environment, text=True, stdout=pipe, stderr=pipe) as child:  # noqa: S603 - the test's own
            self.children.add(child)
            out, err = child.communicate()
            self.children.discard(child)
        if child.returncode:
            error = subprocess.CalledProcessError(child.returncode, command, out, err)
            if said := (out + err).splitlines()[-_MOST_LINES:]:
                error.add_note("\n".join(said))
            raise error
        return subprocess.CompletedProcess(command, 0, out, err)

    def end(self, letter: str) -> None:
        """Let the other program go on without this one; a reset of the namespace has ended the order."""
        with suppress(ControlError):
            self.namespace.control.ask("POST", f"/order/{letter}/end")

    def cancel(self) -> None:
        """End the order, and the processes that are left."""
        for child in tuple(self.children):
            child.kill()
        with suppress(EmulatorError):
            self.namespace.control.ask("DELETE", "/order")

    def finish(self) -> tuple[Any, Any]:
        """Return what both programs returned; raise the error that came first."""
        __tracebackhide__ = True
        state: Mapping[str, Any] = {}
        with suppress(ControlError):
            state = self.namespace.control.ask("DELETE", "/order")
        first = next(iter(self.errors.values()), None)
        if state.get("stalled"):
            raise OrderStalledError(state["stalled"]) from first
        if first is None:
            return self.results["a"], self.results["b"]
        letter, *others = self.errors
        admitted = state.get("admitted") or "none"
        first.add_note(f'program {letter} of ns.together(a, b, "{self.order}"); let in: {admitted}')
        for other in others:
            first.add_note(f"program {other} failed behind it: {self.errors[other]!r}")
        raise first


def together(
    namespace: "Namespace",
    a: Program,
    b: Program,
    order: str = "",
    *,
    timeout: float = PATIENCE,
) -> tuple[Any, Any]:
    """Run two programs on threads, or commands as processes, as `Namespace.together` says."""
    __tracebackhide__ = True
    _check(namespace, a, b)
    beside = _Beside(namespace, order)
    beside.begin(timeout)
    threads = [_thread(beside, letter, program) for letter, program in zip(PROGRAMS, (a, b), strict=True)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    except BaseException:  # an interrupt
        beside.cancel()
        raise
    return beside.finish()


async def together_async(
    namespace: "Namespace",
    a: AsyncProgram,
    b: AsyncProgram,
    order: str = "",
    *,
    patience: float = PATIENCE,
) -> tuple[Any, Any]:
    """Run two coroutines on this event loop, or commands, as `AsyncNamespace.together` says."""
    __tracebackhide__ = True
    _check(namespace, a, b)
    beside = _Beside(namespace, order)
    await asyncio.to_thread(beside.begin, patience)
    try:
        await asyncio.gather(*(beside.run_async(letter, one) for letter, one in zip(PROGRAMS, (a, b), strict=True)))
    except BaseException:
        await asyncio.to_thread(beside.cancel)
        raise
    return await asyncio.to_thread(beside.finish)


def _thread(beside: _Beside, letter: str, program: Program) -> threading.Thread:
    """Return a thread that sees what a context of its maker holds."""
    context = contextvars.copy_context()
    return threading.Thread(
        target=context.run, args=(beside.run, letter, program), name=f"program {letter}", daemon=True
    )


def _check(namespace: "Namespace", *programs: Any) -> None:
    """Raise TypeError for what is no program, or cannot reach the server."""
    for program in programs:
        if not (callable(program) or _is_command(program)):
            raise TypeError(f"{program!r} is no program: give a function that takes a client, or a command as a list")
        if not callable(program) and not namespace.has_socket:
            raise TypeError("a command cannot reach a server without a socket: use LiveServer in place of InProcess")


def _is_command(program: Any) -> bool:
    return isinstance(program, Sequence) and not isinstance(program, (str, bytes)) and len(program) > 0
