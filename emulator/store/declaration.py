"""The declaration of the tables, in SQLModel: one per noun that people would look for, and the journal.

Every object is kept once, as the document that the newest wire shows (`doc`); other columns exist only where a query
needs them. `seq` is the order of insertion, which is the order of every list. A deleted object keeps its row without
a document, because a cursor that names it still pages.

Only `emulator.store.generate` reads this module. What the server imports is `tables.py`, and on PostgreSQL
`postgres/schema.py`, which are generated from here: run ``python -m emulator.store.generate`` after a change. A change
of what a file holds also needs a new `SCHEMA_VERSION` and a step in `emulator.store.sqlite.migrations`, and in
`emulator.store.postgres.opening`.
"""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Index, LargeBinary, String, text
from sqlalchemy.types import JSON
from sqlmodel import Field, SQLModel

from emulator.domain.lifecycle import RUN, VECTOR_STORE_FILE, Machine, terminal

SCHEMA_VERSION: Final = 6


class Declaration(SQLModel):
    """A table. Nothing is ever read through it, so its validators are not built."""

    model_config = {"defer_build": True}


class ApiObject(Declaration):
    """What every object has. ns: the generation; id: unique there; deleted: only its place in the order is left."""

    seq: int | None = Field(default=None, primary_key=True)
    ns: str
    id: str
    deleted: bool = False


def _doc() -> Any:
    """A JSON object or list: SQLite would read a bare number back as a number, not as JSON."""
    return Field(default=None, sa_type=JSON, nullable=True)


def _heavy(sa_type: Any = String) -> Any:
    """A large column, which is read only when it is asked for.

    To be declared after the others: SQLite walks through all of a large column to reach the one behind it.
    """
    return Field(default=None, sa_type=sa_type, nullable=True, sa_column_kwargs={"info": {"heavy": True}})


def _owner() -> Any:
    """The id of the object with which the rows go: once that is deleted, no transaction sees them."""
    return Field(sa_column_kwargs={"info": {"owner": True}})


# Its rows carry the name of a namespace and stay when that is reset; those of all others carry a generation.
_STAYS: Final = {"info": {"stays": True}}


def _keys(name: str, *parents: str) -> Sequence[Index]:
    """Unique by id, and in order below each parent, or in the namespace where there is none."""
    in_order = [Index(f"{name}_by_{parent}", "ns", parent, "seq") for parent in parents]
    whole = [] if parents else [Index(f"{name}_in_order", "ns", "seq")]
    return (Index(f"{name}_by_id", "ns", "id", unique=True), *whole, *in_order)


def _unfinished(name: str, machine: Machine, *columns: str, unique: bool = False) -> Index:
    """What a restart resumes: rows whose status is not terminal.

    A partial index, so that finding them does not take longer the more rows are at rest. unique: no two of them have
    the same values in the columns.
    """
    statuses = ", ".join(f"'{status}'" for status in sorted(machine.keys() - terminal(machine)))
    condition = text(f"deleted = 0 AND status IN ({statuses})")
    return Index(f"{name}_unfinished", *columns, unique=unique, sqlite_where=condition, postgresql_where=condition)


def _ended_badly(name: str, machine: Machine, good: str) -> Index:
    """What people look for first: rows that came to an end, and not to the good one, in order.

    A partial index, so that it costs nothing to what ends well. The status is in it to be counted there.
    """
    statuses = ", ".join(f"'{status}'" for status in sorted(terminal(machine) - {good}))
    condition = text(f"status IN ({statuses})")
    return Index(f"{name}_ended_badly", "ns", "seq", "status", sqlite_where=condition, postgresql_where=condition)


class NamespaceRecord(Declaration, table=True):
    """An isolated namespace. config: seed, wire, pace and what else was chosen. clock, counters: where they stand.

    generation: what its objects have as their ns; NULL: its name. A reset begins another one, and the rows of the last
    are removed afterwards.
    """

    __tablename__ = "namespaces"
    __table_args__ = _STAYS
    ns: str = Field(primary_key=True)
    config: dict[str, Any] = _doc()
    clock: dict[str, Any] = _doc()
    counters: dict[str, int] = _doc()
    script_version: int = 0
    generation: str | None = None


