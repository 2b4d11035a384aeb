"""The state of a turn while it plays: its run, captures, outputs and results, and the scope's variables."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from emulator.domain.actions import (
    Action,
    AllUsed,
    CodeResult,
    Goto,
    Hits,
    Outputs,
    Remember,
    RunCode,
    Said,
    Say,
    SearchFiles,
    Used,
    UseTool,
    UseTools,
    numbered,
)
from scripted_models.citations import Citations
from scripted_models.file_names import FileNames
from scripted_models.found_nothing import NoResult, NoResults, reason
from scripted_models.tool_names import ToolNames

if TYPE_CHECKING:
    from emulator.domain.ports import Place
    from emulator.domain.view import ModelView
    from scripted_models.candidates import Start


class Context:
    """The argument ``t`` of a Python turn, and the source of the names in templates.

    match: captures of the turn's regular expressions. vars: the scope's variables; change them with `Remember`.
    outputs: what the app answered so far, by the calls' names, and what other tools did. found: results of searches and
    code, by their names. params: those of the scenario whose turn is played. place: returns where in its file the step
    in hand stands, or what is at a path within it; None in a Python turn. named_files: what `file_id` finds.
    """

    def __init__(self, start: "Start") -> None:
        self.view: ModelView = start.view
        self.match: Mapping[str, str] = start.match
        self.state: str | None = start.state
        self.vars: dict[str, Any] = dict(start.vars)
        self.outputs: dict[str, Any] = {}
        self.found: dict[str, Mapping[str, Any]] = {}
        self.params: Mapping[str, str] = {}
        self.place: Callable[..., Place | None] = lambda *_below: None
        self.named_files = FileNames(start.view.files)
        self._tools = ToolNames(start.view.offered)
        self._run = {"id": start.view.run_id, "metadata": start.view.run_metadata}
        self._thread = {"id": start.view.thread_id, "metadata": start.view.thread_metadata}
        self._citations = Citations(len(start.view.messages), start.view.citation)

    @property
    def message(self) -> str:
        """The last user message; empty without one."""
        return self.view.message or ""

    @property
    def model(self) -> str:
        """The model of the run."""
        return self.view.model

    @property
    def instructions(self) -> str:
        """The instructions of the run; empty without any."""
        return self.view.instructions or ""

    @property
    def tools(self) -> Sequence[str]:
        """The tools that the run offers, in their order: functions by their names, others by their types."""
        return self._tools

    @property
    def run(self) -> Mapping[str, Any]:
        """The run: id and metadata."""
        return self._run

    @property
    def thread(self) -> Mapping[str, Any]:
        """The thread: id and metadata."""
        return self._thread

    @property
    def assistant(self) -> Mapping[str, Any]:
        """The assistant of the run."""
        return self.view.assistant

    @property
    def turn(self) -> int:
        """The number of this run on its thread, counted from 1."""
        return self.view.turn

    @property
    def now(self) -> int:
        """The namespace's time at the start of the run, in seconds since the epoch."""
        return self.view.now

    @property
    def cite(self) -> Callable[[Mapping[str, Any]], str]:
        """Function that returns the marker for a result; `Say` turns markers into annotations."""
        return self._citations.cite

    @property
    def file_id(self) -> Callable[[str], str]:
        """Function that returns the id of the file of a name; a stand-in, which is reported, where there is none."""
        return self.named_files.file_id

    def names(self) -> dict[str, Any]:
        """Return the names that exist in templates."""
        return self.found | {
            "match": self.match,
            "outputs": self.outputs,
            "vars": self.vars,
            "params": self.params,
            "message": self.message,
            "model": self.model,
            "instructions": self.instructions,
            "tools": self.tools,
            "assistant": self.assistant,
            "run": self.run,
            "thread": self.thread,
            "turn": self.turn,
            "now": self.now,
            "files": [{"id": file.id, "name": file.name} for file in self.view.files],
            "cite": self.cite,
            "file_id": self.file_id,
        }

    def prepare(self, action: Action) -> Action:
        """Return the action as it is played: a message gets the annotations of its markers."""
        if isinstance(action, Say) and (citations := self._citations.annotations(action.text)):
            return Say(action.text, action.images, (*action.annotations, *citations), action.stream)
        return action

    def _found(self, action: SearchFiles, hits: Hits) -> Mapping[str, Any]:
        results = [dict(hit) for hit in hits.results]
        if results:
            return {"results": results, "first": results[0]}
        why = reason(self.view, is_scripted=action.results != "auto")
        return {"results": NoResults(why), "first": NoResult(why)}

    def record(self, action: Action, result: Any) -> None:
        """Record the result of an action, and what the action itself changes."""
        match result:
            case Outputs():
                self.outputs.update(result)
            case Hits() if isinstance(action, SearchFiles):
                self.found[action.as_] = self._found(action, result)
                self._citations.add_results(Hits(tuple(self.found[action.as_]["results"])))
            case CodeResult() if isinstance(action, RunCode):
                files = [dict(file) for file in result.files]
                self.found[action.as_] = {"logs": result.logs, "images": list(result.images), "files": files}
                for file in files:
                    self.named_files.add(file["name"], file["file_id"])
            case Used() if isinstance(action, UseTool):
                self.outputs[action.key] = result.output
            case AllUsed() if isinstance(action, UseTools):
                keys = numbered(use.key for use in action.calls)
                self.outputs.update({key: used.output for key, used in zip(keys, result.used, strict=True)})
            case Said():
                self._citations.add_message()
        match action:
            case Remember():
                self.vars.update(action.vars)
            case Goto():
                self.state = action.state
