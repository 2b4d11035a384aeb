"""One turn, its later texts made of its outputs."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from emulator.domain.actions import as_text
from scripted_models.problems import Path
from scripted_models.suggestions.output_names import calls_of, output_names, uses_of
from scripted_models.suggestions.outputs import Outputs
from scripted_models.suggestions.texts import ByText, Template, json_template_of, template_of
from scripted_models.suggestions.values import Value
from scripted_models.templating import is_template, static

Json = dict[str, Any]

# The fields of a step, and of a call of a tool, that hold texts of the model; those of the first kind are streamed.
_STREAMED: Final = ("say", "refuse", "code")
_FURTHER: Final = ("logs", "search")
_ASKED: Final = ("args", "query", "input")
_MOST_OTHERS: Final = 3


@dataclass(frozen=True, slots=True)
class Suggested:
    """A turn with templates. count: of the values that became expressions.

    comments, and texts as they were before: by their paths in the turn.
    """

    turn: Json
    count: int = 0
    comments: Mapping[Path, str] = field(default_factory=dict)
    texts: Mapping[Path, str] = field(default_factory=dict)


def suggest(turn: Mapping[str, Any]) -> Suggested:
    """Return a turn of a document whose texts are made of the outputs before them, as far as these were recorded.

    With the recorded outputs it says exactly what it said. Texts that are templates already stay what they are.
    """
    return TurnOfToday(turn).suggested()


class TurnOfToday:
    """A turn whose texts are made of outputs. used: the values that they are made of.

    known: values of earlier turns, by their texts. comments, texts: as in `Suggested`.
    """

    def __init__(self, turn: Mapping[str, Any], known: ByText = MappingProxyType({})) -> None:
        self.used: list[Value] = []
        self.comments: dict[Path, str] = {}
        self.texts: dict[Path, str] = {}
        self.outputs = Outputs({}, {text: list(values) for text, values in known.items()})
        self._turn = turn
        self._names = output_names(turn.get("steps", ()), ("steps",))
        self._steps = self._of_today(turn.get("steps", ()), ("steps",), self.outputs)

    @property
    def places(self) -> dict[str, int]:
        """The numbers of the turn's steps, by the names of the outputs that they give."""
        paths = {name: path for path, name in self._names.names.items() if name is not None}
        return {name: int(path[1]) for name, path in paths.items() if "choose" not in path}

    def suggested(self, later: Collection[str] = ()) -> Suggested:
        """Return the turn. later: names of outputs of which later turns make use."""
        self._name({value.output for value in self.used} | {*later})
        steps = self._steps if self.used or later else self._turn.get("steps", ())
        return Suggested({**self._turn, "steps": steps}, len(self.used), self.comments, self.texts)

    def _name(self, used: Collection[str]) -> None:
        """Give calls names that tell their outputs apart, where a template needs that."""
        for path, (name, before) in self._names.given.items():
            if name in used or before in used:
                call: Any = self._steps
                for part in path[1:]:
                    call = call[part]
                _insert(call, "as", name, behind="args" if "args" in call else next(iter(call)))

    def _of_today(self, steps: Sequence[Json], path: Path, outputs: Outputs) -> list[Json]:
        done = []
        for number, step in enumerate(steps):
            here = (*path, number)
            done.append(self._step(step, here, outputs))
            for at, call in (*calls_of(step, here), *uses_of(step, here)):
                name, recorded = self._names.names[at], call.get("recorded")
                if name is not None:
                    outputs.set(name, _literal(recorded) if isinstance(recorded, str) else None)
        return done

    def _step(self, step: Json, path: Path, outputs: Outputs) -> Json:
        new = dict(step)
        if "choose" in step:
            new["choose"] = [
                {**branch, "steps": self._of_today(branch["steps"], (*path, "choose", number, "steps"), outputs.copy())}
                for number, branch in enumerate(step["choose"])
            ]
        elif not outputs.by_text:
            return new | {
                key: [dict(call) for call in step[key]] for key in ("call", "calls") if _is_list(step.get(key))
            }
        elif "call" in step:
            self._replace_calls(new, "call", ("args",), path, outputs)
        elif "tool" in step:
            self._replace_calls(new, "calls", _ASKED, path, outputs)
        else:
            for key in (*_STREAMED, *_FURTHER):
                if isinstance(step.get(key), str):
                    self._replace_text(new, key, path, outputs)
        return new

    def _replace_calls(self, step: Json, key: str, words: Sequence[str], path: Path, outputs: Outputs) -> None:
        if not _is_list(step.get(key)):
            self._replace_asked(step, words, path, outputs)
            return
        step[key] = [dict(call) for call in step[key]]
        for number, call in enumerate(step[key]):
            self._replace_asked(call, words, (*path, key, number), outputs)

    def _replace_asked(self, call: Json, words: Sequence[str], path: Path, outputs: Outputs) -> None:
        for word in words:
            if word in call:
                asked = self._arguments(call[word], (*path, word), outputs, as_json=words == ("args",))
                if asked != call[word]:
                    call[word] = asked
                    _drop_pieces(call)

    def _replace_text(self, step: Json, key: str, path: Path, outputs: Outputs) -> None:
        text = self._text(step[key], (*path, key), outputs, _cited(step) if key == "say" else ())
        if text != step[key]:
            step[key] = text
            if key in _STREAMED:
                _drop_pieces(step)

    def _text(self, text: str, path: Path, outputs: Outputs, kept: Sequence[tuple[int, int]] = ()) -> str:
        literal = _literal(text)
        if literal is None:
            return text
        return self._counted(template_of(literal, outputs.by_text, _given(outputs), kept), literal, path) or text

    def _arguments(self, value: Any, path: Path, outputs: Outputs, *, as_json: bool) -> Any:
        """Return what a tool is asked, with templates. as_json: a number in it may make it the text of its JSON."""
        if as_json and _is_json(value) and (isinstance(value, str) or _has_number(value, outputs.by_text)):
            literal = _literal(as_text(value))
            template = literal and json_template_of(literal, outputs.by_text, _given(outputs))
            return self._counted(template or None, literal or "", path) or value
        if isinstance(value, str):
            return self._text(value, path, outputs)
        if isinstance(value, dict):
            return {key: self._arguments(one, (*path, key), outputs, as_json=False) for key, one in value.items()}
        if isinstance(value, list):
            return [self._arguments(one, (*path, place), outputs, as_json=False) for place, one in enumerate(value)]
        return value

    def _counted(self, template: Template | None, literal: str, path: Path) -> str | None:
        if template is None:
            return None
        self.texts[path] = literal
        self.used += [hole.value for hole in template.holes]
        remarks = {
            f"{hole.value.text} is also {' and '.join(one.expression for one in hole.others[:_MOST_OTHERS])}": None
            for hole in template.holes
            if hole.others
        }
        if remarks:
            self.comments[path] = "\n".join(remarks)
        return template.text


