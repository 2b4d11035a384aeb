"""The tables in SQLite. Generated from `declaration.py` by ``python -m emulator.store.generate``: do not edit."""

from typing import Final

from emulator.store.table import Table

SCHEMA_VERSION: Final = 6

# An isolated namespace. config: seed, wire, pace and what else was chosen. clock, counters: where they stand.
#
# generation: what its objects have as their ns; NULL: its name. A reset begins another one, and the rows of the last
# are removed afterwards.
NamespaceRecord: Final = Table(
    name="namespaces",
    columns=("ns", "config", "clock", "counters", "script_version", "generation"),
    json=("config", "clock", "counters"),
    defaults={"script_version": 0},
    key=("ns",),
    stays=True,
    ddl=(
        """CREATE TABLE namespaces (
    ns VARCHAR NOT NULL,
    config JSON,
    clock JSON,
    counters JSON,
    script_version INTEGER NOT NULL,
    generation VARCHAR,
    PRIMARY KEY (ns)
)""",
    ),
)

# What is deleted, and still has rows. kind: the table of the owner with which they go; owner: "" for all of ns.
Removal: Final = Table(
    name="removals",
    columns=("ns", "kind", "owner"),
    key=("ns", "kind", "owner"),
    ddl=(
        """CREATE TABLE removals (
    ns VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    owner VARCHAR NOT NULL,
    PRIMARY KEY (ns, kind, owner)
)""",
    ),
)

# What scripts remember: key "uses" -> {turn: times}; a scope's key -> {"state": …, "vars": …}.
#
# owner: what the memory is about: a thread, an assistant, the namespace.
ScriptMemory: Final = Table(
    name="script_memory",
    columns=("ns", "owner", "key", "value"),
    json=("value",),
    key=("ns", "owner", "key"),
    ddl=(
        """CREATE TABLE script_memory (
    ns VARCHAR NOT NULL,
    owner VARCHAR NOT NULL,
    "key" VARCHAR NOT NULL,
    value JSON,
    PRIMARY KEY (ns, owner, "key")
)""",
    ),
)

# Something a test should know: an unmatched run, drift, a failed check.
ReportLine: Final = Table(
    name="report",
    columns=("seq", "ns", "kind", "run_id", "doc"),
    json=("doc",),
    key=("seq",),
    in_order="report_in_order",
    ddl=(
        """CREATE TABLE report (
    seq INTEGER NOT NULL,
    ns VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    run_id VARCHAR,
    doc JSON,
    PRIMARY KEY (seq)
)""",
        "CREATE INDEX report_in_order ON report (ns, seq)",
    ),
)

# One version of a namespace's scripts; a suspended run keeps the version it began with.
Scripts: Final = Table(
    name="scripts",
    columns=("ns", "version", "sources"),
    json=("sources",),
    key=("ns", "version"),
    stays=True,
    ddl=(
        """CREATE TABLE scripts (
    ns VARCHAR NOT NULL,
    version INTEGER NOT NULL,
    sources JSON,
    PRIMARY KEY (ns, version)
)""",
    ),
)

# An assistant.
Assistant: Final = Table(
    name="assistants",
    columns=("seq", "ns", "id", "deleted", "doc"),
    json=("doc",),
    booleans=("deleted",),
    defaults={"deleted": False},
    key=("seq",),
    in_order="assistants_in_order",
    ddl=(
        """CREATE TABLE assistants (
    seq INTEGER NOT NULL,
    ns VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    deleted BOOLEAN NOT NULL,
    doc JSON,
    PRIMARY KEY (seq)
)""",
        "CREATE UNIQUE INDEX assistants_by_id ON assistants (ns, id)",
        "CREATE INDEX assistants_in_order ON assistants (ns, seq)",
    ),
)

# A thread.
Thread: Final = Table(
    name="threads",
    columns=("seq", "ns", "id", "deleted", "doc"),
    json=("doc",),
    booleans=("deleted",),
    defaults={"deleted": False},
    key=("seq",),
    in_order="threads_in_order",
    ddl=(
        """CREATE TABLE threads (
    seq INTEGER NOT NULL,
    ns VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    deleted BOOLEAN NOT NULL,
    doc JSON,
    PRIMARY KEY (seq)
)""",
        "CREATE UNIQUE INDEX threads_by_id ON threads (ns, id)",
        "CREATE INDEX threads_in_order ON threads (ns, seq)",
    ),
)

