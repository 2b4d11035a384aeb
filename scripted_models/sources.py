"""Reads and checks the sources of scenarios, and collects every problem in the order of its line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from emulator.domain.ports import ScriptSource
from scripted_models import compilation
from scripted_models.checks import check, check_chains
from scripted_models.grammar import ScenarioSpec, parse
from scripted_models.grammar.explain import turns_file
from scripted_models.parameters import find_params, joined, missing
from scripted_models.problems import Finding, Problem
from scripted_models.reader import Document, read
from scripted_models.rules import Rule
from scripted_models.template_limits import MAX_STEPS_TOGETHER, Account, together
from scripted_models.template_names import Params
from scripted_models.turn_scan import ScannedTurns, scan
from scripted_models.yaml_tree import UnreadableError


@dataclass(frozen=True, slots=True)
class ParsedScenario:
    """A source that has the right form. name: of the scenario, or of its file. params: those that it uses.

    scanned: its turns, where they have a file of their own.
    """

    source: ScriptSource
    document: Document
    spec: ScenarioSpec
    name: str
    params: Params
    scanned: ScannedTurns | None = None


def parse_sources(sources: Sequence[ScriptSource], *, allow_python: bool) -> tuple[list[ParsedScenario], list[Problem]]:
    """Return the scenarios that have the right form, and what is wrong with all of them."""
    with together(Account(MAX_STEPS_TOGETHER)), compilation.one_budget(compilation.MAX_STEPS):
        return _parse_sources(sources, allow_python=allow_python)


def _parse_sources(
    sources: Sequence[ScriptSource], *, allow_python: bool
) -> tuple[list[ParsedScenario], list[Problem]]:
    scenarios: list[ParsedScenario] = []
    problems: list[Problem] = []
    for source in sources:
        try:
            document = read(source.name, source.text)
        except UnreadableError as error:
            problems.append(error.problem(source.name, "scenario"))
            continue
        spec, findings = parse(document)
        if spec is not None:
            spec = _as_replayed(spec, source.replay)
            findings = check(document, spec, source.assets, allow_python=allow_python)
            scanned, of_lines = _scan(document, spec, source, allow_python=allow_python)
            placed = find_params(document, spec) + (scanned.params if scanned else [])
            findings += of_lines + missing(placed, source.params)
            params = joined(used for *_, used in placed)
            name = spec.name or file_stem(source.name)
            findings += _add(scenarios, ParsedScenario(source, document, spec, name, params, scanned))
        problems += sorted(findings, key=lambda problem: (problem.file != source.name, problem.line))
    return scenarios, problems


def _as_replayed(spec: ScenarioSpec, choices: Mapping[str, str]) -> ScenarioSpec:
    """Return a scenario whose recording is replayed as chosen, whatever its header says; others stay as they are."""
    if spec.recording is None or not choices:
        return spec
    return spec.model_copy(update={"recording": spec.recording.model_copy(update=choices)})


def _scan(
    document: Document, spec: ScenarioSpec, source: ScriptSource, *, allow_python: bool
) -> tuple[ScannedTurns | None, list[Problem]]:
    """Return the turns of a scenario's file of turns, if it has one; and what is wrong with them and with chains."""
    file = turns_file(document)
    if file is None:
        chains = dict.fromkeys(turn.chain for turn in spec.turns if turn.chain is not None)
        return None, list(check_chains(document, spec, chains))
    scanned, problems = scan(document, spec, file, source.assets, allow_python=allow_python)
    if scanned is not None and not problems:
        problems += check_chains(document, spec, scanned.chains.turns)
    return scanned, problems


def _add(scenarios: list[ParsedScenario], new: ParsedScenario) -> list[Problem]:
    """Add a scenario; it takes the place of an earlier one of its name."""
    same = next((number for number, one in enumerate(scenarios) if one.name == new.name), None)
    if same is None:
        scenarios.append(new)
        return []
    old, scenarios[same] = scenarios[same], new
    message = f'takes the place of the scenario "{new.name}" of {old.source.name}'
    return [new.document.problem(Finding(("name",), Rule.REPLACED_SCENARIO, message), warning=True)]


def used_params(parsed: Sequence[ParsedScenario]) -> dict[str, str]:
    """Return the values of the parameters that are given and used."""
    return {
        name: value
        for one in parsed
        for name, value in one.source.params.items()
        if one.params.all or name in one.params.used
    }


def file_stem(file: str) -> str:
    """Return the name of a scenario that has none: its file's, without folder and endings."""
    return file.rsplit("/", 1)[-1].split(".", 1)[0] or "scenario"