class Removal(Declaration, table=True):
    """What is deleted, and still has rows. kind: the table of the owner with which they go; owner: "" for all of ns."""

    __tablename__ = "removals"
    ns: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    owner: str = Field(primary_key=True)


class ScriptMemory(Declaration, table=True):
    """What scripts remember: key "uses" -> {turn: times}; a scope's key -> {"state": …, "vars": …}.

    owner: what the memory is about: a thread, an assistant, the namespace.
    """

    __tablename__ = "script_memory"
    ns: str = Field(primary_key=True)
    owner: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    value: dict[str, Any] = _doc()


class ReportLine(Declaration, table=True):
    """Something a test should know: an unmatched run, drift, a failed check."""

    __tablename__ = "report"
    __table_args__ = (Index("report_in_order", "ns", "seq"),)
    seq: int | None = Field(default=None, primary_key=True)
    ns: str
    kind: str
    run_id: str | None = None
    doc: dict[str, Any] = _doc()


class Scripts(Declaration, table=True):
    """One version of a namespace's scripts; a suspended run keeps the version it began with."""

    __tablename__ = "scripts"
    __table_args__ = _STAYS
    ns: str = Field(primary_key=True)
    version: int = Field(primary_key=True)
    sources: list[dict[str, Any]] = _doc()


class Assistant(ApiObject, table=True):
    """An assistant."""

    __tablename__ = "assistants"
    __table_args__ = _keys("assistants")
    doc: dict[str, Any] | None = _doc()


class Thread(ApiObject, table=True):
    """A thread."""

    __tablename__ = "threads"
    __table_args__ = _keys("threads")
    doc: dict[str, Any] | None = _doc()


class Message(ApiObject, table=True):
    """A message of a thread; run_id where a run wrote it."""

    __tablename__ = "messages"
    __table_args__ = _keys("messages", "thread_id")
    thread_id: str = _owner()
    run_id: str | None = None
    doc: dict[str, Any] | None = _doc()


class Run(ApiObject, table=True):
    """A run of a thread, of which at most one is unfinished: that one locks it. Or a response, which is played alike.

    A response of a conversation locks that: it is its thread_id. Any other has its own id there, and locks nothing.
    waits_for: see `emulator.domain.waiting`; NULL while nothing holds it up. view: what the model saw. play: turn, its
    usage, and the script version it is played with. timeline: its status changes, oldest first: {status, at, cause}.
    """

    __tablename__ = "runs"
    __table_args__ = (
        *_keys("runs", "thread_id"),
        Index("runs_in_order", "ns", "seq"),
        _unfinished("runs", RUN, "ns", "thread_id", unique=True),
        _ended_badly("runs", RUN, "completed"),
    )
    thread_id: str = _owner()
    status: str
    waits_for: str | None = None
    doc: dict[str, Any] | None = _doc()
    view: dict[str, Any] | None = _heavy(JSON)
    play: dict[str, Any] | None = _heavy(JSON)
    timeline: list[dict[str, Any]] | None = _heavy(JSON)


class RunSignal(Declaration, table=True):
    """What was asked of a run that it has not taken yet. signal: of `emulator.domain.lifecycle`; data: what it says.

    Also where it is held and where it ends, which it does not take: see `emulator.engine.holds` and `scheduled_ends`.
    """

    __tablename__ = "run_signals"
    __table_args__ = (Index("run_signals_by_run_id", "ns", "run_id", "seq"),)
    seq: int | None = Field(default=None, primary_key=True)
    ns: str
    run_id: str
    signal: str
    data: dict[str, Any] | None = _doc()


class RunStep(ApiObject, table=True):
    """A step of a run. query: what a file search searched for, which its document does not say."""

    __tablename__ = "run_steps"
    __table_args__ = _keys("run_steps", "run_id")
    thread_id: str = _owner()
    run_id: str
    doc: dict[str, Any] | None = _doc()
    query: str | None = None


class KeptTurn(Declaration, table=True):
    """A turn of a thread that was deleted, for parity. place: of its run among all runs, by their seq; NULL: unknown.

    at: when it began, on the namespace's clock. doc: the turn as `emulator.domain.parity.records` has it. Only the
    newest are kept.
    """

    __tablename__ = "kept_turns"
    __table_args__ = (Index("kept_turns_in_order", "ns", "seq"),)
    seq: int | None = Field(default=None, primary_key=True)
    ns: str
    thread_id: str
    at: float
    place: int | None = None
    doc: dict[str, Any] = _doc()


