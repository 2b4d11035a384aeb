"""The turns of a recorded scenario: each made of its own outputs, and of what earlier turns of its chain remember."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from scripted_models.problems import Path
from scripted_models.suggestions.turns import Suggested, TurnOfToday
from scripted_models.suggestions.values import Value
from scripted_models.writing import Comments

Json = dict[str, Any]

_IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SHORTEST_NAME: Final = 3
# What is worth remembering: nothing that two turns might have in common by chance.
_SHORTEST_TEXT: Final = 5
_LONGEST_TEXT: Final = 200
_FEWEST_DIGITS: Final = 4
_MOST_REMEMBERED: Final = 500


@dataclass(frozen=True, slots=True)
class SuggestedScenario:
    """A scenario with templates, and the comments on it. count: of the values that became expressions."""

    document: Json
    count: int
    comments: Comments


def suggest_all(document: Mapping[str, Any], comments: Comments = MappingProxyType({})) -> SuggestedScenario:
    """Return a scenario whose turns say what their outputs are, and those of earlier turns of their chain.

    comments: on the scenario as it was; they come back at the places where they belong then.
    """
    chains: dict[str, _Chain] = {}
    is_shared = document.get("scope", "thread") != "thread"  # other threads would change what is remembered
    turns = []
    for turn in document["turns"]:
        name = None if is_shared else turn.get("chain")
        chain = _Chain() if name is None else chains.setdefault(name, _Chain())
        turns.append(chain.play(turn))
    done = [turn.suggested() for turn in turns]
    found: dict[Path, str] = {}
    for number, (turn, suggested) in enumerate(zip(turns, done, strict=True)):
        found |= {("turns", number, *turn.moved(path)): text for path, text in suggested.comments.items()}
    for path, text in comments.items():
        here = (*path[:2], *turns[int(path[1])].moved(path[2:])) if _is_in_turn(path) else path
        found[here] = f"{text}\n{found[here]}" if here in found else text
    of_today = {**document, "turns": [suggested.turn for suggested in done]}
    return SuggestedScenario(of_today, sum(suggested.count for suggested in done), found)


def _is_in_turn(path: Path) -> bool:
    return len(path) > len(("turns", 0)) and path[0] == "turns"


@dataclass(slots=True)
class _Turn:
    """A turn, and what its later ones want of it. sets: by the numbers of its steps, what follows them."""

    of_today: TurnOfToday
    sets: dict[int, dict[str, str]] = field(default_factory=dict)
    outputs: set[str] = field(default_factory=set)

    def remember(self, name: str, value: Value) -> None:
        """Remember a value of an output by a variable."""
        self.outputs.add(value.output)
        self.sets.setdefault(self.of_today.places[value.output], {})[name] = f"{{{{ {value.expression} }}}}"

    def suggested(self) -> Suggested:
        """Return the turn with what it remembers."""
        done = self.of_today.suggested(self.outputs)
        steps = []
        for number, step in enumerate(done.turn.get("steps", ())):
            steps += [step, {"set": self.sets[number]}] if number in self.sets else [step]
        return replace(done, turn={**done.turn, "steps": steps})

    def moved(self, path: Path) -> Path:
        """Return where a value is found behind the steps that were added."""
        if len(path) < len(("steps", 0)) or path[0] != "steps" or not isinstance(path[1], int):
            return path
        return ("steps", path[1] + sum(number < path[1] for number in self.sets), *path[2:])


@dataclass(slots=True)
class _Memory:
    """A value of an earlier turn. name: of the variable that holds it, as soon as one is needed."""

    turn: _Turn
    value: Value
    name: str = ""

    def recalled(self) -> Value:
        """Return the value as the variable has it; where it is not set, as it was recorded."""
        text = self.value.text
        default = json.dumps(text, ensure_ascii=False) if self.value.is_text else text
        return replace(self.value, output="", expression=f"vars.{self.name} | default({default})")


@dataclass(slots=True)
class _Chain:
    """What the turns of a chain could remember, by its text. messages: of the user, who needs no memory of them."""

    memories: dict[str, _Memory] = field(default_factory=dict)
    messages: str = ""
    names: set[str] = field(default_factory=set)

    def play(self, turn: Json) -> _Turn:
        """Return the next turn, made of its outputs and of what is remembered."""
        message = _message(turn)
        self.messages += f"\n{message}"
        self.memories = {text: memory for text, memory in self.memories.items() if text not in message}
        played = _Turn(TurnOfToday(turn, {text: [memory.recalled()] for text, memory in self._mentioned(turn)}))
        for text in dict.fromkeys(value.text for value in played.of_today.used if not value.output):
            memory = self.memories[text]
            memory.turn.remember(memory.name, memory.value)
        self._add(played)
        return played

    def _mentioned(self, turn: Json) -> Iterator[tuple[str, _Memory]]:
        """Yield what a turn may have from earlier ones."""
        said = "\n".join(_texts(turn.get("steps", ())))
        for text, memory in self.memories.items():
            if text in said:
                memory.name = memory.name or self._name(memory.value)
                yield text, memory

    def _add(self, played: _Turn) -> None:
        """Let later turns make use of the outputs of a turn."""
        places = played.of_today.places
        for text, values in played.of_today.outputs.by_text.items():
            is_clear = len(values) == 1 and values[0].output in places
            if is_clear and _is_distinctive(values[0]) and text not in self.messages:
                self.memories[text] = _Memory(played, values[0])
        for text in list(self.memories)[:-_MOST_REMEMBERED]:
            del self.memories[text]

    def _name(self, value: Value) -> str:
        """Return a name of its own for what is remembered of an output: that of its key, where it has one."""
        key = next((key for key in reversed(value.keys) if isinstance(key, str)), "")
        usable = _IDENTIFIER.fullmatch(key) is not None
        name = key if usable and len(key) >= _SHORTEST_NAME else f"{value.output}_{key}" if usable else value.output
        number, new = 1, name
        while new in self.names:
            number += 1
            new = f"{name}_{number}"
        self.names.add(new)
        return new


def _texts(value: Any) -> Iterator[str]:
    """Yield all texts and numbers within a value."""
    if isinstance(value, Mapping | list):
        for item in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(item)
    elif value is not None:
        yield str(value)


def _message(turn: Json) -> str:
    message = (turn.get("when") or {}).get("message", "")
    return str(message.get("equals", "")) if isinstance(message, dict) else str(message)


def _is_distinctive(value: Value) -> bool:
    """Return whether a later turn that has this value has it from here."""
    if not value.is_text:
        is_written_so = not value.expression.startswith("'")
        return is_written_so and sum(character.isdigit() for character in value.text) >= _FEWEST_DIGITS
    is_usual = _SHORTEST_TEXT <= len(value.text) <= _LONGEST_TEXT
    return is_usual and (value.text != value.text.lower() or not value.text.isalpha())