def _given(outputs: Outputs) -> Mapping[str, Any]:
    """Return the names that templates have; variables have their defaults."""
    return {"outputs": outputs.recorded, "vars": {}}


def _literal(text: str) -> str | None:
    """Return the text that a recorded text stands for; None where it is a template that uses anything."""
    return static(text) if is_template(text) else text


def _is_json(value: Any) -> bool:
    if isinstance(value, dict):
        return not is_template(json.dumps(value))
    try:
        return isinstance(json.loads(_literal(value) or ""), dict | list)
    except (ValueError, RecursionError):
        return False


def _has_number(value: Any, by_text: ByText) -> bool:
    if isinstance(value, dict | list):
        return any(_has_number(one, by_text) for one in (value.values() if isinstance(value, dict) else value))
    return isinstance(value, int | float) and not isinstance(value, bool) and as_text(value) in by_text


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _cited(step: Json) -> list[tuple[int, int]]:
    """Return where the texts of a message's annotations stand: annotations are found by them again."""
    offsets = [(one.get("start_index"), one.get("end_index")) for one in step.get("annotations", ())]
    return [(start, end) for start, end in offsets if isinstance(start, int) and isinstance(end, int)]


def _drop_pieces(step: Json) -> None:
    """Drop the pieces of a stream that no longer add up to its text."""
    stream = step.get("stream")
    if isinstance(stream, dict) and isinstance(stream.get("chunk"), list):
        left = {key: value for key, value in stream.items() if key != "chunk"}
        if left:
            step["stream"] = left
        else:
            del step["stream"]


def _insert(mapping: Json, key: str, value: Any, *, behind: str) -> None:
    """Put a key behind another one, in place."""
    items = list(mapping.items())
    mapping.clear()
    for name, item in items:
        mapping[name] = item
        if name == behind:
            mapping[key] = value
