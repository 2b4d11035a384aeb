"""What one namespace knows of the dialogues in it, alike for runs and for responses.

A record is a value that can be written to a file: all of it is JSON data, ids of objects are left where they were, and
names stand beside the ids of files and stores, because two programs upload the same file under two ids.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal, Self

Api = Literal["assistants", "responses"]
# Of the file; a reader refuses any other.
FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class SeenFile:
    """A file within the model's reach. tools: those that may read it."""

    id: str
    name: str
    tools: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SeenStore:
    """A vector store that could be searched, with the names of its files."""

    id: str
    files: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SeenMessage:
    """A message as the model was given it. files: names. images: their number."""

    role: str
    text: str
    files: tuple[str, ...] = ()
    images: int = 0


@dataclass(frozen=True, slots=True)
class Saw:
    """What the model was given with one request.

    request: the method and path that made it, as the log has them (``POST /v1/responses``). object: the id of the run
    or the response. messages: all of the context, oldest first, without calls. tools, tool_choice, response_format,
    truncation: in the shapes of Assistants (`emulator.domain.view.ModelView`). metadata: of the run or the response;
    dialogue_metadata: of the thread or the conversation. assistant: the name of the assistant, if the API has one.
    """

    request: str
    object: str
    model: str
    instructions: str | None
    messages: tuple[SeenMessage, ...] = ()
    tools: tuple[Mapping[str, Any], ...] = ()
    tool_choice: Any = "auto"
    parallel_tool_calls: bool = True
    response_format: Any = "auto"
    temperature: float | None = None
    top_p: float | None = None
    reasoning_effort: str | None = None
    max_output_tokens: int | None = None
    max_prompt_tokens: int | None = None
    truncation: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[SeenFile, ...] = ()
    stores: tuple[SeenStore, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    dialogue_metadata: Mapping[str, str] = field(default_factory=dict)
    assistant: str | None = None


@dataclass(frozen=True, slots=True)
class Did:
    """Something that came of a turn, in its order.

    kind: text, refusal, call, search, code. text: what was said, the arguments, the query, or the code. name: of the
    function. output: what the program answered to a call (None: nothing), or what code printed. cited: the names of the
    files that a text cites. found: the names of those that a search found. images: how many code or a message shows.
    """

    kind: Literal["text", "refusal", "call", "search", "code"]
    text: str
    name: str | None = None
    output: str | None = None
    cited: tuple[str, ...] = ()
    found: tuple[str, ...] = ()
    images: int = 0


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that belongs to a turn. error: the code of its refusal, or its message where it has none."""

    method: str
    path: str
    status: int
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """A turn: from a message of the user to the end of what came of it.

    message: the text of the user's last message. turn, place: the name of the script's turn, and where it stands
    (``orders.yaml:12``). status: how it ended, in the words of runs (completed, failed, incomplete, expired, cancelled,
    requires_action where calls were never answered, in_progress). reason: the code or the reason of that end, likewise.
    saw: one for a run; one for each response of the turn.
    """

    message: str | None
    turn: str | None
    place: str | None
    status: str
    reason: str | None
    saw: tuple[Saw, ...]
    did: tuple[Did, ...]
    asked: tuple[Asked, ...] = ()


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A thread, a conversation, or a chain of responses; each branch is one of its own. is_deleted: by its program."""

    id: str
    api: Api
    turns: tuple[Turn, ...]
    is_deleted: bool = False


@dataclass(frozen=True, slots=True)
class Record:
    """The dialogues of a namespace, in the order of their first turns.

    namespace: its name. wire: its day. refused: requests outside of any turn that were refused. notes: what could not
    be recorded, a line each.
    """

    namespace: str
    wire: str
    dialogues: tuple[Dialogue, ...] = ()
    refused: tuple[Asked, ...] = ()
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the record as JSON data, from which `from_json` makes it again."""
        return {"parity": FORMAT, **asdict(self)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Return the record that `to_json` wrote; raise ValueError for anything else, with what is wrong."""
        from emulator.domain.parity.reading import record_from  # noqa: PLC0415 - few processes read one

        return record_from(cls, data)
