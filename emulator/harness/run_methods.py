"""How a namespace is set, how fast its runs go on, and where each of them stops or ends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Unpack

from emulator.domain.config import Progression
from emulator.harness.clocks import Duration
from emulator.harness.config import Config, config_as_json, pace_as_json
from emulator.harness.methods import Methods
from emulator.harness.runs import Run, id_of


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a run came. reached: whether that is where it was to go; fired: the names of the events on the way."""

    run: Mapping[str, Any]
    reached: bool
    fired: Sequence[str]


class RunMethods(Methods):
    """Configuration, pace and single runs of a namespace."""

    def configure(self, **config: Unpack[Config]) -> None:
        """Change the configuration, and keep the data."""
        self._control.ask("PUT", "", config_as_json(config))

    def pace(self, progression: Progression, *, times: int | None = None, seconds: Duration | None = None) -> None:
        """Choose how long a run shows each status. times: polls, at ``polls``; seconds: at ``time``."""
        self._control.ask("PUT", "/pace", pace_as_json(progression, times, seconds))

    def step(self, run: Any, until: str | None = None) -> Progress:
        """Let a run go on that only shows a status.

        until: a status, ``settled``, ``step:N``, ``event:NAME`` or ``hold:NAME``; None is one status on.
        """
        body = {} if until is None else {"until": until}
        return Progress(**self._control.ask("POST", f"/runs/{id_of(run)}/step", body))

    def hold(self, run: Any = "next", *, at: str) -> None:
        """Keep a run in a status until it is released. run: ``next`` is the next that is created."""
        self._control.ask("POST", f"/runs/{id_of(run)}/hold", {"at": at})

    def release(self, run: Any, hold: str | None = None, *, at: str | None = None) -> Run:
        """Let a run go on. hold: the name of the breakpoint in its script; at: the status that it is kept in."""
        if (hold is None) is (at is None):
            raise TypeError("give the name of a breakpoint, or at=STATUS")
        self._control.ask("POST", f"/runs/{id_of(run)}/release", {"hold": hold} if at is None else {"at": at})
        return self.runs.get(run)

    def cancel(self, run: Any, *, at: str | None = None) -> Any:
        """Cancel a run, as its client would; return the `Run`, None for the next one.

        at: the status in which it is cancelled, as soon as it is there; None: now. run: ``next`` is the next that is
        created.
        """
        return self._end(run, "cancel", at)

    def expire(self, run: Any, *, at: str | None = None) -> Any:
        """Let a run expire, as the clock would; return it as `cancel` does. at, run: as there."""
        return self._end(run, "expire", at)

    def _end(self, run: Any, verb: str, at: str | None) -> Run | None:
        ended = self._control.ask("POST", f"/runs/{id_of(run)}/{verb}", {} if at is None else {"at": at})["run"]
        return None if ended is None else self.runs.get(run)
