"""What a server has to say when the program that used it is over: reports, verdicts, and what fails a check."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from emulator.domain.printable import printable
from emulator.harness.emulator import Emulator
from emulator.harness.hints import PlacedHint, hint_lines
from emulator.harness.namespace import Namespace
from emulator.harness.reports import Report
from emulator.harness.verdicts import Verdict, finding_lines


@dataclass(frozen=True, slots=True)
class Summary:
    """failures: how many there are in all namespaces. lines: to be read by people."""

    failures: int
    lines: Sequence[str]


def reports_of(emulator: Emulator) -> dict[str, Report]:
    """Return the reports of all namespaces of a server, by their names."""
    return {namespace.name: namespace.report() for namespace in emulator.namespaces}


def verdicts_of(emulator: Emulator, reports: Mapping[str, Report], *, wanted: bool) -> dict[str, Verdict]:
    """Return the verdicts on namespaces in which a fault hit; wanted: on all of them."""
    names = [name for name, report in reports.items() if wanted or report.faulted]
    return {name: Namespace(emulator, name).verdict() for name in names}


def summary_of(
    reports: Mapping[str, Report],
    without_any: str,
    verdicts: Mapping[str, Verdict] = MappingProxyType({}),
    findings: int = 0,
    lost: Sequence[PlacedHint] = (),
    pages: Mapping[str, str] = MappingProxyType({}),
) -> Summary:
    """Return what reports say, and verdicts.

    reports: by the names of their namespaces, and verdicts likewise; without_any: what is said where none is. findings:
    how many of those of the verdicts are failures. lost: hints at requests that reached no namespace, which are said
    where none did. pages: where a browser shows namespaces that are still there when this is read; those with failures
    name theirs.
    """
    failures = findings + sum(len(report.failures) for report in reports.values())
    given: set[str] = set()
    lines = [
        line
        for name, report in reports.items()
        for line in _of_namespace(name, report, verdicts.get(name), given, pages.get(name))
    ]
    hints = [PlacedHint(name, hint) for name, report in reports.items() for hint in report.hints]
    if lost and not reports:
        hints, without_any = list(lost), "no request reached an endpoint"
    lines += [f"emulator: {printable(line)}" for line in hint_lines(hints, "namespaces")]
    return Summary(failures, [*lines, f"emulator: {_count(failures, len(reports)) if reports else without_any}"])


def pages_of(emulator: Emulator, names: Iterable[str]) -> dict[str, str]:
    """Return where a browser shows namespaces of a server that goes on, by their names."""
    return {name: Namespace(emulator, name).inspector_url for name in names}


def _of_namespace(
    name: str, report: Report, verdict: Verdict | None, given: set[str], page: str | None
) -> Iterator[str]:
    """Yield what there is to read of a namespace. given: advice that an earlier one had. page: of the inspector."""
    found = finding_lines(verdict.findings, given) if verdict is not None else ()
    lines = [*report.lines(with_hints=False), *_notes(report), *found]
    if lines:
        yield f"emulator: namespace {name}"
        yield from (f"  {printable(line)}" for line in lines)
        if page is not None and report.failures:
            yield f"  inspector: {page}"


def _notes(report: Report) -> Iterator[str]:
    """Yield what is worth reading and is no failure of this namespace."""
    failed = {failure["kind"] for failure in report.failures}
    if "unused" not in failed:
        for turn in report.unused:
            played = f"played {turn['used']} of {turn['uses']['min']} times"
            yield f"unused: turn {turn['name']} of {turn['script']}, {played}"
    for line in report.script:
        if line.get("strict") and not any(line["run"] == failure["run"] for failure in report.failures):
            yield f"script: {line['message']} ({line['run']})"


def _count(failures: int, namespaces: int) -> str:
    where = f"{namespaces} namespace{'s' * (namespaces != 1)}"
    return f"{failures or 'no'} failure{'s' * (failures != 1)} in {where}"
