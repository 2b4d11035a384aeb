"""Reads a file of turns once: checks each line as a turn in YAML is, and notes what is needed to find it again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from emulator.domain.replay import beside
from scripted_models import compilation
from scripted_models.asset_bytes import AssetBytes
from scripted_models.assets import find_asset
from scripted_models.chains import ChainsBuilder
from scripted_models.checks import check_line
from scripted_models.grammar.explain import parse_turn
from scripted_models.grammar.scenario import ScenarioSpec, TurnSpec
from scripted_models.grammar.steps import PythonStep
from scripted_models.parameters import PlacedParams, params_of
from scripted_models.postings import digest
from scripted_models.problems import MOST_PROBLEMS, Finding, Problem, brief
from scripted_models.reader import MAX_TEXT, OF_LINE, Document, LineDocument, read_line
from scripted_models.rules import Rule
from scripted_models.stream_texts import unmade_streams
from scripted_models.template_limits import MAX_STEPS_TOGETHER, Account, together
from scripted_models.traversal import walk
from scripted_models.turn_file import TurnFile
from scripted_models.yaml_tree import UnreadableError

MAX_BYTES: Final = 512 * 1024 * 1024
# Turns without a chain are compared with each run one after the other.
MOST_ALONE: Final = 10_000
# So many turns share what templates and regular expressions may cost; a scenario that holds its turns has it once.
_TURNS_OF_BUDGET: Final = 2_000


@dataclass(slots=True)
class ScannedTurns:
    """What is known of the turns of a file. alone: those without a chain. required: those that have to be played.

    named_again: those whose name an earlier one has.
    """

    file: TurnFile
    chains: ChainsBuilder = field(default_factory=ChainsBuilder)
    alone: list[int] = field(default_factory=list)
    required: list[int] = field(default_factory=list)
    named_again: set[int] = field(default_factory=set)
    params: list[PlacedParams] = field(default_factory=list)
    notes: list[Problem] = field(default_factory=list)
    has_python: bool = False


def scan(
    document: Document, spec: ScenarioSpec, name: str, assets: Mapping[str, str], *, allow_python: bool
) -> tuple[ScannedTurns | None, list[Problem]]:
    """Return the turns of the file that a scenario names, and what is wrong with them, up to `MOST_PROBLEMS`."""
    uri = find_asset(assets, name)
    where = ("turns", "file")
    if uri is None:
        return None, [document.problem(Finding(where, Rule.MISSING_FILE, f"no file {brief(name)} beside the scenario"))]
    try:
        content = AssetBytes(uri)
        if len(content) > MAX_BYTES:
            message = f"{brief(name)} has more than {MAX_BYTES:,} bytes"
            return None, [document.problem(Finding(where, Rule.TOO_LARGE, message))]
        scanner = _Scanner(spec, TurnFile(beside(document.name, name), content), assets, allow_python=allow_python)
        scanner.scan(content)
    except ValueError as error:
        return None, [document.problem(Finding(where, Rule.UNREADABLE_FILE, f"{brief(name)}: {error}"))]
    return scanner.found, scanner.problems


class _Scanner:
    def __init__(self, spec: ScenarioSpec, file: TurnFile, assets: Mapping[str, str], *, allow_python: bool) -> None:
        self.found = ScannedTurns(file)
        self.problems: list[Problem] = []
        self._spec = spec
        self._assets = assets
        self._allow_python = allow_python
        self._names: set[int] = set()

    def scan(self, content: AssetBytes) -> None:
        lines = enumerate(content.lines(longest=4 * MAX_TEXT), start=1)
        while True:
            with together(Account(MAX_STEPS_TOGETHER)), compilation.one_budget(compilation.MAX_STEPS):
                for line, (begin, data) in lines:
                    if data.strip():
                        self._add(line, begin, data)
                    if len(self.problems) >= MOST_PROBLEMS:
                        del self.problems[MOST_PROBLEMS:]
                        return
                    if line % _TURNS_OF_BUDGET == 0:
                        break
                else:
                    return

    def _add(self, line: int, begin: int, data: bytes) -> None:
        name = self.found.file.name
        try:
            document = read_line(name, line, data.decode())
        except UnicodeDecodeError:
            self.problems.append(Problem("error", name, line, "turn", "not UTF-8", Rule.UNREADABLE_FILE))
            return
        except UnreadableError as error:
            self.problems.append(error.problem(name, "turn"))
            return
        turn, problems = parse_turn(document)
        if turn is not None:
            problems += check_line(document, turn, self._spec, self._assets, allow_python=self._allow_python)
            self._note(self.found.file.note(line, begin, begin + len(data)), document, turn)
        self.problems += problems

    def _note(self, number: int, document: LineDocument, turn: TurnSpec) -> None:
        found = self.found
        if turn.chain is not None:
            found.chains.add(number, turn.chain, turn.when)
        else:
            found.alone.append(number)
            if len(found.alone) == MOST_ALONE + 1:
                message = f"more than {MOST_ALONE:,} turns without a chain, which are compared with every run"
                self.problems.append(document.problem(Finding(OF_LINE, Rule.TOO_LARGE, message)))
        if turn.uses is not None and turn.uses.min:
            found.required.append(number)
        if turn.name is not None:
            key = digest(turn.name)
            if key in self._names:
                found.named_again.add(number)
            self._names.add(key)
        found.params += params_of(document, turn, OF_LINE)
        found.has_python |= any(isinstance(step, PythonStep) for _, step in walk(turn.steps, ()))
        if len(found.notes) < MOST_PROBLEMS:
            found.notes += unmade_streams(document, turn, OF_LINE)