# A message of a thread; run_id where a run wrote it.
Message: Final = Table(
    name="messages",
    columns=("seq", "ns", "id", "deleted", "thread_id", "run_id", "doc"),
    json=("doc",),
    booleans=("deleted",),
    defaults={"deleted": False},
    key=("seq",),
    in_order="messages_by_thread_id",
    owner="thread_id",
    ddl=(
        """CREATE TABLE messages (
    seq INTEGER NOT NULL,
    ns VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    deleted BOOLEAN NOT NULL,
    thread_id VARCHAR NOT NULL,
    run_id VARCHAR,
    doc JSON,
    PRIMARY KEY (seq)
)""",
        "CREATE UNIQUE INDEX messages_by_id ON messages (ns, id)",
        "CREATE INDEX messages_by_thread_id ON messages (ns, thread_id, seq)",
    ),
)

# A run of a thread, of which at most one is unfinished: that one locks it. Or a response, which is played alike.
#
# A response of a conversation locks that: it is its thread_id. Any other has its own id there, and locks nothing.
# waits_for: see `emulator.domain.waiting`; NULL while nothing holds it up. view: what the model saw. play: turn, its
# usage, and the script version it is played with. timeline: its status changes, oldest first: {status, at, cause}.
Run: Final = Table(
    name="runs",
    columns=("seq", "ns", "id", "deleted", "thread_id", "status", "waits_for", "doc", "view", "play", "timeline"),
    json=("doc", "view", "play", "timeline"),
    booleans=("deleted",),
    defaults={"deleted": False},
    key=("seq",),
    heavy=("view", "play", "timeline"),
    in_order="runs_by_thread_id",
    owner="thread_id",
    ended_badly="status IN ('cancelled', 'expired', 'failed', 'incomplete')",
    unfinished="deleted = 0 AND status IN ('cancelling', 'in_progress', 'queued', 'requires_action')",
    ddl=(
        """CREATE TABLE runs (
    seq INTEGER NOT NULL,
    ns VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    deleted BOOLEAN NOT NULL,
    thread_id VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    waits_for VARCHAR,
    doc JSON,
    "view" JSON,
    play JSON,
    timeline JSON,
    PRIMARY KEY (seq)
)""",
        "CREATE UNIQUE INDEX runs_by_id ON runs (ns, id)",
        "CREATE INDEX runs_by_thread_id ON runs (ns, thread_id, seq)",
        """CREATE INDEX runs_ended_badly ON runs (ns, seq, status)
    WHERE status IN ('cancelled', 'expired', 'failed', 'incomplete')""",
        "CREATE INDEX runs_in_order ON runs (ns, seq)",
        """CREATE UNIQUE INDEX runs_unfinished ON runs (ns, thread_id)
    WHERE deleted = 0 AND status IN ('cancelling', 'in_progress', 'queued', 'requires_action')""",
    ),
)

# What was asked of a run that it has not taken yet. signal: of `emulator.domain.lifecycle`; data: what it says.
#
# Also where it is held and where it ends, which it does not take: see `emulator.engine.holds` and `scheduled_ends`.
RunSignal: Final = Table(
    name="run_signals",
    columns=("seq", "ns", "run_id", "signal", "data"),
    json=("data",),
    key=("seq",),
    in_order="run_signals_by_run_id",
    ddl=(
        """CREATE TABLE run_signals (
    seq INTEGER NOT NULL,
    ns VARCHAR NOT NULL,
    run_id VARCHAR NOT NULL,
    signal VARCHAR NOT NULL,
    data JSON,
    PRIMARY KEY (seq)
)""",
        "CREATE INDEX run_signals_by_run_id ON run_signals (ns, run_id, seq)",
    ),
)

