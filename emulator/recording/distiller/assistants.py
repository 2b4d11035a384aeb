"""Assistants of a recording: what they were, under names, and where a run was given something else."""

import json
from typing import Any

from emulator.recording.distiller.names import Names, words_of
from emulator.recording.distiller.texts import Texts
from emulator.recording.evidence.documents import Documents
from emulator.recording.evidence.known import Doc, KnownAssistant, KnownRun

_GIVEN = ("model", "instructions", "tools")


class Assistants:
    """The assistants of one scenario's runs; those that were made again and again alike are one.

    ids: with their names. named: what is recorded of each, by its name; nothing, where only its id is known.
    """

    def __init__(self, documents: Documents, texts: Texts) -> None:
        self._documents = documents
        self._texts = texts
        self._names = Names()
        self._alike: dict[str, str] = {}
        self.ids: dict[str, str] = {}
        self.named: dict[str, dict[str, Any]] = {}

    def context_of(self, run: KnownRun) -> dict[str, Any]:
        """Return what a run was given: its assistant, and what was not that one's."""
        id_ = run.document.get("assistant_id") or run.body.get("assistant_id")
        given = {} if run.stand_in else self._given(run.first or run.document)
        if id_ is None:
            return given
        if id_ not in self.ids:
            self._add(id_, run, given)
        name = self.ids[id_]
        own = self.named[name]
        named = {"assistant": name} if own else {}
        return {**named, **{field: value for field, value in given.items() if own.get(field) != value}}

    def _add(self, id_: str, run: KnownRun, given: dict[str, Any]) -> None:
        """Take in an assistant as it was when this run, its first, began."""
        known = self._documents.assistants.get(id_) or KnownAssistant(id_)
        shown = known.at(run.created)
        overridden = [
            field
            for field in _GIVEN
            if field in run.body or (field == "instructions" and run.body.get("additional_instructions"))
        ]
        of_run = {field: value for field, value in given.items() if field not in overridden}
        about = {**self._given(shown), **of_run}
        called = _plain_name(self._texts.plain(str(shown.get("name") or ""))) or "assistant"
        alike = json.dumps([called, about], sort_keys=True)
        if alike not in self._alike:
            self._alike[alike] = name = self._names.unique(called)
            self.named[name] = about
        self.ids[id_] = self._alike[alike]

    def _given(self, document: Doc) -> dict[str, Any]:
        found = {field: document[field] for field in _GIVEN if document.get(field) not in (None, "")}
        shown: dict[str, Any] = self._texts.plain_value(found)
        return {**shown, "tools": list(map(_brief, shown["tools"]))} if isinstance(shown.get("tools"), list) else shown


def _brief(tool: Any) -> Any:
    """Return a tool without what every function says unless it is strict."""
    function = tool.get("function") if isinstance(tool, dict) else None
    if not isinstance(function, dict) or function.get("strict") is not False:
        return tool
    return {**tool, "function": {name: value for name, value in function.items() if name != "strict"}}


def _plain_name(name: str) -> str | None:
    words = words_of(name)
    return words and words.replace(" ", "_")