class RunAction(Declaration, table=True):
    """The action log: what a run's script did and got back. progress: how far an action has come that is not done."""

    __tablename__ = "run_actions"
    ns: str = Field(primary_key=True)
    run_id: str = Field(primary_key=True)
    n: int = Field(primary_key=True)
    thread_id: str = _owner()
    action: dict[str, Any] = _doc()
    result: dict[str, Any] | None = _doc()
    done: bool = False
    progress: dict[str, Any] | None = _doc()


class Conversation(ApiObject, table=True):
    """A conversation."""

    __tablename__ = "conversations"
    __table_args__ = _keys("conversations")
    doc: dict[str, Any] | None = _doc()


class Item(ApiObject, table=True):
    """An item, as it was sent or written first: whoever sends its id later means this one.

    response_id: of the response that wrote it, or for which it was sent; NULL: it was added to a conversation.
    """

    __tablename__ = "items"
    __table_args__ = _keys("items")
    response_id: str | None = None
    doc: dict[str, Any] | None = _doc()


class ConversationItem(ApiObject, table=True):
    """An item's place in a conversation; its id is the conversation's and the item's, joined. doc: the item."""

    __tablename__ = "conversation_items"
    __table_args__ = _keys("conversation_items", "conversation_id")
    conversation_id: str
    doc: dict[str, Any] | None = _doc()


class ResponseEvent(Declaration, table=True):
    """An event of a response in the background, or consecutive deltas, for those who read its stream later.

    n: the number of the first, from 0. count: how many deltas; data holds their pieces then.
    """

    __tablename__ = "response_events"
    ns: str = Field(primary_key=True)
    response_id: str = Field(primary_key=True)
    n: int = Field(primary_key=True)
    count: int
    event: str
    data: dict[str, Any] = _doc()


class Container(ApiObject, table=True):
    """A container, in which the code interpreter of responses runs."""

    __tablename__ = "containers"
    __table_args__ = _keys("containers")
    doc: dict[str, Any] | None = _doc()


class ContainerFile(ApiObject, table=True):
    """A file in a container. blob: the name of its bytes."""

    __tablename__ = "container_files"
    __table_args__ = _keys("container_files", "container_id")
    container_id: str = _owner()
    blob: str
    doc: dict[str, Any] | None = _doc()


class File(ApiObject, table=True):
    """An uploaded or written file. blob: the name of its bytes. name: what a deleted one was called, for parity."""

    __tablename__ = "files"
    __table_args__ = _keys("files")
    purpose: str
    blob: str
    doc: dict[str, Any] | None = _doc()
    name: str | None = None


class VectorStore(ApiObject, table=True):
    """A vector store."""

    __tablename__ = "vector_stores"
    __table_args__ = _keys("vector_stores")
    doc: dict[str, Any] | None = _doc()


class VectorStoreFile(ApiObject, table=True):
    """A file in a vector store; its id is the store's and the file's, joined. text: what was read from it."""

    __tablename__ = "vector_store_files"
    __table_args__ = (
        *_keys("vector_store_files", "store_id", "batch_id", "file_id"),
        _unfinished("vector_store_files", VECTOR_STORE_FILE, "seq"),
    )
    store_id: str = _owner()
    file_id: str
    batch_id: str | None = None
    status: str
    doc: dict[str, Any] | None = _doc()
    text: str | None = _heavy()


class FileBatch(ApiObject, table=True):
    """A batch of files that go into a vector store together."""

    __tablename__ = "file_batches"
    __table_args__ = _keys("file_batches", "store_id")
    store_id: str = _owner()
    doc: dict[str, Any] | None = _doc()


class Upload(ApiObject, table=True):
    """A large file that arrives in parts."""

    __tablename__ = "uploads"
    __table_args__ = _keys("uploads")
    doc: dict[str, Any] | None = _doc()


