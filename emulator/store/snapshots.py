"""The file of a snapshot: everything in one namespace, so that it can be put into any other one.

A zip archive of ``snapshot.json`` (format, when and of what it was made, how many objects there are),
``namespace.json`` (configuration, clock, counters and what else is in memory), ``rows/TABLE.jsonl`` (a row in each
line), ``scripts.jsonl`` (a script of a version in each line), ``bytes.jsonl`` (which bytes belong to which row) and
``bytes/DIGEST``, each once.

Its `FORMAT` is raised with every change of what it holds, a change of a table's columns among them, and
`emulator.store.snapshot_formats` gets a step.
"""

import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import orjson

from emulator.store.archives import MOST_LINE_BYTES, PIECE, Archive, ArchiveError, new_archive
from emulator.store.blobs import Blobs
from emulator.store.snapshot_formats import FORMAT, upgrade
from emulator.store.statements import Row
from emulator.store.table import Table
from emulator.store.tables import (
    OF_A_NAMESPACE,
    Assistant,
    Container,
    ContainerFile,
    Conversation,
    ConversationItem,
    File,
    FileBatch,
    Item,
    JournalEntry,
    Message,
    Run,
    RunStep,
    Scripts,
    Thread,
    Upload,
    UploadPart,
    VectorStore,
    VectorStoreFile,
)
from emulator.store.transaction import Transaction

# Parents before children. The journal begins anew, as after a reset.
TABLES: Final = tuple(table for table in reversed(OF_A_NAMESPACE) if table is not JournalEntry)
# Of what people would count.
_NOUNS: Final = tuple(table.name for table in TABLES if "id" in table.columns)
_KINDS: Final[Mapping[Table, str | tuple[str, ...]]] = {
    File: "file",
    Upload: "upload",
    UploadPart: "upload.part",
    VectorStore: "vector_store",
    FileBatch: "vector_store.file_batch",
    VectorStoreFile: "vector_store.file",
    Assistant: "assistant",
    Thread: "thread",
    Message: "thread.message",
    Run: ("thread.run", "response"),
    RunStep: "thread.run.step",
    Conversation: "conversation",
    Container: "container",
    ContainerFile: "container.file",
}
_CONTENT: Final = re.compile(r"[0-9a-f]{64}")
_MEANT: Final = "assistants-emulator snapshot"


@dataclass(frozen=True, slots=True)
class About:
    """What a snapshot says of itself. created_at: on the clock of its namespace. objects: how many, by noun."""

    namespace: str
    created_at: float
    objects: Mapping[str, int]


# --- writing ---------------------------------------------------------------------------------------------------------


