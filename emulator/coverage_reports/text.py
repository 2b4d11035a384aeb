"""State coverage as text: a table of groups, and what was missed with the line that reaches it."""

from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from emulator.domain.coverage_figures import Figures, figures_of
from emulator.domain.printable import printable
from emulator.domain.state_coverage import Coverage

NOTHING: Final = "state coverage: no status was shown to a client"
# Nothing is broken into lines: a line of a test is to be copied.
_WIDE: Final = 1_000


def text(coverage: Coverage) -> str:
    """Return the report, without a line break at its end."""
    return "\n".join(lines(coverage))


def lines(coverage: Coverage) -> list[str]:
    """Return the lines of the report."""
    figures = figures_of(coverage)
    if not figures.groups:
        return [NOTHING, *_counts(coverage, figures)]
    groups = [
        (group.name, f"{len(group.met)}/{group.total}", f"{100 * len(group.met) / group.total:.0f} %")
        for group in figures.groups
    ]
    found = [headline(figures), "", *_table(groups, right=(1, 2)), *_missed(figures)]
    return [*found, *_counts(coverage, figures)]


def headline(figures: Figures) -> str:
    """Return the figures in one line."""
    return f"state coverage: {shown(figures.percent)} % ({figures.met} of {figures.total})"


def shown(percent: float) -> str:
    """Return a percentage with one digit, which is never rounded up to 100."""
    return f"{int(percent * 10) / 10:.1f}"


def too_low(coverage: Coverage, least: float) -> str | None:
    """Return by how much a coverage misses the least that is asked for; None if it does not."""
    figures = figures_of(coverage)
    percent = figures.percent
    if percent >= least:
        return None
    if not figures.groups:
        return f"{NOTHING}, and {least:g} % are asked for"
    below = round(least - int(percent * 10) / 10, 1) or 0.1
    return f"state coverage of {shown(percent)} % is {below:g} below the {least:g} % that are asked for"


def _missed(figures: Figures) -> list[str]:
    if not figures.missed:
        return []
    rows = [(one.item, str(one.reach)) for one in figures.missed]
    return ["", "missed, and the line of a test that reaches it:", *_table(rows)]


def _counts(coverage: Coverage, figures: Figures) -> list[str]:
    """Return what else was met, in a line for each kind."""
    kinds: tuple[tuple[str, Mapping[str, int]], ...] = (
        ("errors met", coverage.errors),
        ("faults that hit", coverage.faults),
        ("tools", coverage.tools),
        ("met, and not counted", figures.others),
    )
    found = [f"{name}: {_listed(counts)}" for name, counts in kinds if counts]
    return ["", *found] if found else []


def _listed(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{printable(name)} ({count:,})" for name, count in sorted(counts.items()))


def _table(rows: Iterable[Sequence[str]], right: Sequence[int] = ()) -> list[str]:
    rows = list(rows)
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for place in range(len(rows[0])):
        table.add_column(no_wrap=True, justify="right" if place in right else "left")
    for row in rows:
        table.add_row(*map(Text, row))
    file = StringIO()
    Console(file=file, width=_WIDE, color_system=None).print(table)
    return [f"  {line.rstrip()}" for line in file.getvalue().splitlines()]