# A step of a run. query: what a file search searched for, which its document does not say.
RunStep: Final = Table(
    name="run_steps",
    columns=("seq", "ns", "id", "deleted", "thread_id", "run_id", "doc", "query"),
    json=("doc",),
    booleans=("deleted",),
    defaults={"deleted": False},
    key=("seq",),
    in_order="run_steps_by_run_id",
    owner="thread_id",
    ddl=(
        """CREATE TABLE run_steps (
    seq INTEGER NOT NULL,
    ns VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    deleted BOOLEAN NOT NULL,
    thread_id VARCHAR NOT NULL,
    run_id VARCHAR NOT NULL,
    doc JSON,
    "query" VARCHAR,
    PRIMARY KEY (seq)
)""",
        "CREATE UNIQUE INDEX run_steps_by_id ON run_steps (ns, id)",
        "CREATE INDEX run_steps_by_run_id ON run_steps (ns, run_id, seq)",
    ),
)

# A turn of a thread that was deleted, for parity. place: of its run among all runs, by their seq; NULL: unknown.
#
# at: when it began, on the namespace's clock. doc: the turn as `emulator.domain.parity.records` has it. Only the
# newest are kept.
KeptTurn: Final = Table(
    name="kept_turns",
    columns=("seq", "ns", "thread_id", "at", "place", "doc"),
    json=("doc",),
    key=("seq",),
    in_order="kept_turns_in_order",
    ddl=(
        """CREATE TABLE kept_turns (
    seq INTEGER NOT NULL,
    ns VARCHAR NOT NULL,
    thread_id VARCHAR NOT NULL,
    at FLOAT NOT NULL,
    place INTEGER,
    doc JSON,
    PRIMARY KEY (seq)
)""",
        "CREATE INDEX kept_turns_in_order ON kept_turns (ns, seq)",
    ),
)

# The action log: what a run's script did and got back. progress: how far an action has come that is not done.
RunAction: Final = Table(
    name="run_actions",
    columns=("ns", "run_id", "n", "thread_id", "action", "result", "done", "progress"),
    json=("action", "result", "progress"),
    booleans=("done",),
    defaults={"done": False},
    key=("ns", "run_id", "n"),
    owner="thread_id",
    ddl=(
        """CREATE TABLE run_actions (
    ns VARCHAR NOT NULL,
    run_id VARCHAR NOT NULL,
    n INTEGER NOT NULL,
    thread_id VARCHAR NOT NULL,
    action JSON,
    result JSON,
    done BOOLEAN NOT NULL,
    progress JSON,
    PRIMARY KEY (ns, run_id, n)
)""",
    ),
)

# A conversation.
Conversation: Final = Table(
    name="conversations",
    columns=("seq", "ns", "id", "deleted", "doc"),
    json=("doc",),
    booleans=("deleted",),
    defaults={"deleted": False},
    key=("seq",),
    in_order="conversations_in_order",
    ddl=(
        """CREATE TABLE conversations (
    seq INTEGER NOT NULL,
    ns VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    deleted BOOLEAN NOT NULL,
    doc JSON,
    PRIMARY KEY (seq)
)""",
        "CREATE UNIQUE INDEX conversations_by_id ON conversations (ns, id)",
        "CREATE INDEX conversations_in_order ON conversations (ns, seq)",
    ),
)

# An item, as it was sent or written first: whoever sends its id later means this one.
#
# response_id: of the response that wrote it, or for which it was sent; NULL: it was added to a conversation.
Item: Final = Table(
    name="items",
    columns=("seq", "ns", "id", "deleted", "response_id", "doc"),
    json=("doc",),
    booleans=("deleted",),
    defaults={"deleted": False},
    key=("seq",),
    in_order="items_in_order",
    ddl=(
        """CREATE TABLE items (
    seq INTEGER NOT NULL,
    ns VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    deleted BOOLEAN NOT NULL,
    response_id VARCHAR,
    doc JSON,
    PRIMARY KEY (seq)
)""",
        "CREATE UNIQUE INDEX items_by_id ON items (ns, id)",
        "CREATE INDEX items_in_order ON items (ns, seq)",
    ),
)

