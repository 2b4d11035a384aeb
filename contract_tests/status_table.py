"""How to bring a run into each status: by its script, by the clock, or by a request of the control API.

`docs/statuses.py` writes the table into docs/control-api.md, and with the words of the Python face into docs/python.md.
test_status_table.py runs every cell of both. A further column takes a name in `Row`, a heading in `COLUMNS`, and what
runs its lines in the test.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Cell:
    """One line of a test. What else it takes is named beside it, where that is not the default.

    script: the step that the turn consists of. clock: of the namespace. pace: its progression. is_first: whether the
    line comes before the run is created.
    """

    line: str
    script: str = "say: Hello."
    clock: str = "auto"
    pace: str = "immediate"
    is_first: bool = False

    @property
    def python(self) -> str:
        """The same line in the words of the Python face, where ``emulator`` is the namespace."""
        return self.line if self.script == self.line else PYTHON[self.line]

    def text(self, *, python: bool = False) -> str:
        """Return the cell as the table shows it."""
        line = self.python if python else self.line
        given = [
            f"script `{self.script}`" if self.script not in ("say: Hello.", self.line) else "",
            f"clock `{self.clock}`" if self.clock != "auto" else "",
            f"pace `{self.pace}`" if self.pace != "immediate" else "",
        ]
        return f"`{line}`" + (f" ({', '.join(filter(None, given))})" if any(given) else "")


@dataclass(frozen=True)
class Never:
    """Why there is no such way."""

    why: str

    def text(self, *, python: bool = False) -> str:
        """Return the cell as the table shows it, which is the same in all words."""
        del python
        return f"never: {self.why}"


@dataclass(frozen=True)
class Row:
    """The ways to one status."""

    script: Cell | Never
    clock: Cell | Never
    control: Cell | Never


def by_script(step: str) -> Cell:
    """Return the cell of a step of a script."""
    return Cell(step, script=step, is_first=True)


# Column of a row -> its heading.
COLUMNS: Final[Mapping[str, str]] = {
    "script": "script: a step",
    "clock": "clock and pace",
    "control": "control request",
}
STATUSES: Final[Mapping[str, Row]] = {
    "queued": Row(
        script=Never("a script begins when its run leaves this status"),
        clock=Cell('PUT /pace {"progression": "time", "seconds": "5s"}', clock="frozen", is_first=True),
        control=Cell('POST /runs/next/hold {"at": "queued"}', is_first=True),
    ),
    "in_progress": Row(
        script=by_script("hold: gate"),
        clock=Cell('PATCH /clock {"mode": "frozen"}', script="wait: 2s", is_first=True),
        control=Cell('POST /runs/next/hold {"at": "in_progress"}', is_first=True),
    ),
    "requires_action": Row(
        script=by_script("call: look_outside"),
        clock=Cell('POST /clock/advance {"by": "5s"}', script="[wait: 5s, call: look_outside]", clock="frozen"),
        control=Cell('POST /runs/{run}/step {"until": "requires_action"}', script="call: look_outside", pace="manual"),
    ),
    "cancelling": Row(
        script=Never("only a request cancels a run"),
        clock=Never("as for the script"),
        control=Cell("POST /runs/{run}/cancel", script="hold: gate", pace="manual"),
    ),
    "cancelled": Row(
        script=Never("only a request cancels a run"),
        clock=Never("as for the script"),
        control=Cell("POST /runs/{run}/cancel", script="hold: gate"),
    ),
    "failed": Row(
        script=by_script("fail: rate_limit_exceeded"),
        clock=Cell('POST /clock/advance {"by": "5s"}', script="[wait: 5s, fail: server_error]", clock="frozen"),
        control=Never("a run fails by its script alone; faults fail requests"),
    ),
    "completed": Row(
        script=by_script("say: Hello."),
        clock=Cell('POST /clock/advance {"by": "2s"}', script="wait: 2s", clock="frozen"),
        control=Cell('POST /runs/{run}/release {"hold": "gate"}', script="hold: gate"),
    ),
    "incomplete": Row(
        script=by_script("stop: max_completion_tokens"),
        clock=Cell('POST /clock/advance {"by": "5s"}', script="[wait: 5s, stop: content_filter]", clock="frozen"),
        control=Never("a limit or a filter ends it, which a script plays"),
    ),
    "expired": Row(
        script=by_script("expire: now"),
        clock=Cell('POST /clock/advance {"by": "10m1s"}', script="call: look_outside", clock="frozen"),
        control=Cell("POST /runs/{run}/expire", script="hold: gate"),
    ),
}


# What the Python face says for a control request.
PYTHON: Final[Mapping[str, str]] = {
    'PUT /pace {"progression": "time", "seconds": "5s"}': 'emulator.pace("time", seconds="5s")',
    'PATCH /clock {"mode": "frozen"}': "emulator.clock.freeze()",
    'POST /clock/advance {"by": "2s"}': 'emulator.clock.advance("2s")',
    'POST /clock/advance {"by": "5s"}': 'emulator.clock.advance("5s")',
    'POST /clock/advance {"by": "10m1s"}': 'emulator.clock.advance("10m1s")',
    'POST /runs/next/hold {"at": "queued"}': 'emulator.hold(at="queued")',
    'POST /runs/next/hold {"at": "in_progress"}': 'emulator.hold(at="in_progress")',
    'POST /runs/{run}/step {"until": "requires_action"}': 'emulator.step(run, until="requires_action")',
    'POST /runs/{run}/release {"hold": "gate"}': 'emulator.release(run, "gate")',
    "POST /runs/{run}/cancel": "emulator.cancel(run)",
    "POST /runs/{run}/expire": "emulator.expire(run)",
}


def table(*, python: bool = False) -> Sequence[str]:
    """Return the lines of the table, in Markdown. python: in the words of the Python face."""
    headings = {**COLUMNS, "control": "control"} if python else COLUMNS
    rows = [
        (f"`{status}`", *(getattr(row, name).text(python=python) for name in COLUMNS))
        for status, row in STATUSES.items()
    ]
    lines = [("status", *headings.values()), ("---",) * (1 + len(COLUMNS)), *rows]
    return [f"| {' | '.join(cells)} |" for cells in lines]
