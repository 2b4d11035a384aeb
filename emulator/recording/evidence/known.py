"""What a recording shows of one object of the API each: it grows while the recording is read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from emulator.recording.evidence.order import Order

Doc = Mapping[str, Any]
FINAL: Final = frozenset({"completed", "failed", "cancelled", "expired", "incomplete"})
_WRITTEN: Final = frozenset({"completed", "incomplete"})


@dataclass(frozen=True, slots=True)
class Where:
    """Where something is shown. source: the number of the recording. file: its name. line: None for an export."""

    source: int = 0
    file: str = ""
    line: int | None = None

    def __str__(self) -> str:
        return self.file if self.line is None else f"{self.file}:{self.line}"


@dataclass(slots=True)
class Pieces:
    """A text as it came in a stream.

    times: when each piece came, in seconds since the request, where that is known. since: when what came before the
    first piece had come.
    """

    texts: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    since: float | None = None

    @property
    def text(self) -> str:
        """The pieces together."""
        return "".join(self.texts)

    def add(self, text: str, time: float | None, since: float | None) -> None:
        """Take in the next piece; empty ones count for nothing."""
        if not text:
            return
        if not self.texts:
            self.since = since
        self.texts.append(text)
        if time is not None:
            self.times.append(time)


@dataclass(slots=True)
class KnownFile:
    """A file. made: uploaded within the recording. by_model: code has written or drawn it."""

    id: str
    name: str | None = None
    purpose: str | None = None
    content: bytes | None = None
    made: bool = False
    by_model: bool = False


@dataclass(slots=True)
class KnownAssistant:
    """An assistant, as it was last seen. made: within the recording. history: (position, document), oldest first."""

    id: str
    history: list[tuple[int, Doc]] = field(default_factory=list)
    made: bool = False

    def at(self, position: int | None) -> Doc:
        """Return what it was at a position: as it was seen last before it, else as it was seen first."""
        if not self.history:
            return {}
        earlier = [document for place, document in self.history if position is None or place <= position]
        return earlier[-1] if earlier else self.history[0][1]


@dataclass(slots=True)
class Streamed:
    """What the stream of a message has shown. pieces, refusal, images: by the index of the part."""

    pieces: dict[int, Pieces] = field(default_factory=dict)
    refusal: dict[int, Pieces] = field(default_factory=dict)
    images: dict[int, str] = field(default_factory=dict)
    annotations: list[Doc] = field(default_factory=list)


@dataclass(slots=True)
class KnownMessage:
    """A message. key: its id, or a number of our own where only a request shows it.

    position, where: of the exchange that showed it first. posted: of the request that made it. streamed: what its
    stream has shown, where it had one. at_rest: whether it was shown when its run had ended. order: its place in the
    thread, once everything is read.
    """

    key: str
    position: int
    where: Where = field(default_factory=Where)
    role: str = "user"
    created_at: float | None = None
    run_id: str | None = None
    document: Doc = field(default_factory=dict)
    posted: int | None = None
    deleted: bool = False
    streamed: Streamed | None = None
    at_rest: bool = False
    order: int = 0

    def forget_stream(self) -> None:
        """Forget what its stream has shown."""
        self.streamed = None

    @property
    def stream(self) -> Streamed:
        """What its stream has shown, to be added to."""
        if self.streamed is None:
            self.streamed = Streamed()
        return self.streamed

    @property
    def pieces(self) -> Mapping[int, Pieces]:
        """The pieces of its texts, by the index of the part."""
        return self.streamed.pieces if self.streamed else {}

    @property
    def refusal(self) -> Mapping[int, Pieces]:
        """The pieces of its refusal, by the index of the part."""
        return self.streamed.refusal if self.streamed else {}

    @property
    def images(self) -> Mapping[int, str]:
        """The images of its stream, by the index of the part."""
        return self.streamed.images if self.streamed else {}

    @property
    def annotations(self) -> Sequence[Doc]:
        """The annotations of its stream."""
        return self.streamed.annotations if self.streamed else ()

    def pieces_at(self, index: int) -> Pieces:
        """Return the pieces of a part's text."""
        return self.stream.pieces.setdefault(index, Pieces())

    def refusal_at(self, index: int) -> Pieces:
        """Return the pieces of a part's refusal."""
        return self.stream.refusal.setdefault(index, Pieces())

    @property
    def parts(self) -> Sequence[Doc]:
        """The parts of its content; none where only its stream is known."""
        content: str | Sequence[Doc] = self.document.get("content") or ()
        return ({"type": "text", "text": content},) if isinstance(content, str) else content

    @property
    def text(self) -> str:
        """Its text parts as a model is given them, one below the other."""
        return "\n".join(texts_of(self.parts))

    @property
    def is_empty(self) -> bool:
        """Whether its content is known, and is nothing: one that is being written begins so."""
        status = self.document.get("status")
        return self.document.get("content") == [] and (status in _WRITTEN or (status is None and self.at_rest))

    @property
    def files(self) -> Iterator[str]:
        """The ids of the files that are attached to it, in either version of the API."""
        yield from (one["file_id"] for one in self.document.get("attachments", ()) if "file_id" in one)
        yield from self.document.get("file_ids", ())


def texts_of(parts: Sequence[Doc]) -> list[str]:
    """Return the texts of a content, in requests and in answers alike."""
    texts = [part["text"] for part in parts if part.get("type") == "text" and "text" in part]
    return [text if isinstance(text, str) else text.get("value", "") for text in texts]