# An item's place in a conversation; its id is the conversation's and the item's, joined. doc: the item.
ConversationItem: Final = Table(
    name="conversation_items",
    columns=("seq", "ns", "id", "deleted", "conversation_id", "doc"),
    json=("doc",),
    booleans=("deleted",),
    defaults={"deleted": False},
    key=("seq",),
    in_order="conversation_items_by_conversation_id",
    ddl=(
        """CREATE TABLE conversation_items (
    seq INTEGER NOT NULL,
    ns VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    deleted BOOLEAN NOT NULL,
    conversation_id VARCHAR NOT NULL,
    doc JSON,
    PRIMARY KEY (seq)
)""",
        "CREATE INDEX conversation_items_by_conversation_id ON conversation_items (ns, conversation_id, seq)",
        "CREATE UNIQUE INDEX conversation_items_by_id ON conversation_items (ns, id)",
    ),
)

# An event of a response in the background, or consecutive deltas, for those who read its stream later.
#
# n: the number of the first, from 0. count: how many deltas; data holds their pieces then.
ResponseEvent: Final = Table(
    name="response_events",
    columns=("ns", "response_id", "n", "count", "event", "data"),
    json=("data",),
    key=("ns", "response_id", "n"),
    ddl=(
        """CREATE TABLE response_events (
    ns VARCHAR NOT NULL,
    response_id VARCHAR NOT NULL,
    n INTEGER NOT NULL,
    count INTEGER NOT NULL,
    event VARCHAR NOT NULL,
    data JSON,
    PRIMARY KEY (ns, response_id, n)
)""",
    ),
)

# A container, in which the code interpreter of responses runs.
Container: Final = Table(
    name="containers",
    columns=("seq", "ns", "id", "deleted", "doc"),
    json=("doc",),
    booleans=("deleted",),
    defaults={"deleted": False},
    key=("seq",),
    in_order="containers_in_order",
    ddl=(
        """CREATE TABLE containers (
    seq INTEGER NOT NULL,
    ns VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    deleted BOOLEAN NOT NULL,
    doc JSON,
    PRIMARY KEY (seq)
)""",
        "CREATE UNIQUE INDEX containers_by_id ON containers (ns, id)",
        "CREATE INDEX containers_in_order ON containers (ns, seq)",
    ),
)

# A file in a container. blob: the name of its bytes.
ContainerFile: Final = Table(
    name="container_files",
    columns=("seq", "ns", "id", "deleted", "container_id", "blob", "doc"),
    json=("doc",),
    booleans=("deleted",),
    defaults={"deleted": False},
    key=("seq",),
    in_order="container_files_by_container_id",
    owner="container_id",
    ddl=(
        """CREATE TABLE container_files (
    seq INTEGER NOT NULL,
    ns VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    deleted BOOLEAN NOT NULL,
    container_id VARCHAR NOT NULL,
    blob VARCHAR NOT NULL,
    doc JSON,
    PRIMARY KEY (seq)
)""",
        "CREATE INDEX container_files_by_container_id ON container_files (ns, container_id, seq)",
        "CREATE UNIQUE INDEX container_files_by_id ON container_files (ns, id)",
    ),
)

# An uploaded or written file. blob: the name of its bytes. name: what a deleted one was called, for parity.
File: Final = Table(
    name="files",
    columns=("seq", "ns", "id", "deleted", "purpose", "blob", "doc", "name"),
    json=("doc",),
    booleans=("deleted",),
    defaults={"deleted": False},
    key=("seq",),
    in_order="files_in_order",
    ddl=(
        """CREATE TABLE files (
    seq INTEGER NOT NULL,
    ns VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    deleted BOOLEAN NOT NULL,
    purpose VARCHAR NOT NULL,
    blob VARCHAR NOT NULL,
    doc JSON,
    name VARCHAR,
    PRIMARY KEY (seq)
)""",
        "CREATE UNIQUE INDEX files_by_id ON files (ns, id)",
        "CREATE INDEX files_in_order ON files (ns, seq)",
    ),
)

