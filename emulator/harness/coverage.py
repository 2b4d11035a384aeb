"""The state coverage of a namespace or of a server: what clients were shown, and what a suite has missed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from emulator.domain.state_coverage import Coverage

if TYPE_CHECKING:
    from emulator.domain.coverage_figures import Figures, GroupFigures, Missed


@dataclass(frozen=True)
class CoverageReport:
    """What was met and what was missed; as a text it is the report for people. coverage: the counts."""

    coverage: Coverage

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "CoverageReport":
        """Return the report that the control API answers with."""
        return cls(Coverage.from_json(data))

    @cached_property
    def _figures(self) -> "Figures":
        from emulator.domain.coverage_figures import figures_of  # noqa: PLC0415 - where somebody asks for it

        return figures_of(self.coverage)

    @property
    def percent(self) -> float:
        """How much of what counts was met, in percent."""
        return self._figures.percent

    @property
    def groups(self) -> "Sequence[GroupFigures]":
        """The groups that were used: each with its name, `met`, `missed` and `total`."""
        return self._figures.groups

    @property
    def missed(self) -> "Sequence[Missed]":
        """What was not met: each with its item, and under `reach` the line of a test that reaches it."""
        return self._figures.missed

    @property
    def met(self) -> Mapping[str, int]:
        """How often each item was met."""
        return dict(self.coverage.met)

    @property
    def errors(self) -> Mapping[str, int]:
        """How often each error was met, by status and code."""
        return dict(self.coverage.errors)

    @property
    def faults(self) -> Mapping[str, int]:
        """How often faults hit, by what they do."""
        return dict(self.coverage.faults)

    @property
    def tools(self) -> Mapping[str, int]:
        """How many runs offered or called each tool."""
        return dict(self.coverage.tools)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON data, which `assistants-emulator coverage` merges with others."""
        from emulator.domain.coverage_figures import document  # noqa: PLC0415 - as above

        return document(self.coverage)

    def to_html(self, about: str = "All namespaces") -> str:
        """Return it as a page of HTML. about: whose coverage it is."""
        from emulator.coverage_reports.page import page  # noqa: PLC0415 - as above

        return page(self.coverage, about)

    def __str__(self) -> str:
        from emulator.coverage_reports.text import text  # noqa: PLC0415 - as above

        return text(self.coverage)