@dataclass(slots=True)
class KnownCall:
    """A call of a tool as a stream's deltas put it together. grows: the field of the text that comes in pieces."""

    document: dict[str, Any] = field(default_factory=dict)
    pieces: Pieces = field(default_factory=Pieces)
    grows: str | None = None

    @property
    def shown(self) -> Doc:
        """The call as far as it came."""
        kind = self.document.get("type", "")
        inner = "function" if kind == "openapi" else kind
        if self.grows is None:
            return self.document
        own = self.document.get(inner)
        if isinstance(own, dict):
            return {**self.document, inner: {**own, self.grows: self.pieces.text}}
        return {**self.document, self.grows: self.pieces.text}


@dataclass(slots=True)
class KnownStep:
    """A step of a run. streamed: its calls by their index, as they came in a stream."""

    id: str
    position: int
    type: str = ""
    created_at: float | None = None
    document: Doc = field(default_factory=dict)
    streamed: dict[int, KnownCall] = field(default_factory=dict)

    @property
    def message_id(self) -> str | None:
        """The message that it created; None for a step with calls."""
        made: Doc = self.document.get("step_details", {}).get("message_creation", {})
        return made.get("message_id")

    @property
    def calls(self) -> list[Doc]:
        """Its calls, as far as they are known."""
        shown: list[Doc] = self.document.get("step_details", {}).get("tool_calls", [])
        if not shown:
            return [call.shown for _, call in sorted(self.streamed.items()) if "type" in call.document]
        return [self._with_deltas(place, call) for place, call in enumerate(shown)]

    def _with_deltas(self, place: int, call: Doc) -> Doc:
        """Return a call with what its deltas alone have shown, as of one that was approved when its step was closed."""
        streamed = self.streamed.get(place)
        if streamed is None or streamed.document.get("id", call.get("id")) != call.get("id"):
            return call
        return dict(richer(streamed.shown, call))


@dataclass(slots=True)
class Batch:
    """Calls that a run asked to be answered together. at: when that was seen. kind: how they are answered."""

    calls: list[Doc]
    position: int
    at: float | None
    kind: str


@dataclass(frozen=True, slots=True)
class StreamError:
    """An error of the server that a stream ended in. error: as it was sent. after: how many events came before it.

    path: of the request, as faults match it. where: the request stands.
    """

    error: Doc
    after: int
    path: str
    where: Where


@dataclass(slots=True)
class KnownRun:
    """A run.

    sources: of the recordings that show it, their numbers. where: the request that made it, else what shows it first.
    created: position of the request that made it. began_at: when that was sent. prompt: the text of the last user
    message when it began. files: ids of those that were attached then. streamed: whether its beginning was.
    steps_whole, texts_whole: whether nothing can be missing of its steps, its messages. stand_in: known by name only.
    """

    id: str
    thread: "KnownThread"
    position: int
    where: Where
    sources: list[int] = field(default_factory=list)
    created: int | None = None
    began_at: float | None = None
    body: Doc = field(default_factory=dict)
    first: Doc = field(default_factory=dict)
    document: dict[str, Any] = field(default_factory=dict)
    statuses: list[str] = field(default_factory=list)
    ended: int | None = None
    batches: list[Batch] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)
    cancelled: bool = False
    must_be: str | None = None
    polls: int = 0
    steps: dict[str, KnownStep] = field(default_factory=dict)
    step_order: Order = field(default_factory=Order)
    messages: dict[str, KnownMessage] = field(default_factory=dict)
    streamed: bool = False
    stream_ended: bool = False
    cut: bool = False
    steps_whole: bool = False
    texts_whole: bool = False
    stream_error: StreamError | None = None
    prompt: KnownMessage | None = None
    files: tuple[str, ...] = ()
    stand_in: bool = False

    @property
    def status(self) -> str | None:
        """How it ended, or where it was last seen; None where nothing shows that."""
        return self.statuses[-1] if self.statuses else self.must_be

    @property
    def end(self) -> str | None:
        """How it ended; None where the recording does not show it."""
        if self.status in FINAL:
            return self.status
        return self.must_be if self.must_be in FINAL else None

    @property
    def line(self) -> int | None:
        """The line of its file where it is shown."""
        return self.where.line

    @property
    def created_at(self) -> float | None:
        """When it was made, by the service's clock."""
        return stamp(self.document.get("created_at"))


@dataclass(slots=True)
class KnownThread:
    """A thread.

    made: within the recording. users: messages of users in the order in which requests made them. written: messages
    that requests made together with something else.
    open_runs: those of which messages may be missing.
    """

    id: str
    position: int
    document: Doc = field(default_factory=dict)
    sources: list[int] = field(default_factory=list)
    made: bool = False
    messages: dict[str, KnownMessage] = field(default_factory=dict)
    order: Order = field(default_factory=Order)
    runs: dict[str, KnownRun] = field(default_factory=dict)
    run_order: Order = field(default_factory=Order)
    open_runs: dict[str, KnownRun] = field(default_factory=dict)
    users: list[KnownMessage] = field(default_factory=list)
    written: list[KnownMessage] = field(default_factory=list)
    files: dict[str, None] = field(default_factory=dict)

    @property
    def last_user(self) -> KnownMessage | None:
        """The newest message of a user that a request has made, and none has deleted."""
        while self.users and self.users[-1].deleted:
            self.users.pop()
        return self.users[-1] if self.users else None


def stamp(value: Any) -> float | None:
    """Return a time stamp; None for anything else."""
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def richer(old: Any, new: Any) -> Any:
    """Return what two sights of the same value show together: the newer one, where it shows anything."""
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **{name: richer(old.get(name), value) for name, value in new.items()}}
    if isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        return [richer(*pair) for pair in zip(old, new, strict=True)]
    return old if new is None or (new in ("", [], {}) and old is not None) else new