# A vector store.
VectorStore: Final = Table(
    name="vector_stores",
    columns=("seq", "ns", "id", "deleted", "doc"),
    json=("doc",),
    booleans=("deleted",),
    defaults={"deleted": False},
    key=("seq",),
    in_order="vector_stores_in_order",
    ddl=(
        """CREATE TABLE vector_stores (
    seq INTEGER NOT NULL,
    ns VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    deleted BOOLEAN NOT NULL,
    doc JSON,
    PRIMARY KEY (seq)
)""",
        "CREATE UNIQUE INDEX vector_stores_by_id ON vector_stores (ns, id)",
        "CREATE INDEX vector_stores_in_order ON vector_stores (ns, seq)",
    ),
)

# A file in a vector store; its id is the store's and the file's, joined. text: what was read from it.
VectorStoreFile: Final = Table(
    name="vector_store_files",
    columns=("seq", "ns", "id", "deleted", "store_id", "file_id", "batch_id", "status", "doc", "text"),
    json=("doc",),
    booleans=("deleted",),
    defaults={"deleted": False},
    key=("seq",),
    heavy=("text",),
    in_order="vector_store_files_by_batch_id",
    owner="store_id",
    unfinished="deleted = 0 AND status IN ('in_progress')",
    ddl=(
        """CREATE TABLE vector_store_files (
    seq INTEGER NOT NULL,
    ns VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    deleted BOOLEAN NOT NULL,
    store_id VARCHAR NOT NULL,
    file_id VARCHAR NOT NULL,
    batch_id VARCHAR,
    status VARCHAR NOT NULL,
    doc JSON,
    text VARCHAR,
    PRIMARY KEY (seq)
)""",
        "CREATE INDEX vector_store_files_by_batch_id ON vector_store_files (ns, batch_id, seq)",
        "CREATE INDEX vector_store_files_by_file_id ON vector_store_files (ns, file_id, seq)",
        "CREATE UNIQUE INDEX vector_store_files_by_id ON vector_store_files (ns, id)",
        "CREATE INDEX vector_store_files_by_store_id ON vector_store_files (ns, store_id, seq)",
        """CREATE INDEX vector_store_files_unfinished ON vector_store_files (seq)
    WHERE deleted = 0 AND status IN ('in_progress')""",
    ),
)

# A batch of files that go into a vector store together.
FileBatch: Final = Table(
    name="file_batches",
    columns=("seq", "ns", "id", "deleted", "store_id", "doc"),
    json=("doc",),
    booleans=("deleted",),
    defaults={"deleted": False},
    key=("seq",),
    in_order="file_batches_by_store_id",
    owner="store_id",
    ddl=(
        """CREATE TABLE file_batches (
    seq INTEGER NOT NULL,
    ns VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    deleted BOOLEAN NOT NULL,
    store_id VARCHAR NOT NULL,
    doc JSON,
    PRIMARY KEY (seq)
)""",
        "CREATE UNIQUE INDEX file_batches_by_id ON file_batches (ns, id)",
        "CREATE INDEX file_batches_by_store_id ON file_batches (ns, store_id, seq)",
    ),
)

# A large file that arrives in parts.
Upload: Final = Table(
    name="uploads",
    columns=("seq", "ns", "id", "deleted", "doc"),
    json=("doc",),
    booleans=("deleted",),
    defaults={"deleted": False},
    key=("seq",),
    in_order="uploads_in_order",
    ddl=(
        """CREATE TABLE uploads (
    seq INTEGER NOT NULL,
    ns VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    deleted BOOLEAN NOT NULL,
    doc JSON,
    PRIMARY KEY (seq)
)""",
        "CREATE UNIQUE INDEX uploads_by_id ON uploads (ns, id)",
        "CREATE INDEX uploads_in_order ON uploads (ns, seq)",
    ),
)

