"""Schedules: how statuses, streams, faults and other programs come between the requests of a program under test.

Hypothesis searches for one under which a test fails, and shrinks it: `pip install 'assistants-emulator[schedules]'`.
"""

from collections.abc import Collection
from typing import TYPE_CHECKING

from emulator.domain.config import Pace
from emulator.domain.errors import EmulatorError
from emulator.schedules.faults import KINDS, PATHS, ScheduledFault, check_path
from emulator.schedules.schedule import Schedule

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

__all__ = ["MissingHypothesisError", "Pace", "Schedule", "ScheduledFault", "schedules"]


class MissingHypothesisError(EmulatorError):
    """Hypothesis is not installed."""


def schedules(
    *,
    pace: bool = True,
    chunks: bool = True,
    faults: bool | Collection[str] = True,
    cancel: bool = True,
    expire: bool = True,
    programs: int = 0,
    paths: Collection[str] = PATHS,
) -> "SearchStrategy[Schedule]":
    """Return the Hypothesis strategy of schedules, the simplest of which changes nothing.

    pace, chunks, cancel, expire: whether they are varied. faults: all kinds that a sound program survives, none, or
    some of ``connection``, ``lost_answer``, ``status``, ``stream`` and ``delay``; at most one for each of the paths.
    programs: 2 for an order of `Namespace.together`, else 0. paths: where faults act, as ``"POST /threads/*/runs"``.
    """
    try:
        from emulator.schedules import strategies  # noqa: PLC0415 - Hypothesis is not always there, and slow to load
    except ModuleNotFoundError as error:
        if error.name != "hypothesis":
            raise
        raise MissingHypothesisError(
            "Hypothesis is not installed: pip install 'assistants-emulator[schedules]', or hypothesis itself"
        ) from None
    if isinstance(faults, str):
        raise ValueError(f"faults: {faults!r} is no list: give the kinds in one, as [{faults!r}]")  # noqa: TRY004 - like a kind that is none
    if isinstance(paths, str):
        raise ValueError(f"paths: {paths!r} is no list: give the paths in one, as [{paths!r}]")  # noqa: TRY004 - likewise
    kinds = (KINDS if faults else ()) if isinstance(faults, bool) else tuple(faults)
    if unknown := sorted(set(kinds) - set(KINDS)):
        raise ValueError(f"faults: there is no kind {unknown[0]!r}: choose among {', '.join(KINDS)}")
    if programs not in {0, 2}:
        raise ValueError(f"programs: {programs} cannot take turns: give 2, or 0 for none")
    for path in paths:
        check_path("paths", path)
    return strategies.schedules(
        pace=pace, chunks=chunks, kinds=kinds, cancel=cancel, expire=expire, has_order=programs == 2, paths=paths
    )