class UploadPart(ApiObject, table=True):
    """A part of an upload. blob: the name of its bytes."""

    __tablename__ = "upload_parts"
    __table_args__ = _keys("upload_parts", "upload_id")
    upload_id: str = _owner()
    blob: str
    doc: dict[str, Any] | None = _doc()


class JournalEntry(Declaration, table=True):
    """A change of a status: of which object, when, to what and why. seq: counts from 1 in each namespace.

    It names the object and does not hold it: what that looks like now is in its own table. Only the newest are kept.
    """

    __tablename__ = "journal"
    __table_args__: Any = {"sqlite_with_rowid": False}  # small rows, which are only ever read in this order
    ns: str = Field(primary_key=True)
    seq: int = Field(primary_key=True)
    at: float
    event: str
    object_id: str
    status: str
    cause: str
    thread_id: str | None = None
    run_id: str | None = None


class RunProgress(Declaration, table=True):
    """How far a run has come that any process may go on with, as long as it is not over.

    state: due (a job for it waits or works), outside (its job waits for something else than the store), resting (its
    job waits for the clock, which comes there at once), paused (it has none).
    segment: how many segments were played; who finds another number than it has left there has been given up for dead.
    pauses, told: as `emulator.engine.pauses` and its transcript say it. status: of the run when it was paused.
    """

    __tablename__ = "run_progress"
    __table_args__ = (
        Index(
            "run_progress_busy",
            "ns",
            "thread_id",
            sqlite_where=text("state NOT IN ('paused', 'resting')"),
            postgresql_where=text("state NOT IN ('paused', 'resting')"),
        ),
    )
    ns: str = Field(primary_key=True)
    run_id: str = Field(primary_key=True)
    thread_id: str
    state: str
    segment: int = 0
    status: str | None = None
    pauses: dict[str, Any] | None = _doc()
    told: list[Any] | None = _doc()


class IngestionProgress(Declaration, table=True):
    """Files on their way into a vector store, as long as they have not been read. id: nothing but a name.

    state: due (a job for it waits or works), paused (the files are shown as in progress). batch_id: NULL: those that
    were added singly. until, polls: how far the showing has come, as `emulator.engine.ingestions` has it.
    """

    __tablename__ = "ingestion_progress"
    __table_args__ = (Index("ingestion_progress_by_store_id", "ns", "store_id"),)
    ns: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    store_id: str
    batch_id: str | None = None
    state: str
    until: float | None = None
    polls: int = 0


class IndexChange(Declaration, table=True):
    """The last change of a file in a vector store, which processes that search there have to look at.

    id: of the file's row. seq: the order of all changes in a namespace.
    """

    __tablename__ = "index_changes"
    __table_args__ = (Index("index_changes_by_store_id", "ns", "store_id"), Index("index_changes_by_id", "ns", "id"))
    seq: int | None = Field(default=None, primary_key=True)
    ns: str
    id: str
    store_id: str
    file_id: str


class Timer(Declaration, table=True):
    """A moment on the clock of a namespace at which something goes on. at: seconds since the epoch on that clock.

    owner: the id of a run or a vector store; "" for the job that looks which timers are due. kind: wait, expiry, job.
    is_delay: whether it ends a model's delay, which passes at once when the clock becomes auto.
    """

    __tablename__ = "timers"
    __table_args__ = (Index("timers_in_time", "ns", "at", "seq"), Index("timers_by_owner", "ns", "owner"))
    seq: int | None = Field(default=None, primary_key=True)
    ns: str
    owner: str
    kind: str
    at: float
    is_delay: bool = False


class SnapshotRecord(Declaration, table=True):
    """A snapshot that the server keeps. blob: the name of its bytes; size: how many. doc: what it says of itself.

    deleted: never; bytes are held by what is not deleted.
    """

    __tablename__ = "kept_snapshots"
    __table_args__: Any = (Index("kept_snapshots_by_name", "ns", "name", unique=True), _STAYS)
    seq: int | None = Field(default=None, primary_key=True)
    ns: str
    name: str
    blob: str
    size: int
    deleted: bool = False
    doc: dict[str, Any] = _doc()


class Facet(Declaration, table=True):
    """What one process keeps in memory of a namespace beside its documents. kind: what it is, as `engine.facets` says.

    key: of what it is where there are several, such as a thread; else "". ns: "" for what belongs to no namespace.
    """

    __tablename__ = "facets"
    ns: str = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    doc: dict[str, Any] = _doc()


