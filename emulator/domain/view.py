"""What a model is given at the start of a run: the value that scripts match on and that tests inspect."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class ContextMessage:
    """A message in the model's context. text: its text parts joined; files: ids attached or shown."""

    role: str
    text: str
    files: tuple[str, ...] = ()
    images: int = 0


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file within the model's reach, and the tools that may read it."""

    id: str
    name: str
    tools: tuple[str, ...] = ()
    created_at: int = 0


@dataclass(frozen=True, slots=True)
class Memory:
    """What the namespace's scripts remember.

    uses: turn key -> times played. scopes: scope key -> {"state": name, "vars": {…}}. Scope keys are made by the
    scripts ("thread:…", "assistant:…", "namespace"), stored by the engine.
    """

    uses: Mapping[str, int] = field(default_factory=dict)
    scopes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ModelView:
    """What a real model would have been given for this run, after overrides and truncation.

    turn: this is the nth run on the thread, counted from 1. tools: tool objects in the API's newest shape, so are
    tool_choice, response_format and truncation. instructions: with additional_instructions appended. citation: how the
    day marks one, from the numbers of its message and result, and its file's name. require_approval: what each MCP
    server of the run asks of its client, by label: "always", "never", or {"always": names, "never": names}. api: by
    which API the client speaks to the model; thread_id is then the dialogue's, and run_id the response's.
    """

    run_id: str
    thread_id: str
    model: str
    instructions: str | None
    assistant: Mapping[str, Any]
    messages: tuple[ContextMessage, ...] = ()
    tools: tuple[Mapping[str, Any], ...] = ()
    tool_choice: Any = "auto"
    parallel_tool_calls: bool = True
    response_format: Any = "auto"
    files: tuple[AttachedFile, ...] = ()
    vector_store_ids: tuple[str, ...] = ()
    temperature: float | None = None
    top_p: float | None = None
    reasoning_effort: str | None = None
    max_prompt_tokens: int | None = None
    max_completion_tokens: int | None = None
    truncation: Mapping[str, Any] = field(default_factory=lambda: {"type": "auto", "last_messages": None})
    thread_metadata: Mapping[str, str] = field(default_factory=dict)
    run_metadata: Mapping[str, str] = field(default_factory=dict)
    turn: int = 1
    now: int = 0
    memory: Memory = field(default_factory=Memory)
    citation: str = "【{message}:{result}†{name}】"
    require_approval: Mapping[str, Any] = field(default_factory=dict)
    api: Literal["assistants", "responses"] = "assistants"

    @property
    def message(self) -> str | None:
        """The last user message of the context, its text parts joined; None without one."""
        return next((message.text for message in reversed(self.messages) if message.role == "user"), None)

    @property
    def offered(self) -> tuple[str, ...]:
        """The tools of the run, each once and in their order: functions by their names, others by their types."""
        names = (tool["function"]["name"] if tool["type"] == "function" else tool["type"] for tool in self.tools)
        return tuple(dict.fromkeys(names))

    @property
    def tool_names(self) -> frozenset[str]:
        """The same names, for look-ups."""
        return frozenset(self.offered)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "ModelView":
        """Return the view that was written as JSON, field by field."""
        memory = Memory(**data["memory"])
        messages = tuple(
            ContextMessage(**{**message, "files": tuple(message["files"])}) for message in data["messages"]
        )
        files = tuple(AttachedFile(**{**file, "tools": tuple(file["tools"])}) for file in data["files"])
        rest = {**data, "tools": tuple(data["tools"]), "vector_store_ids": tuple(data["vector_store_ids"])}
        return cls(**{**rest, "memory": memory, "messages": messages, "files": files})
