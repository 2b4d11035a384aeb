"""Threads of fixtures as the engine makes them: bodies of messages, and what is known of the time before."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from emulator.domain.actions import as_text
from scripted_models.grammar import conversations as g

Doc = dict[str, Any]
# By kind and name, the id of what fixtures name; whatever they do not name is an id already.
Find = Callable[[str, str], str]
# An id that is always the same, of a kind and made of names.
Make = Callable[[str, str], str]


def thread(name: str, one: g.ThreadFixture, find: Find, make: Make) -> Doc:
    """Return a thread with the bodies of its messages, and its history where it has one."""
    builder = _ThreadBuilder(name, one, find, make)
    body: Doc = {"id": builder.id, "messages": [builder.message(message) for message in one.messages]}
    history = builder.history()
    return body | _present(tool_resources=one.tool_resources, metadata=one.metadata, history=history)


def has_history(one: g.ThreadFixture) -> bool:
    """Return whether a thread is more than what an app could make itself."""
    return bool(one.created_at or one.runs) or any(
        message.id or message.created_at or message.run or message.assistant or message.annotations
        for message in one.messages
    )


class _ThreadBuilder:
    def __init__(self, name: str, one: g.ThreadFixture, find: Find, make: Make) -> None:
        self.id = one.id or make("threads", name)
        self._name = name
        self._one = one
        self._find = find
        self._make = make
        self._runs = {title: run.id or make("runs", f"{name}/{title}") for title, run in one.runs.items()}
        self._by_reference = {self._runs[title]: run for title, run in one.runs.items()} | one.runs

    def message(self, one: g.MessageFixture) -> Doc:
        files = [self._find("files", file) for file in one.files or ()]
        attached = [{"file_id": file, "tools": [{"type": "file_search"}]} for file in files]
        attachments = [*(one.attachments or ()), *attached] or None
        return {"role": one.role, "content": one.content} | _present(attachments=attachments, metadata=one.metadata)

    def history(self) -> Doc | None:
        if not has_history(self._one):
            return None
        messages = [self._past(number, message) for number, message in enumerate(self._one.messages)]
        written: defaultdict[str, list[str]] = defaultdict(list)
        for message in messages:
            written[message["run_id"]].append(message["id"])
        runs = [self._run(title, run, written[self._runs[title]]) for title, run in self._one.runs.items()]
        return {"created_at": self._one.created_at, "messages": messages, "runs": runs}

    def _past(self, number: int, one: g.MessageFixture) -> Doc:
        id_ = one.id or self._make("messages", f"{self._name}/{number}")
        run = self._by_reference.get(one.run or "")
        assistant = run.assistant if run is not None else one.assistant
        return {"id": id_, "created_at": one.created_at, "annotations": one.annotations} | {
            "run_id": None if one.run is None else self._runs.get(one.run, one.run),
            "assistant_id": None if assistant is None else self._find("assistants", assistant),
        }

    def _run(self, title: str, one: g.RunFixture, written: Sequence[str]) -> Doc:
        named = {step.message for step in one.steps if isinstance(step, g.OldMessage)}
        steps = [self._step(f"{self._name}/{title}/{number}", step) for number, step in enumerate(one.steps)]
        for id_ in (id_ for id_ in written if id_ not in named):
            step_id = self._make("steps", f"{self._name}/{title}/of {id_}")
            steps.append({"id": step_id, "created_at": None, "message": id_})
        ended = {"status": one.ended, "fail": one.fail, "message": one.message, "stop": one.stop}
        given = {"model": one.model, "instructions": one.instructions, "metadata": one.metadata}
        usage = None if one.usage is None else one.usage.model_dump()
        about = {
            "id": self._runs[title],
            "assistant_id": self._find("assistants", one.assistant),
            "created_at": one.created_at,
        }
        return {**about, **given, **ended, "usage": usage, "steps": steps}

    def _step(self, place: str, one: Any) -> Doc:
        about = {"id": one.step_id or self._make("steps", place), "created_at": one.created_at}
        match one:
            case g.OldMessage():
                return {**about, "message": one.message}
            case g.OldCall():
                return {**about, "calls": [self._function(place, 0, one.call, one)]}
            case g.OldCalls():
                calls = [self._function(place, number, call.name, call) for number, call in enumerate(one.call)]
                return {**about, "calls": calls}
            case g.OldCode():
                images = [self._find("files", image) for image in one.images or ()]
                result = {"logs": one.logs, "images": images}
                return {**about, "calls": [self._call(place, 0, "code_interpreter", text=one.code, result=result)]}
            case g.OldSearch():
                found = {"results": one.results}
                return {**about, "calls": [self._call(place, 0, "file_search", result=found)]}
        return {**about, "tool_calls": one.tool_calls}

    def _function(self, place: str, number: int, name: str, one: g.OldCallOptions) -> Doc:
        arguments = as_text(one.args)
        return self._call(
            place, number, "function", one.id, text=arguments, about={"name": name}, result={"output": one.output}
        )

    def _call(self, place: str, number: int, kind: str, pinned: str | None = None, **known: Any) -> Doc:
        return {"id": pinned or self._make("calls", f"{place}/{number}"), "kind": kind, **known}


def _present(**fields: Any) -> Doc:
    return {name: value for name, value in fields.items() if value is not None}