class StreamFollower(Declaration, table=True):
    """Somebody who follows a namespace, or one run in it, in some process. streams: a client reads it as its stream.

    ns: the name of the namespace. process: whose it is, and seen: when that last said so, by the database's clock.
    position: the place up to which it has read the entries. is_awaited: the run waits for it to read more.
    """

    __tablename__ = "stream_followers"
    __table_args__: Any = (
        Index("stream_followers_by_run", "ns", "run_id"),
        Index("stream_followers_by_process", "process"),
        _STAYS,
    )
    id: str = Field(primary_key=True)
    process: str
    ns: str
    run_id: str | None = None
    streams: bool = False
    position: int
    is_awaited: bool = False
    seen: float


class StreamEntry(Declaration, table=True):
    """An event for those who follow, in any process. data: what it shows; template and pieces of consecutive deltas.

    ns: the name of the namespace. change: of a status, with its number in the journal. They are gone as soon as nobody
    has to read them any more, but a crash of the database loses none: streams that are open then go on.
    """

    __tablename__ = "stream_entries"
    __table_args__: Any = (Index("stream_entries_in_order", "ns", "seq"), _STAYS)
    seq: int | None = Field(default=None, primary_key=True)
    ns: str
    thread_id: str | None = None
    run_id: str | None = None
    event: str
    data: dict[str, Any] = _doc()
    change: dict[str, Any] | None = _doc()


class ReplicaRecord(Declaration, table=True):
    """A process that works on this database. heartbeat: when it was seen last, on the database's clock.

    setup: what all that work at the same time must have alike, by names.
    """

    __tablename__ = "replicas"
    seq: int | None = Field(default=None, primary_key=True)
    role: str
    heartbeat: float
    setup: dict[str, str] = _doc()


class RequestLogRecord(Declaration, table=True):
    """The request log of a generation. total: requests that it has had; kept: those that are still there.

    bytes: of their contents. bare: the number up to which these are gone. The row is what writers of a log wait for,
    so that numbers are seen in their order.
    """

    __tablename__ = "request_logs"
    ns: str = Field(primary_key=True)
    total: int
    kept: int
    bytes: int
    bare: int = 0


class RequestRecord(Declaration, table=True):
    """A request in a log. ended: on the database's clock. size: of its contents, which may be gone."""

    __tablename__ = "logged_requests"
    __table_args__ = (Index("logged_requests_in_order", "ns", "seq"),)
    seq: int | None = Field(default=None, primary_key=True)
    ns: str
    ended: float
    size: int
    about: bytes
    contents: bytes | None = _heavy(LargeBinary)


class CoverageRecord(Declaration, table=True):
    """What clients met in a namespace; of "", in those that are gone.

    replica: 0, or the process of which streams that are under way have shown it.
    """

    __tablename__ = "state_coverage"
    __table_args__ = _STAYS
    ns: str = Field(primary_key=True)
    replica: int = Field(primary_key=True)
    counts: dict[str, Any] = _doc()


# What of these is deleted like `OF_A_NAMESPACE`; of the others, whoever writes them takes care.
SHARED_OF_A_NAMESPACE: Final = (RunProgress, IngestionProgress, IndexChange, Timer, Facet)
# What several processes on one database share, beside the documents. Only PostgreSQL has these tables.
SHARED: Final = (
    RunProgress,
    IngestionProgress,
    IndexChange,
    Timer,
    StreamFollower,
    StreamEntry,
    ReplicaRecord,
    RequestLogRecord,
    RequestRecord,
    CoverageRecord,
    Facet,
    SnapshotRecord,
)

# What is deleted when a namespace is reset (its row and its scripts stay), children before parents.
OF_A_NAMESPACE: Final = (
    JournalEntry, ReportLine, ScriptMemory, KeptTurn, RunSignal, RunAction, RunStep, Run, Message, Thread, Assistant,
    ResponseEvent, ConversationItem, Conversation, Item, ContainerFile, Container,
    VectorStoreFile, FileBatch, VectorStore, UploadPart, Upload, File,
)  # fmt: skip
