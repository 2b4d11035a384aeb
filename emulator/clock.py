"""The clock of a namespace; no other module reads the clock of the machine.

real: the machine's time, times a speed. frozen: does not move until it is advanced. auto: the machine's time, but what
a script waits for passes at once, its run's expiry included, and nothing else expires by itself.
"""

import asyncio
import heapq
import itertools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from emulator.domain.config import FASTEST, SLOWEST
from emulator.domain.instants import FIRST_INSTANT, LAST_INSTANT, bounded
from emulator.domain.ports import ClockMode

# Returns seconds since the epoch.
MachineTime = Callable[[], float]


def machine_time() -> float:
    """Return this machine's time, in seconds since the epoch."""
    return time.time()


@dataclass(order=True, slots=True)
class Alarm:
    """A call for when the clock reaches a time; ordered by time, then by age. delay: an auto clock skips the wait."""

    when: float
    age: int
    call: Callable[[], None] = field(compare=False)
    delay: bool = field(default=False, compare=False)
    live: bool = field(default=True, compare=False)
    handle: asyncio.TimerHandle | None = field(default=None, compare=False)

    def cancel(self) -> None:
        """Cancel the call."""
        self.live = False
        if self.handle is not None:
            self.handle.cancel()

    def fire(self) -> None:
        """Make the call, once."""
        if self.live:
            self.live = False
            self.call()


