"""What is odd in what a scenario says of its recording: names that fit nothing, and turns out of order."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from emulator.domain.nearest import is_misspelt
from scripted_models.grammar import steps as g
from scripted_models.grammar.scenario import RecordedAssistant, ScenarioSpec, TurnSpec
from scripted_models.problems import Finding, Path, brief, misnamed
from scripted_models.rules import Rule
from scripted_models.templating import static
from scripted_models.traversal import walk

Assistants = Mapping[str, RecordedAssistant]

_MOST_COMPARED: Final = 300  # chains that a person could have named


def oddities(spec: ScenarioSpec) -> Iterator[Finding]:
    """Yield what is odd in a scenario that holds its turns, each with its path."""
    for number, turn in enumerate(spec.turns):
        for found in of_turn(spec, turn):
            yield found.below("turns", number)
    is_template = spec.recording is not None and spec.recording.drift == "template"
    if is_template and not any(True for turn in spec.turns for _ in _recorded(turn)):
        message = "template changes nothing: no call has a recorded output"
        yield Finding(("recording", "drift"), Rule.RECORDING, message)
    yield from _chains(spec.turns)


def of_turn(spec: ScenarioSpec, turn: TurnSpec) -> Iterator[Finding]:
    """Yield what is odd in one turn of a scenario, each with its path within the turn."""
    offered = _functions(turn, spec.recording.assistants if spec.recording else {})
    if offered is None:
        return
    for path, called in _recorded(turn):
        function = static(called)
        if function is not None and function not in offered:
            message = f"has a recorded output, but the recorded run offered no function {brief(function)}"
            yield misnamed(path, Rule.RECORDING, message, function, offered)


def _functions(turn: TurnSpec, assistants: Assistants) -> Sequence[str] | None:
    """Return the names of the functions that the recorded run offered; None where its tools are not known."""
    if turn.recorded is None:
        return None
    assistant = assistants.get(turn.recorded.assistant or "")
    tools = turn.recorded.tools if turn.recorded.tools is not None or assistant is None else assistant.tools
    if tools is None:
        return None
    functions = [tool["function"] for tool in tools if isinstance(tool.get("function"), Mapping)]
    return [str(function.get("name")) for function in functions]


def _recorded(turn: TurnSpec) -> Iterator[tuple[Path, str]]:
    """Yield the calls that have a recorded output: where the name of each stands, and the name."""
    for path, step in walk(turn.steps, ("steps",)):
        if isinstance(step, g.CallStep) and step.recorded is not None:
            yield (*path, "call"), step.call
        for number, call in enumerate(step.call if isinstance(step, g.CallsStep) else ()):
            if call.recorded is not None:
                yield (*path, "call", number, "name"), call.name


def _chains(turns: Sequence[TurnSpec]) -> Iterator[Finding]:
    sizes = Counter(turn.chain for turn in turns if turn.chain is not None)
    long = [name for name, size in sizes.items() if size > 1] if len(sizes) <= _MOST_COMPARED else []
    last: dict[str, int] = {}
    for number, turn in enumerate(turns):
        if turn.chain is None:
            continue
        # Names that are told apart by numbers are no mistakes of each other.
        if sizes[turn.chain] == 1 and not re.search(r"\d", turn.chain) and is_misspelt(turn.chain, long):
            message = f"no other turn has the chain {brief(turn.chain)}"
            yield misnamed(("turns", number, "chain"), Rule.CHAIN, message, turn.chain, long)
        found = re.fullmatch(re.escape(turn.chain) + r" (\d{1,9})", turn.name or "")
        if found is not None:
            place = int(found[1])
            if place < last.get(turn.chain, 0):
                message = f"stands behind {brief(f'{turn.chain} {last[turn.chain]}')}: the order of the file decides"
                yield Finding(("turns", number, "name"), Rule.CHAIN, f"{message}, not the names")
            last[turn.chain] = place