# A part of an upload. blob: the name of its bytes.
UploadPart: Final = Table(
    name="upload_parts",
    columns=("seq", "ns", "id", "deleted", "upload_id", "blob", "doc"),
    json=("doc",),
    booleans=("deleted",),
    defaults={"deleted": False},
    key=("seq",),
    in_order="upload_parts_by_upload_id",
    owner="upload_id",
    ddl=(
        """CREATE TABLE upload_parts (
    seq INTEGER NOT NULL,
    ns VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    deleted BOOLEAN NOT NULL,
    upload_id VARCHAR NOT NULL,
    blob VARCHAR NOT NULL,
    doc JSON,
    PRIMARY KEY (seq)
)""",
        "CREATE UNIQUE INDEX upload_parts_by_id ON upload_parts (ns, id)",
        "CREATE INDEX upload_parts_by_upload_id ON upload_parts (ns, upload_id, seq)",
    ),
)

# A change of a status: of which object, when, to what and why. seq: counts from 1 in each namespace.
#
# It names the object and does not hold it: what that looks like now is in its own table. Only the newest are kept.
JournalEntry: Final = Table(
    name="journal",
    columns=("ns", "seq", "at", "event", "object_id", "status", "cause", "thread_id", "run_id"),
    key=("ns", "seq"),
    ddl=(
        """CREATE TABLE journal (
    ns VARCHAR NOT NULL,
    seq INTEGER NOT NULL,
    at FLOAT NOT NULL,
    event VARCHAR NOT NULL,
    object_id VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    cause VARCHAR NOT NULL,
    thread_id VARCHAR,
    run_id VARCHAR,
    PRIMARY KEY (ns, seq)
)
 WITHOUT ROWID""",
    ),
)

# How far a run has come that any process may go on with, as long as it is not over.
#
# state: due (a job for it waits or works), outside (its job waits for something else than the store), resting (its
# job waits for the clock, which comes there at once), paused (it has none).
# segment: how many segments were played; who finds another number than it has left there has been given up for dead.
# pauses, told: as `emulator.engine.pauses` and its transcript say it. status: of the run when it was paused.
RunProgress: Final = Table(
    name="run_progress",
    columns=("ns", "run_id", "thread_id", "state", "segment", "status", "pauses", "told"),
    json=("pauses", "told"),
    defaults={"segment": 0},
    key=("ns", "run_id"),
    ddl=(
        """CREATE TABLE run_progress (
    ns VARCHAR NOT NULL,
    run_id VARCHAR NOT NULL,
    thread_id VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    segment INTEGER NOT NULL,
    status VARCHAR,
    pauses JSON,
    told JSON,
    PRIMARY KEY (ns, run_id)
)""",
        "CREATE INDEX run_progress_busy ON run_progress (ns, thread_id) WHERE state NOT IN ('paused', 'resting')",
    ),
)

# Files on their way into a vector store, as long as they have not been read. id: nothing but a name.
#
# state: due (a job for it waits or works), paused (the files are shown as in progress). batch_id: NULL: those that
# were added singly. until, polls: how far the showing has come, as `emulator.engine.ingestions` has it.
IngestionProgress: Final = Table(
    name="ingestion_progress",
    columns=("ns", "id", "store_id", "batch_id", "state", "until", "polls"),
    defaults={"polls": 0},
    key=("ns", "id"),
    ddl=(
        """CREATE TABLE ingestion_progress (
    ns VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    store_id VARCHAR NOT NULL,
    batch_id VARCHAR,
    state VARCHAR NOT NULL,
    until FLOAT,
    polls INTEGER NOT NULL,
    PRIMARY KEY (ns, id)
)""",
        "CREATE INDEX ingestion_progress_by_store_id ON ingestion_progress (ns, store_id)",
    ),
)

# The last change of a file in a vector store, which processes that search there have to look at.
#
# id: of the file's row. seq: the order of all changes in a namespace.
IndexChange: Final = Table(
    name="index_changes",
    columns=("seq", "ns", "id", "store_id", "file_id"),
    key=("seq",),
    ddl=(
        """CREATE TABLE index_changes (
    seq INTEGER NOT NULL,
    ns VARCHAR NOT NULL,
    id VARCHAR NOT NULL,
    store_id VARCHAR NOT NULL,
    file_id VARCHAR NOT NULL,
    PRIMARY KEY (seq)
)""",
        "CREATE INDEX index_changes_by_id ON index_changes (ns, id)",
        "CREATE INDEX index_changes_by_store_id ON index_changes (ns, store_id)",
    ),
)

