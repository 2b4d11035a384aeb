"""A test under a schedule: applied to a namespace that begins anew, checked at the end, named where the test fails."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any, Final, Protocol

if TYPE_CHECKING:
    from emulator.harness.namespace import Namespace

# What a schedule changes of a namespace's configuration, which a reset keeps.
_CHANGED: Final = ("pace", "chunks")


class Applied(Protocol):
    """A schedule; `str` is its lines, in the words of the Python face."""

    def apply(self, namespace: Any) -> None:
        """Set it."""


@contextmanager
def under(namespace: "Namespace", schedule: Applied, *, resilient: bool = False) -> Iterator[None]:
    """Do as `Namespace.under` says."""
    __tracebackhide__ = True
    before = _begin(namespace, schedule)
    try:
        schedule.apply(namespace)
        yield
        _check(namespace, resilient=resilient)
    except BaseException as error:
        error.add_note(_note(schedule))
        raise
    finally:
        _end(namespace, before)


@asynccontextmanager
async def under_async(namespace: "Namespace", schedule: Applied, *, resilient: bool = False) -> AsyncIterator[None]:
    """Do as `AsyncNamespace.under` says."""
    __tracebackhide__ = True
    before = await asyncio.to_thread(_begin, namespace, schedule)
    try:
        await asyncio.to_thread(schedule.apply, namespace)
        yield
        await asyncio.to_thread(_check, namespace, resilient=resilient)
    except BaseException as error:
        error.add_note(_note(schedule))
        raise
    finally:
        await asyncio.to_thread(_end, namespace, before)


def _begin(namespace: "Namespace", schedule: Applied) -> Mapping[str, Any]:
    """Begin anew; return what is to be put back at the end. Raises TypeError for what is no schedule."""
    if not callable(getattr(schedule, "apply", None)):
        raise TypeError(f"{schedule!r} is no schedule: give one of emulator.schedules")
    namespace.reset()
    config: Mapping[str, Any] = namespace.control.ask("GET", "")
    return {name: config[name] for name in _CHANGED if name in config}


def _check(namespace: Any, *, resilient: bool) -> None:
    __tracebackhide__ = True
    namespace.clear_faults()  # one that never hit says nothing about the program
    namespace.check()
    if resilient:
        namespace.assert_resilient()


def _end(namespace: "Namespace", before: Mapping[str, Any]) -> None:
    namespace.control.ask("PUT", "", before)
    namespace.clear_faults()


def _note(schedule: Applied) -> str:
    lines = str(schedule).splitlines() or ["(nothing is changed)"]
    return "\n".join(["under the schedule", *(f"    {line}" for line in lines)])