class NamespaceClock:
    """A clock that is real, frozen or auto; see the module."""

    def __init__(
        self,
        mode: ClockMode = "real",
        *,
        at: float | None = None,
        speed: float = 1.0,
        shift: float = 0.0,
        since: float | None = None,
        machine_time: MachineTime = machine_time,
        is_shared: bool = False,
    ) -> None:
        self.mode: ClockMode = mode
        self._machine_time = machine_time
        # Also a file that an older version wrote, or a hand, gives a clock that can be used.
        self.speed = min(max(speed, SLOWEST), FASTEST)
        self._ages = itertools.count()
        self._compact_at = 64
        self._alarms: list[Alarm] = []
        self._is_shared = is_shared
        self._set(at, shift, since)

    def _set(self, at: float | None, shift: float = 0.0, since: float | None = None) -> None:
        """Count from ``at``, or from the machine's time and a shift; from now on, or since then."""
        self._wall = self._machine_time() if since is None else since
        self._base = bounded(self._wall + shift if at is None else at)

    def now(self) -> float:
        """Return seconds since the epoch."""
        if self.mode == "frozen":
            return self._base
        now = self._base + (self._machine_time() - self._wall) * self.speed
        return now if FIRST_INSTANT <= now <= LAST_INSTANT else bounded(now)

    def call_at(self, when: float, call: Callable[[], None], *, delay: bool = False) -> Alarm:
        """Make ``call`` when the clock reaches ``when``: a real clock on its own, others when they are moved.

        delay: the call ends a delay of a model, which passes at once when the clock becomes auto.
        """
        if len(self._alarms) >= self._compact_at:  # most alarms are cancelled, because runs end long before they expire
            self._alarms = [alarm for alarm in self._alarms if alarm.live]
            heapq.heapify(self._alarms)
            self._compact_at = 2 * len(self._alarms) + 64
        alarm = Alarm(when, next(self._ages), call, delay)
        heapq.heappush(self._alarms, alarm)
        self._arm(alarm)
        return alarm

    def _arm(self, alarm: Alarm) -> None:
        if self.mode == "real" and alarm.live:
            delay = max(0.0, (alarm.when - self.now()) / self.speed)
            alarm.handle = asyncio.get_running_loop().call_later(delay, self._ring, alarm)

    def _ring(self, alarm: Alarm) -> None:
        """Fire an alarm when its time has come; the loop's clock may be a little early, and a speed multiplies that."""
        if self.now() < alarm.when:
            self._arm(alarm)
        else:
            alarm.fire()

    def machine_time_of(self, when: float) -> float:
        """Return the machine's time at which a real clock reaches ``when``."""
        return self._machine_time() + max(0.0, when - self.now()) / self.speed

    def jump(self, seconds: float) -> bool:
        """Skip a delay if the clock is auto; return whether it is."""
        if self.mode == "auto":
            self._base = bounded(self._base + seconds)
        return self.mode == "auto"

    def due(self, until: float) -> Alarm | None:
        """Move to the next alarm at or before ``until`` and make its call; without one, move to ``until``."""
        while self._alarms and (not self._alarms[0].live or self._alarms[0].when <= until):
            alarm = heapq.heappop(self._alarms)
            if alarm.live:
                self._move(max(alarm.when, self.now()))
                if alarm.handle is not None:
                    alarm.handle.cancel()
                alarm.fire()
                return alarm
        self._move(max(until, self.now()))
        self._rearm()  # the remaining alarms are due earlier now
        return None

    def _move(self, to: float) -> None:
        to = bounded(to)
        self._base = to if self.mode == "frozen" else bounded(self._base + to - self.now())

    def _rearm(self) -> None:
        for alarm in self._alarms:
            if alarm.handle is not None:
                alarm.handle.cancel()
                alarm.handle = None
            self._arm(alarm)

    def change(self, mode: ClockMode | None = None, *, at: float | None = None, speed: float | None = None) -> None:
        """Change the mode, the time or the speed; alarms keep their times."""
        at = self.now() if at is None else at
        self.mode = mode or self.mode
        self.speed = speed or self.speed
        self._set(at)
        self._rearm()
        if self.mode == "auto":
            self._jump_delays()

    def _jump_delays(self) -> None:
        """End all delays that are under way, in their order."""
        for alarm in sorted(alarm for alarm in self._alarms if alarm.live and alarm.delay):
            self._move(max(alarm.when, self.now()))
            alarm.fire()

    async def yield_to_loop(self) -> None:
        """Let other tasks run first."""
        await asyncio.sleep(0)

    def follow(self, state: Mapping[str, Any]) -> None:
        """Go on as another process has left this clock. state: as `state` returns it."""
        self.mode, self.speed = state["mode"], state["speed"]
        self._set(state["at"], state["shift"] or 0.0, state.get("since"))

    def stop(self) -> None:
        """Cancel all calls."""
        for alarm in self._alarms:
            alarm.cancel()
        self._alarms.clear()

    def state(self) -> dict[str, Any]:
        """Return what `make_clock` needs: a frozen or shifted clock keeps its time over a restart of the server.

        Of a clock that others share, since: the machine's time from which its speed counts; without, that is when it
        is made again.
        """
        if self._is_shared and self.mode != "frozen" and self.speed != 1.0:
            return {**self._state(self._base - self._wall), "since": self._wall}
        return self.portable_state()

    def portable_state(self) -> dict[str, Any]:
        """Return the same for whoever goes on from here, however much later."""
        if self.mode == "frozen":
            return self._state(None)
        # At the machine's speed the shift never changes, so it is not measured: what is stored stays as it is.
        return self._state(self._base - self._wall if self.speed == 1.0 else self.now() - self._machine_time())

    def _state(self, shift: float | None) -> dict[str, Any]:
        return {
            "mode": self.mode,
            "speed": self.speed,
            "at": self.now() if self.mode == "frozen" else None,
            "shift": None if shift is None else round(shift, 6),
        }


def make_clock(
    state: Mapping[str, Any], machine_time: MachineTime = machine_time, *, is_shared: bool = False
) -> NamespaceClock:
    """Return the clock that `NamespaceClock.state` described.

    machine_time: returns seconds since the epoch. is_shared: whether other processes follow it.
    """
    shift, since, at = state.get("shift") or 0.0, state.get("since"), state.get("at")
    if since is not None or abs(shift) > 1e-3:
        at = None
    else:
        shift = 0.0
    about: dict[str, Any] = {"machine_time": machine_time, "is_shared": is_shared}
    return NamespaceClock(state["mode"], at=at, speed=state.get("speed", 1.0), shift=shift, since=since, **about)


class Ahead(Protocol):
    """A machine whose clock is ahead of this one's, by so many seconds at the moment."""

    ahead: float


def time_of(machine: Ahead) -> MachineTime:
    """Return the time of another machine, in seconds since the epoch."""
    return lambda: machine_time() + machine.ahead


def stopwatch() -> Callable[[], float]:
    """Return a function that returns the milliseconds since now, for the request log."""
    start = time.perf_counter()
    return lambda: (time.perf_counter() - start) * 1000
