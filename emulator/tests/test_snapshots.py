"""The file of a snapshot: what it holds, what is refused, and how an older one is read."""

import asyncio
import errno
import os
import threading
import zipfile
from pathlib import Path

import orjson
import pytest

from emulator.domain.errors import ApiError
from emulator.service import snapshot_shelf, snapshots
from emulator.store import archives, snapshot_formats
from emulator.store import snapshots as files
from emulator.store.archives import Archive, ArchiveError
from emulator.store.folder_blobs import FolderBlobs
from emulator.store.snapshots import SnapshotReader
from emulator.store.tables import Thread


def fill_the_disk(*_):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def archive_of(path, entries, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return path


@pytest.fixture
async def saved(engine, tmp_path):
    """Return the file of a snapshot with a finished run, and the engine it is of."""
    s = engine()
    await s.play()
    path = tmp_path / "saved.zip"
    await snapshots.write(s.namespaces, s.namespace, path)
    return path, s


def add_format(monkeypatch, step):
    """Let there be one more format than there is."""
    monkeypatch.setattr(snapshot_formats, "_STEPS", (*snapshot_formats._STEPS, step))
    monkeypatch.setattr(files, "FORMAT", snapshot_formats.FORMAT + 1)


async def test_an_older_format_is_brought_up_to_date_row_by_row(saved, monkeypatch):
    path, s = saved

    def step(what, value):
        if what == "threads":
            doc = {**value["doc"], "metadata": {"migrated": "yes"}}
            return {**value, "doc": doc}
        return {**value, "script_version": value["script_version"]} if what == "namespace" else value

    add_format(monkeypatch, step)
    await snapshots.restore(s.namespaces, "default", path)
    assert [row["doc"]["metadata"] for row in s.rows(Thread)] == [{"migrated": "yes"}]


async def test_a_table_that_an_older_format_did_not_have_is_empty(saved, tmp_path, monkeypatch):
    path, _ = saved
    with zipfile.ZipFile(path) as source:
        entries = {name: source.read(name) for name in source.namelist() if name != "rows/uploads.jsonl"}
    older = archive_of(tmp_path / "older.zip", entries)
    with SnapshotReader(older) as reader, pytest.raises(ArchiveError, match="no rows/uploads"):
        reader.check()
    add_format(monkeypatch, lambda what, value: value)
    with SnapshotReader(older) as reader:
        assert reader.check().objects["uploads"] == 0


async def test_a_snapshot_is_written_in_a_format_that_no_name_of_a_client_is_part_of(saved):
    path, _ = saved
    with zipfile.ZipFile(path) as archive:
        names = {name for name in archive.namelist() if not name.startswith("bytes/")}
        manifest = orjson.loads(archive.read("snapshot.json"))
    assert names == {
        "snapshot.json", "namespace.json", "scripts.jsonl", "bytes.jsonl",
        *(f"rows/{table.name}.jsonl" for table in files.TABLES),
    }  # fmt: skip
    assert (manifest["what"], manifest["format"]) == ("assistants-emulator snapshot", snapshot_formats.FORMAT)


async def test_a_restore_that_cannot_be_kept_leaves_no_bytes_and_no_rows(saved, tmp_path):
    path, s = saved
    before, kept = s.rows(Thread), list((s.folder / "blobs").iterdir()) if (s.folder / "blobs").exists() else []
    with zipfile.ZipFile(path) as source:
        entries = {name: source.read(name) for name in source.namelist()}
    entries["bytes/" + "a" * 64] = b"x"
    entries["bytes.jsonl"] = b'{"blob": "b", "content": "' + b"a" * 64 + b'"}\n'
    entries["rows/files.jsonl"] = (
        b'{"id": "file-1", "purpose": "vision", "blob": "b", "doc": {"id": "file-1", "object": "file"}}\n'
    )
    entries["rows/run_steps.jsonl"] = b'{"id": "step_1", "doc": {"id": "step_1", "object": "thread.run.step"}}\n'
    broken = archive_of(tmp_path / "broken.zip", entries)
    with pytest.raises(Exception, match="run_steps: a row cannot be kept"):
        await snapshots.restore(s.namespaces, "default", broken)
    assert s.rows(Thread) == before
    assert list((s.folder / "blobs").iterdir()) == kept


# --- bounds -----------------------------------------------------------------------------------------------------------


def test_what_an_archive_comes_to_is_counted_while_it_is_inflated(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MOST_BYTES", 3_000_000)
    bomb = archive_of(tmp_path / "bomb.zip", {"a": bytes(2_000_000), "b": bytes(2_000_000)})
    seen = []
    with Archive(bomb) as archive:
        archive.copy("a", len)
        with pytest.raises(ArchiveError, match="more than 3000000 bytes inflated"):
            archive.copy("b", lambda piece: seen.append(len(piece)))
    assert sum(seen) < 2_000_000


@pytest.mark.parametrize("read", [lambda archive: list(archive.lines("a")), lambda archive: archive.json("a")])
def test_what_is_read_as_a_whole_is_bounded(read, tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MOST_LINE_BYTES", 1_000)
    long = archive_of(tmp_path / "long.zip", {"a": b'"' + b"x" * 5_000_000 + b'"'})
    with Archive(long) as archive, pytest.raises(ArchiveError, match="more than 1000 bytes"):
        read(archive)


@pytest.mark.parametrize("zip_64", [False, True])
def test_a_directory_that_is_too_large_is_not_read(zip_64, tmp_path, monkeypatch):
    if zip_64:
        monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 10)
    many = archive_of(tmp_path / "many.zip", {f"entry-{number}": b"" for number in range(100)})
    Archive(many).close()
    monkeypatch.setattr(archives, "MOST_DIRECTORY_BYTES", 1_000)
    monkeypatch.setattr(archives, "ZipFile", None)
    with pytest.raises(ArchiveError, match="too many entries"):
        Archive(many)


def test_only_deflate_is_read(tmp_path):
    other = archive_of(tmp_path / "other.zip", {"a": b"x"}, zipfile.ZIP_LZMA)
    with Archive(other) as archive, pytest.raises(ArchiveError, match="another way"):
        archive.json("a")


async def test_what_could_not_be_read_again_is_not_written(saved, tmp_path, monkeypatch):
    _, s = saved
    monkeypatch.setattr(files, "MOST_LINE_BYTES", 10)
    with pytest.raises(Exception, match="more than 10 bytes"):
        await snapshots.write(s.namespaces, s.namespace, tmp_path / "again.zip")


async def test_a_disk_that_is_full_leaves_nothing_of_a_snapshot(saved, monkeypatch):
    _, s = saved
    kept = await snapshots.create(s.namespaces, "default", "kept")
    monkeypatch.setattr(files.SnapshotWriter, "finish", fill_the_disk)
    with pytest.raises(ApiError, match="could not be written: No space left"):
        await snapshots.create(s.namespaces, "default", "kept")
    assert list(Path(kept.place).parent.iterdir()) == [Path(kept.place)]
    assert await s.namespaces.snapshots.find("default", "kept") is kept


async def test_what_is_uploaded_is_counted_as_it_comes(saved, monkeypatch):
    _, s = saved
    monkeypatch.setattr(snapshot_shelf, "MOST_BYTES", 1_000)
    taken = []

    async def pieces():
        for _ in range(100):
            taken.append(100)
            yield bytes(100)

    with pytest.raises(ApiError, match="1000 bytes together"):
        await snapshots.put(s.namespaces, "default", "a", pieces())
    assert sum(taken) == 1_100
    with pytest.raises(ApiError, match="1000 bytes together"):
        await snapshots.create(s.namespaces, "default", "a")
    assert list(s.namespaces.snapshots.new_path().parent.iterdir()) == []


# --- what it stands on ------------------------------------------------------------------------------------------------


def test_bytes_that_are_held_stay_until_they_are_not_held_any_more(tmp_path):
    blobs = FolderBlobs(tmp_path)
    blobs.write("a", b"1")
    blobs.write("b", b"2")
    with blobs.held():
        with blobs.held():
            blobs.drop("a")
            blobs.drop("b")
        assert blobs.read("a") == b"1"
        blobs.write("b", b"3")  # somebody else's now
    assert not blobs.path("a").exists()
    assert blobs.read("b") == b"3"


async def test_work_beside_the_loop_is_over_when_a_cancelled_transaction_is(documents):
    began, go_on, is_over = asyncio.Event(), threading.Event(), []
    loop = asyncio.get_running_loop()

    def work():
        loop.call_soon_threadsafe(began.set)
        go_on.wait(60)
        is_over.append(True)

    async def transact():
        async with documents.transaction("a") as tx:
            tx.insert(Thread, "t", id="t")
            await tx.beside(work)

    task = asyncio.create_task(transact())
    await began.wait()
    task.cancel()
    next_one = asyncio.create_task(count_threads(documents))
    await asyncio.sleep(0)
    assert not next_one.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await next_one, is_over) == (0, [True])


async def count_threads(documents):
    async with documents.transaction("a") as tx:
        return await tx.count(Thread)