# A moment on the clock of a namespace at which something goes on. at: seconds since the epoch on that clock.
#
# owner: the id of a run or a vector store; "" for the job that looks which timers are due. kind: wait, expiry, job.
# is_delay: whether it ends a model's delay, which passes at once when the clock becomes auto.
Timer: Final = Table(
    name="timers",
    columns=("seq", "ns", "owner", "kind", "at", "is_delay"),
    booleans=("is_delay",),
    defaults={"is_delay": False},
    key=("seq",),
    in_order="timers_in_time",
    ddl=(
        """CREATE TABLE timers (
    seq INTEGER NOT NULL,
    ns VARCHAR NOT NULL,
    owner VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    at FLOAT NOT NULL,
    is_delay BOOLEAN NOT NULL,
    PRIMARY KEY (seq)
)""",
        "CREATE INDEX timers_by_owner ON timers (ns, owner)",
        "CREATE INDEX timers_in_time ON timers (ns, at, seq)",
    ),
)

# A snapshot that the server keeps. blob: the name of its bytes; size: how many. doc: what it says of itself.
#
# deleted: never; bytes are held by what is not deleted.
SnapshotRecord: Final = Table(
    name="kept_snapshots",
    columns=("seq", "ns", "name", "blob", "size", "deleted", "doc"),
    json=("doc",),
    booleans=("deleted",),
    defaults={"deleted": False},
    key=("seq",),
    stays=True,
    ddl=(
        """CREATE TABLE kept_snapshots (
    seq INTEGER NOT NULL,
    ns VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    blob VARCHAR NOT NULL,
    size INTEGER NOT NULL,
    deleted BOOLEAN NOT NULL,
    doc JSON,
    PRIMARY KEY (seq)
)""",
        "CREATE UNIQUE INDEX kept_snapshots_by_name ON kept_snapshots (ns, name)",
    ),
)

# What one process keeps in memory of a namespace beside its documents. kind: what it is, as `engine.facets` says.
#
# key: of what it is where there are several, such as a thread; else "". ns: "" for what belongs to no namespace.
Facet: Final = Table(
    name="facets",
    columns=("ns", "kind", "key", "doc"),
    json=("doc",),
    key=("ns", "kind", "key"),
    ddl=(
        """CREATE TABLE facets (
    ns VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    "key" VARCHAR NOT NULL,
    doc JSON,
    PRIMARY KEY (ns, kind, "key")
)""",
    ),
)

# Somebody who follows a namespace, or one run in it, in some process. streams: a client reads it as its stream.
#
# ns: the name of the namespace. process: whose it is, and seen: when that last said so, by the database's clock.
# position: the place up to which it has read the entries. is_awaited: the run waits for it to read more.
StreamFollower: Final = Table(
    name="stream_followers",
    columns=("id", "process", "ns", "run_id", "streams", "position", "is_awaited", "seen"),
    booleans=("streams", "is_awaited"),
    defaults={"streams": False, "is_awaited": False},
    key=("id",),
    stays=True,
    ddl=(
        """CREATE TABLE stream_followers (
    id VARCHAR NOT NULL,
    process VARCHAR NOT NULL,
    ns VARCHAR NOT NULL,
    run_id VARCHAR,
    streams BOOLEAN NOT NULL,
    position INTEGER NOT NULL,
    is_awaited BOOLEAN NOT NULL,
    seen FLOAT NOT NULL,
    PRIMARY KEY (id)
)""",
        "CREATE INDEX stream_followers_by_process ON stream_followers (process)",
        "CREATE INDEX stream_followers_by_run ON stream_followers (ns, run_id)",
    ),
)