class SnapshotWriter:
    """Writes a snapshot: first, within a transaction, what is in the database; then the bytes, and what it is about."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("xb")
        self._zip = new_archive(self._file)
        self._blobs: dict[str, None] = {}
        self._objects: dict[str, int] = dict.fromkeys(_NOUNS, 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with suppress(OSError, ValueError):  # what could not be written to its end is no snapshot, whatever is in it
            self._zip.close()
        self._file.close()

    def write_rows(self, tx: Transaction, of_server: Sequence[Mapping[str, Any]] = ()) -> None:
        """Write all rows of a namespace; for a thread. Raises `ArchiveError` for one that is too large.

        of_server: the scripts that it plays while it has none of its own, which are version 0.
        """
        for table in TABLES:
            self._write_lines(f"rows/{table.name}.jsonl", self._rows(tx, table))
        scripts = ({"version": row["version"], **source} for row in tx.every_row(Scripts) for source in row["sources"])
        self._write_lines("scripts.jsonl", chain(({"version": 0, **source} for source in of_server), scripts))

    def _rows(self, tx: Transaction, table: Table) -> Iterator[Row]:
        for row in tx.every_row(table):
            if table.name in self._objects and not row["deleted"]:
                self._objects[table.name] += 1
            if row.get("blob") and not row["deleted"]:
                self._blobs[row["blob"]] = None
            yield {name: value for name, value in row.items() if value is not None}

    def _write_lines(self, name: str, values: Iterator[Mapping[str, Any]]) -> None:
        with self._zip.open(name, "w", force_zip64=True) as entry:
            for value in values:
                line = orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)
                if len(line) > MOST_LINE_BYTES:
                    raise ArchiveError(f"an object in {name} has more than {MOST_LINE_BYTES} bytes")
                entry.write(line)

    def finish(self, blobs: Blobs, state: Mapping[str, Any], namespace: str, created_at: float) -> About:
        """Write the bytes of all files, what is in memory of a namespace, and what the snapshot is about."""
        about = About(namespace, created_at, self._objects)
        self._write_bytes(blobs)
        self._zip.writestr("namespace.json", orjson.dumps(state))
        self._zip.writestr("snapshot.json", orjson.dumps({"what": _MEANT, "format": FORMAT, **_fields(about)}))
        self._zip.close()
        return about

    def _write_bytes(self, blobs: Blobs) -> None:
        """Write each content once; what has lost its bytes stays without."""
        contents: dict[str, str] = {}
        written: set[str] = set()
        for blob in self._blobs:
            try:
                contents[blob] = content = blobs.digest(blob)
            except FileNotFoundError:
                continue
            if content not in written:
                written.add(content)
                with self._zip.open(f"bytes/{content}", "w", force_zip64=True) as entry:
                    for piece in blobs.pieces(blob, PIECE):
                        entry.write(piece)
        self._write_lines("bytes.jsonl", ({"blob": blob, "content": content} for blob, content in contents.items()))


def _fields(about: About) -> dict[str, Any]:
    return {"namespace": about.namespace, "created_at": about.created_at, "objects": dict(about.objects)}


# --- reading ---------------------------------------------------------------------------------------------------------


class SnapshotReader:
    """Reads a snapshot, of this format or an older one. Raises `ArchiveError` for any other file, wherever it is read.

    namespace: the name of the one it was made of. state: what was in memory of it.
    """

    def __init__(self, path: Path) -> None:
        self._archive = Archive(path)
        try:
            manifest = _an_object(self._archive.json("snapshot.json"), "snapshot.json")
            self._format = _format(manifest)
            self.namespace = str(manifest.get("namespace"))
            self._created_at = manifest.get("created_at")
            state = _an_object(self._archive.json("namespace.json"), "namespace.json")
            self.state = self._upgraded("namespace", state, "namespace.json")
        except BaseException:
            self._archive.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._archive.close()

    @property
    def created_at(self) -> float:
        """When it was made, on the clock of its namespace."""
        if not isinstance(self._created_at, int | float):
            raise ArchiveError("snapshot.json does not say when it was made")
        return self._created_at

    def check(self) -> About:
        """Read everything once, and return what there is."""
        objects = dict.fromkeys(_NOUNS, 0)
        for table in TABLES:
            for row in self.rows(table):
                if table.name in objects and not row.get("deleted"):
                    objects[table.name] += 1
        for _ in self.scripts():
            pass
        for content in dict.fromkeys(self.contents().values()):
            self._archive.copy(f"bytes/{content}", len)
        return About(self.namespace, self.created_at, objects)

    def rows(self, table: Table) -> Iterator[Row]:
        """Yield the rows of a table."""
        name = f"rows/{table.name}.jsonl"
        if self._format < FORMAT and name not in self._archive.names:
            return  # the table is newer
        for value in self._archive.lines(name):
            yield _checked(table, self._upgraded(table.name, _an_object(value, name), name))

    def scripts(self) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """Yield each script with its version."""
        for value in self._archive.lines("scripts.jsonl"):
            source = dict(self._upgraded("scripts", _an_object(value, "scripts.jsonl"), "scripts.jsonl"))
            version = source.pop("version", None)
            if type(version) is not int or version < 0:
                raise ArchiveError("scripts.jsonl: a script has no version")
            yield version, source

    def _upgraded(self, what: str, value: Mapping[str, Any], where: str) -> Mapping[str, Any]:
        try:
            return upgrade(self._format, what, value)
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise ArchiveError(f"{where}: {type(error).__name__}: {error}") from error

    def contents(self) -> Mapping[str, str]:
        """Return which bytes belong to a row, by what its ``blob`` says."""
        contents = {}
        for value in self._archive.lines("bytes.jsonl"):
            blob, content = _an_object(value, "bytes.jsonl").get("blob"), value.get("content")
            if not isinstance(blob, str) or not isinstance(content, str) or not _CONTENT.fullmatch(content):
                raise ArchiveError("bytes.jsonl: not the name of any bytes")
            contents[blob] = content
        return contents

    def copy(self, content: str, write: Callable[[bytes], object]) -> None:
        """Hand on bytes, piece by piece."""
        self._archive.copy(f"bytes/{content}", write)


def _format(manifest: Mapping[str, Any]) -> int:
    found = manifest.get("format")
    if manifest.get("what") != _MEANT or type(found) is not int or found < 1:
        raise ArchiveError("it is no snapshot of this emulator")
    if found > FORMAT:
        raise ArchiveError(f"format {found} is newer than this emulator ({FORMAT})")
    return found


def _an_object(value: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ArchiveError(f"{where}: not an object")
    return value


def _checked(table: Table, row: Mapping[str, Any]) -> Row:
    """Return a row; refuse one that the table cannot hold, or whose document is that of another object."""
    for name, value in row.items():
        if name not in table.portable or not _fits(table, name, value):
            raise ArchiveError(f"{table.name}: {name!r} cannot be {str(value)[:80]!r}")
    if table.has_deleted:
        doc = row.get("doc")
        is_gone = bool(row.get("deleted"))
        # A response that nobody can read any more is still what others go on from.
        is_kept = is_gone and table is Run and doc is not None
        if ((doc is None) is not is_gone and not is_kept) or not isinstance(row.get("id"), str):
            raise ArchiveError(f"{table.name}: a row has no id, or no document")
        if doc is not None and not _is_of(table, row["id"], doc):
            raise ArchiveError(f"{table.name}: the document of {row['id']!r} is that of another object")
    return row


def _is_of(table: Table, row_id: str, doc: Any) -> bool:
    """Return whether a document is that of a row; a file in a store has only the end of the row's id.

    Items have no kind; of one in a conversation the row's id has the conversation before it, and may have a number.
    """
    if not isinstance(doc, dict):
        return False
    if table in (Item, ConversationItem):
        places = row_id.split("/")
        return isinstance(doc.get("type"), str) and doc.get("id") == places[min(1, len(places) - 1)]
    kinds = _KINDS[table]
    is_kind = doc.get("object") in ((kinds,) if isinstance(kinds, str) else kinds)
    return is_kind and row_id.endswith(str(doc.get("id")))


def _fits(table: Table, name: str, value: Any) -> bool:
    if name in table.json:
        return value is None or isinstance(value, dict | list)
    if name in table.booleans:
        return isinstance(value, bool)
    return value is None or (isinstance(value, str | int | float) and not isinstance(value, bool))


def load_rows(tx: Transaction, snapshot: SnapshotReader, change: Callable[[Table, Row], Row]) -> None:
    """Add all rows of a snapshot to a namespace; for a thread. change: what is different in this one."""
    for table in TABLES:
        try:
            tx.add_rows(table, (change(table, row) for row in snapshot.rows(table)))
        except (sqlite3.IntegrityError, sqlite3.InterfaceError, TypeError, OverflowError) as error:
            raise ArchiveError(f"{table.name}: a row cannot be kept ({error})") from error
