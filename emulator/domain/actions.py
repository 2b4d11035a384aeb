"""The words of a script: what a scripted model may do, and what the engine answers to each.

A script yields *actions*; the engine plays each one as run steps, messages, events and status changes, and sends
the action's *result* back in. Both are plain values: they are logged as JSON, so that a run that was
suspended can be continued after a restart by playing the same script against its log.
"""

import dataclasses
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from emulator.domain.drift import DriftKind


def as_text(value: Any) -> str:
    """Return a text as it is, and any other JSON value as a compact JSON text."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def numbered(keys: Iterable[str]) -> list[str]:
    """Return the keys of calls that are made together, each once: the second ``name`` is ``name_2``."""
    taken: dict[str, None] = {}
    seen: Counter[str] = Counter()
    for key in keys:
        seen[key] += 1
        own = key if seen[key] == 1 else f"{key}_{seen[key]}"
        while own in taken:
            seen[key] += 1
            own = f"{key}_{seen[key]}"
        taken[own] = None
    return list(taken)


@dataclass(frozen=True, slots=True)
class Stream:
    """How a text is cut and paced when it is streamed.

    chunk: ``"word"``, ``"char"``, ``"whole"``, a number of characters, or the pieces themselves; None is as the
    namespace says.
    ttft: seconds before the first piece. tps: pieces per second after it; None is no delay.
    """

    chunk: str | int | tuple[str, ...] | None = None
    ttft: float = 0.0
    tps: float | None = None


@dataclass(frozen=True, slots=True)
class Say:
    """A message. images are data URIs; annotations have the API's own shape. Result: `Said`."""

    text: str
    images: tuple[str, ...] = ()
    annotations: tuple[Mapping[str, Any], ...] = ()
    stream: Stream | None = None