# An event for those who follow, in any process. data: what it shows; template and pieces of consecutive deltas.
#
# ns: the name of the namespace. change: of a status, with its number in the journal. They are gone as soon as nobody
# has to read them any more, but a crash of the database loses none: streams that are open then go on.
StreamEntry: Final = Table(
    name="stream_entries",
    columns=("seq", "ns", "thread_id", "run_id", "event", "data", "change"),
    json=("data", "change"),
    key=("seq",),
    in_order="stream_entries_in_order",
    stays=True,
    ddl=(
        """CREATE TABLE stream_entries (
    seq INTEGER NOT NULL,
    ns VARCHAR NOT NULL,
    thread_id VARCHAR,
    run_id VARCHAR,
    event VARCHAR NOT NULL,
    data JSON,
    change JSON,
    PRIMARY KEY (seq)
)""",
        "CREATE INDEX stream_entries_in_order ON stream_entries (ns, seq)",
    ),
)

# A process that works on this database. heartbeat: when it was seen last, on the database's clock.
#
# setup: what all that work at the same time must have alike, by names.
ReplicaRecord: Final = Table(
    name="replicas",
    columns=("seq", "role", "heartbeat", "setup"),
    json=("setup",),
    key=("seq",),
    ddl=(
        """CREATE TABLE replicas (
    seq INTEGER NOT NULL,
    role VARCHAR NOT NULL,
    heartbeat FLOAT NOT NULL,
    setup JSON,
    PRIMARY KEY (seq)
)""",
    ),
)

# The request log of a generation. total: requests that it has had; kept: those that are still there.
#
# bytes: of their contents. bare: the number up to which these are gone. The row is what writers of a log wait for,
# so that numbers are seen in their order.
RequestLogRecord: Final = Table(
    name="request_logs",
    columns=("ns", "total", "kept", "bytes", "bare"),
    defaults={"bare": 0},
    key=("ns",),
    ddl=(
        """CREATE TABLE request_logs (
    ns VARCHAR NOT NULL,
    total INTEGER NOT NULL,
    kept INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    bare INTEGER NOT NULL,
    PRIMARY KEY (ns)
)""",
    ),
)

# A request in a log. ended: on the database's clock. size: of its contents, which may be gone.
RequestRecord: Final = Table(
    name="logged_requests",
    columns=("seq", "ns", "ended", "size", "about", "contents"),
    key=("seq",),
    heavy=("contents",),
    in_order="logged_requests_in_order",
    ddl=(
        """CREATE TABLE logged_requests (
    seq INTEGER NOT NULL,
    ns VARCHAR NOT NULL,
    ended FLOAT NOT NULL,
    size INTEGER NOT NULL,
    about BLOB NOT NULL,
    contents BLOB,
    PRIMARY KEY (seq)
)""",
        "CREATE INDEX logged_requests_in_order ON logged_requests (ns, seq)",
    ),
)

# What clients met in a namespace; of "", in those that are gone.
#
# replica: 0, or the process of which streams that are under way have shown it.
CoverageRecord: Final = Table(
    name="state_coverage",
    columns=("ns", "replica", "counts"),
    json=("counts",),
    key=("ns", "replica"),
    stays=True,
    ddl=(
        """CREATE TABLE state_coverage (
    ns VARCHAR NOT NULL,
    replica INTEGER NOT NULL,
    counts JSON,
    PRIMARY KEY (ns, replica)
)""",
    ),
)

OF_A_NAMESPACE: Final = (
    JournalEntry,
    ReportLine,
    ScriptMemory,
    KeptTurn,
    RunSignal,
    RunAction,
    RunStep,
    Run,
    Message,
    Thread,
    Assistant,
    ResponseEvent,
    ConversationItem,
    Conversation,
    Item,
    ContainerFile,
    Container,
    VectorStoreFile,
    FileBatch,
    VectorStore,
    UploadPart,
    Upload,
    File,
)

ALL: Final = (
    NamespaceRecord,
    Removal,
    ScriptMemory,
    ReportLine,
    Scripts,
    Assistant,
    Thread,
    Message,
    Run,
    RunSignal,
    RunStep,
    KeptTurn,
    RunAction,
    Conversation,
    Item,
    ConversationItem,
    ResponseEvent,
    Container,
    ContainerFile,
    File,
    VectorStore,
    VectorStoreFile,
    FileBatch,
    Upload,
    UploadPart,
    JournalEntry,
)

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

SHARED_OF_A_NAMESPACE: Final = (RunProgress, IngestionProgress, IndexChange, Timer, Facet)
