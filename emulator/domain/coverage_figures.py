"""How much of what counts was met, and what was missed: the figures of a coverage."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from emulator.domain.coverage_items import BACKGROUND, FUNCTION, GROUPS, STREAM, Group, Item
from emulator.domain.coverage_reach import REACH, Reach
from emulator.domain.state_coverage import Coverage, event_item, item_of


@dataclass(frozen=True, slots=True)
class GroupFigures:
    """How much of a group was met. met: how often, by item; missed: the other items. Both are in their usual order."""

    name: str
    met: Mapping[str, int]
    missed: tuple[str, ...]

    @property
    def total(self) -> int:
        """How many items count."""
        return len(self.met) + len(self.missed)


@dataclass(frozen=True, slots=True)
class Missed:
    """An item that was not met, and the one line of a test that reaches it."""

    group: str
    item: str
    reach: Reach


@dataclass(frozen=True, slots=True)
class Figures:
    """What a coverage comes to. groups: those that the suite uses. others: what was met and does not count."""

    groups: tuple[GroupFigures, ...]
    others: Mapping[str, int]

    @property
    def met(self) -> int:
        """How many items were met."""
        return sum(len(group.met) for group in self.groups)

    @property
    def total(self) -> int:
        """How many items count."""
        return sum(group.total for group in self.groups)

    @property
    def percent(self) -> float:
        """The share of what counts that was met; 0 where nothing was."""
        return 100.0 * self.met / self.total if self.total else 0.0

    @property
    def missed(self) -> tuple[Missed, ...]:
        """What counts and was not met."""
        return tuple(Missed(group.name, item, REACH[item]) for group in self.groups for item in group.missed)


# By which it is seen that a response was asked for in a way.
_SIGNS: Final = {BACKGROUND: item_of("response", "queued"), STREAM: event_item("response.created")}
_COUNTED: Final = frozenset(item.name for group in GROUPS for item in group.items)


def figures_of(coverage: Coverage) -> Figures:
    """Return the figures of a coverage."""
    used = [group for group in GROUPS if not group.used_by.isdisjoint(coverage.met)]
    others = {name: count for name, count in sorted(coverage.met.items()) if name not in _COUNTED}
    return Figures(tuple(_figures_of(group, coverage) for group in used), others)


def _figures_of(group: Group, coverage: Coverage) -> GroupFigures:
    counted = [item.name for item in group.items if _counts(item, coverage)]
    met = {name: coverage.met[name] for name in counted if coverage.met[name]}
    return GroupFigures(group.name, met, tuple(name for name in counted if name not in met))


def _counts(item: Item, coverage: Coverage) -> bool:
    """Return whether a suite can meet an item with the tools that its runs offered or called."""
    return item.needs is None or bool(coverage.met[item.name]) or _uses(item.needs, coverage)


def _uses(tool: str, coverage: Coverage) -> bool:
    if (sign := _SIGNS.get(tool)) is not None:
        return bool(coverage.met[sign])
    # Whoever is asked for outputs has functions.
    return bool(coverage.tools[tool]) or (tool == FUNCTION and bool(coverage.met["run requires_action"]))


def document(coverage: Coverage) -> dict[str, Any]:
    """Return a coverage with its figures as JSON data, of which `Coverage.from_json` makes the coverage again."""
    figures = figures_of(coverage)
    groups = [{"name": group.name, "met": len(group.met), "total": group.total} for group in figures.groups]
    missed = [
        {"group": one.group, "item": one.item, "line": one.reach.line, "given": one.reach.about}
        for one in figures.missed
    ]
    return {
        "percent": figures.percent,
        "groups": groups,
        "missed": missed,
        "others": dict(figures.others),
        **coverage.to_json(),
    }