@dataclass(frozen=True, slots=True)
class Refuse:
    """A message that holds a refusal instead of a text. Result: `Said`."""

    text: str
    stream: Stream | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One function call. args is a mapping (sent as compact JSON) or a string sent as it is. Result: `Outputs`.

    as_ names the output (default: the function's name); id pins the call's id; recorded is what the app
    answered when the script was recorded: a different answer is reported as drift.
    """

    name: str
    args: Mapping[str, Any] | str = field(default_factory=dict)
    as_: str | None = None
    id: str | None = None
    recorded: str | None = None
    stream: Stream | None = None

    @property
    def key(self) -> str:
        """The name under which the output is found."""
        return self.as_ or self.name

    @property
    def arguments(self) -> str:
        """The arguments as the API shows them: a JSON text."""
        return as_text(self.args)


@dataclass(frozen=True, slots=True, init=False)
class Calls:
    """Several function calls in one turn, answered together. Result: `Outputs`."""

    calls: tuple[Call, ...]

    def __init__(self, *calls: Call) -> None:
        if not calls:
            raise ValueError("Calls needs at least one Call")
        object.__setattr__(self, "calls", calls)


@dataclass(frozen=True, slots=True)
class RunCode:
    """Code for the code interpreter, with what it printed (logs) and drew (images, data URIs). Result: `CodeResult`.

    execute: really run it, where the server allows that.
    """

    code: str
    logs: str | None = None
    images: tuple[str, ...] = ()
    execute: bool = False
    as_: str = "code"
    stream: Stream | None = None


@dataclass(frozen=True, slots=True)
class SearchFiles:
    """A file search. results: ``"auto"`` searches the attached files, or the results themselves. Result: `Hits`."""

    query: str
    results: Literal["auto"] | tuple[Mapping[str, Any], ...] = "auto"
    top: int | None = None
    as_: str = "hits"


@dataclass(frozen=True, slots=True)
class UseTool:
    """A call of a tool that has no word of its own. Result: `Used`.

    kind: the type of the tool. input: what the model asks of it, shown as JSON unless it is a text. output: what the
    tool answers. name: of the function, for tools that have several; input is then its arguments. details: what else
    the call shows, in the API's own shape. approve: whether the client has to approve the call first; None: as the run
    says.
    """

    kind: str
    input: Any = None
    output: Any = None
    as_: str | None = None
    stream: Stream | None = None
    name: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    approve: bool | None = None

    @property
    def key(self) -> str:
        """The name under which the output is found."""
        return self.as_ or self.name or self.kind

    @property
    def text(self) -> str:
        """The input as the API shows it."""
        return as_text({} if self.input is None else self.input)


@dataclass(frozen=True, slots=True, init=False)
class UseTools:
    """Several calls of one tool in one step. Result: `AllUsed`."""

    calls: tuple[UseTool, ...]

    def __init__(self, *calls: UseTool) -> None:
        if len({call.kind for call in calls}) != 1:
            raise ValueError("UseTools needs at least one UseTool, all of one kind")
        object.__setattr__(self, "calls", calls)


@dataclass(frozen=True, slots=True)
class Fail:
    """The run fails. code: rate_limit_exceeded, server_error or invalid_prompt. Ends the run.

    message: by default what the service said with the code (recorded for the two that were seen). calls: of functions,
    or of one tool; made together before it fails, so that they never get an output.
    """

    code: str = "server_error"
    message: str = ""
    calls: tuple[Call, ...] | tuple[UseTool, ...] = ()

    def __post_init__(self) -> None:
        """Say what the service said, where the script does not. Raises `ValueError` for calls of several tools."""
        if len({call.kind if isinstance(call, UseTool) else None for call in self.calls}) > 1:
            raise ValueError("Fail needs calls that are all of one kind")
        if not self.message:
            object.__setattr__(self, "message", _SAID.get(self.code, _SAID["server_error"]))


_SAID: Final = {
    "server_error": "Sorry, something went wrong.",
    "rate_limit_exceeded": (
        "You exceeded your current quota, please check your plan and billing details. For more information on this"
        " error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors."
    ),
}


@dataclass(frozen=True, slots=True)
class Incomplete:
    """The run and its last message stay incomplete. Ends the run."""

    reason: str = "max_completion_tokens"


@dataclass(frozen=True, slots=True)
class Expire:
    """The run stays in progress until the clock reaches its expires_at; now: it expires at once. Ends the run."""

    now: bool = False


@dataclass(frozen=True, slots=True)
class Wait:
    """Time passes on the namespace's clock. seconds: how much. Result: None."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Hold:
    """A named breakpoint: the run continues when it is released. Result: None.

    At the one named "cancelled" a run waits for its client to cancel it, so what is being written stays open.
    """

    name: str

    @property
    def leaves_open(self) -> bool:
        """Whether the message or the step before it is not completed."""
        return self.name == "cancelled"


@dataclass(frozen=True, slots=True)
class Check:
    """What the script asserts about what the app sent. A failed check fails the run and is reported. Result: None."""

    passed: bool
    message: str


@dataclass(frozen=True, slots=True)
class ReportDrift:
    """What differs from when the script was recorded, for the report. Result: None.

    path: a JSON path to what differs. got: None where nothing is there. call: of which these are the outputs, as texts
    that are still to be compared; below: where the recorded one stands within the step that makes the call.
    """

    kind: "DriftKind"
    recorded: Any = None
    got: Any = None
    path: str = "$"
    call: str | None = None
    below: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class Remember:
    """Variables remembered for the later turns of the script's scope. Result: None."""

    vars: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Goto:
    """The script's scope moves to another state. Result: None."""

    state: str


Action = (
    Say
    | Refuse
    | Call
    | Calls
    | RunCode
    | SearchFiles
    | UseTool
    | UseTools
    | Fail
    | Incomplete
    | Expire
    | Wait
    | Hold
    | Check
    | ReportDrift
    | Remember
    | Goto
)
ENDS_RUN = (Fail, Incomplete, Expire)


@dataclass(frozen=True, slots=True)
class Said:
    """The message as it was written."""

    message_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Outputs(Mapping[str, str]):
    """What the app answered, by the calls' keys in the order of the calls."""

    texts: Mapping[str, str]

    def __getitem__(self, key: str) -> str:
        return self.texts[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.texts)

    def __len__(self) -> int:
        return len(self.texts)

    def data(self, key: str) -> Any:
        """Return the output as JSON if it is JSON, else as text."""
        try:
            return json.loads(self.texts[key])
        except ValueError:
            return self.texts[key]


@dataclass(frozen=True, slots=True)
class CodeResult:
    """What the code printed, and the ids of the files it drew or wrote."""

    logs: str
    images: tuple[str, ...] = ()
    files: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Hits:
    """What a search found, best first: mappings with file_id, file_name, score and content."""

    results: tuple[Mapping[str, Any], ...]

    @property
    def first(self) -> Mapping[str, Any]:
        """The best result; empty where nothing was found."""
        return self.results[0] if self.results else {}


@dataclass(frozen=True, slots=True)
class Used:
    """What a tool answered; nothing, where the client has not approved the call."""

    output: Any
    approved: bool = True


@dataclass(frozen=True, slots=True)
class AllUsed:
    """What a tool answered to several calls, in their order."""

    used: tuple[Used, ...]


Result = Said | Outputs | CodeResult | Hits | Used | AllUsed | None

_KINDS: dict[str, type] = {
    kind.__name__: kind
    for kind in (
        Say, Refuse, Call, Calls, RunCode, SearchFiles, UseTool, UseTools, Fail, Incomplete, Expire, Wait, Hold, Check,
        ReportDrift, Remember, Goto, Said, Outputs, CodeResult, Hits, Used, AllUsed, Stream,
    )
}  # fmt: skip
_PLAIN: Final = "mapping"  # or a list; the name is in stored logs


def to_json(value: Any) -> Any:
    """Return a value of this module as JSON data, its kind under ``"is"``; None stays None."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = {f.name: to_json(getattr(value, f.name)) for f in dataclasses.fields(value)}
        return {"is": type(value).__name__, **fields}
    if isinstance(value, tuple):
        return [to_json(item) for item in value]
    if isinstance(value, list) or (isinstance(value, Mapping) and "is" in value):
        return {"is": _PLAIN, "of": value}  # a script's own data: its "is" names no kind of ours
    return value


def from_json(data: Any) -> Any:
    """Return the value that `to_json` wrote."""
    if isinstance(data, list):
        return tuple(from_json(item) for item in data)
    if not isinstance(data, dict) or "is" not in data:
        return data
    if data["is"] == _PLAIN:
        return data["of"]
    kind = _KINDS[data["is"]]
    fields = {name: from_json(item) for name, item in data.items() if name != "is"}
    return kind(*fields["calls"]) if kind in (Calls, UseTools) else kind(**fields)
