"""What a run was given when it was recorded, compared with what it is given now: instructions, model, tools, files."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from emulator.domain.drift import ABSENT, Difference, DriftKind, drifts, path_of, value_differences
from emulator.domain.view import ModelView
from scripted_models.grammar.scenario import RecordedContext
from scripted_models.problems import Path
from scripted_models.reader import Document
from scripted_models.scenario_player import Origin

Tool = Mapping[str, Any]
_COMPARED: Final[tuple[DriftKind, ...]] = ("instructions", "model", "tools", "files")
# What the service shows where nothing was said (recorded).
_NO_PARAMETERS: Final = {"type": "object", "properties": {}}
_RANKERS: Final = (None, "auto", "default_2024_08_21", "default-2024-08-21")


@dataclass(frozen=True, slots=True)
class Recorded:
    """What the run of a turn was given. origin: of the turn; header: the document that says what its recording is."""

    context: RecordedContext
    origin: Origin
    header: Document

    def drift(self, view: ModelView) -> list[Mapping[str, Any]]:
        """Return where a run is given something else, as lines of drift."""
        return [line for kind in _COMPARED for line in self._lines(kind, view)]

    def _lines(self, kind: DriftKind, view: ModelView) -> Iterator[Mapping[str, Any]]:
        if (known := self._known(kind)) is None:
            return
        document, path, recorded = known
        if found := list(_differences(kind, recorded, view)):
            place, is_strict = str(document.place(path)), self.origin.mode == "strict"
            about = {"turn": self.origin.name, "place": place, "source": self.context.source, "strict": is_strict}
            yield from (line.to_json() for line in drifts(kind, found, **about))

    def _known(self, name: str) -> tuple[Document, Path, Any] | None:
        """Return what was recorded, and where: for this run, or of its assistant; None where that is not known."""
        origin, assistant = self.origin, self.context.assistant or ""
        assistants = origin.recording.assistants if origin.recording is not None else {}
        for spec, document, path in (
            (self.context, origin.document, (*origin.path, "recorded", name)),
            (assistants.get(assistant), self.header, ("recording", "assistants", assistant, name)),
        ):
            if spec is not None and name in spec.model_fields_set:
                value = getattr(spec, name)
                # Instructions may have been none; of all else, null says that it is not known.
                return None if value is None and name != "instructions" else (document, path, value)
        return None


def _differences(kind: DriftKind, recorded: Any, view: ModelView) -> Iterator[Difference]:
    match kind:
        case "instructions":
            yield from _text("$.instructions", recorded, view.instructions)
        case "model":
            yield from _text("$.model", recorded, view.model)
        case "tools":
            yield from _tools(recorded, view.tools)
        case "files":
            yield from _files(recorded, [file.name for file in view.files])


def _text(path: str, recorded: str | None, got: str | None) -> Iterator[Difference]:
    if (recorded or "") != (got or ""):
        yield Difference(path, recorded or ABSENT, got or ABSENT)


def _tools(recorded: Sequence[Tool], got: Sequence[Tool]) -> Iterator[Difference]:
    if list(recorded) == list(got):  # as they mostly are
        return
    old, new = _by_name(recorded), _by_name(got)
    for name in dict.fromkeys((*old, *new)):
        one, other = old.get(name, ABSENT), new.get(name, ABSENT)
        if one != other:
            yield from value_differences(one, other, path_of("tools", name))


def _files(recorded: Sequence[str], got: Sequence[str]) -> Iterator[Difference]:
    old, new = Counter(recorded), Counter(got)
    for name in (old - new).elements():
        yield Difference(path_of("files", name), name, ABSENT)
    for name in (new - old).elements():
        yield Difference(path_of("files", name), ABSENT, name)


def _by_name(tools: Sequence[Tool]) -> dict[str, Tool]:
    """Return tools as the newest API shows them: functions by their names, others by their types."""
    found: dict[str, Tool] = {}
    for tool in tools:
        shown = _shown(tool)
        own = name = str(shown["function"].get("name")) if shown["type"] == "function" else shown["type"]
        times = 1
        while own in found:
            times += 1
            own = f"{name} {times}"
        found[own] = shown
    return found


def _shown(tool: Tool) -> dict[str, Any]:
    """Return a tool in one spelling, whatever day it was recorded on, and without what is the same as nothing."""
    kind = str(tool.get("type"))
    if kind == "function":
        return {"type": kind, "function": _function(_mapping(tool.get("function")))}
    if kind in ("file_search", "retrieval"):  # v1's name of it
        return {"type": "file_search", "file_search": _search(_mapping(tool.get("file_search")))}
    return {**_said(tool), "type": kind}


def _function(function: Mapping[str, Any]) -> dict[str, Any]:
    parameters = {**_NO_PARAMETERS, **_mapping(function.get("parameters"))}
    return {**_said(function), "parameters": parameters, "strict": bool(function.get("strict"))}


def _search(options: Mapping[str, Any]) -> dict[str, Any]:
    ranking = _said(_mapping(options.get("ranking_options")))
    if ranking.get("ranker") in _RANKERS:
        ranking.pop("ranker", None)
    ranking.setdefault("score_threshold", 0)
    return {**_said(options), "ranking_options": ranking}


def _said(value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: item for name, item in value.items() if item not in (None, "", {}, [])}


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
