"""What holds of the bytes of files wherever they are kept: in a folder, in one that is shared, in PostgreSQL."""

import asyncio
import hashlib
import os
import threading
from pathlib import Path

import pytest

from emulator.store.blobs import receive_all
from emulator.store.folder_blobs import FolderBlobs
from emulator.store.shared_folder_blobs import SharedFolderBlobs

MB = 1024 * 1024
STATM = Path("/proc/self/statm")


class Rows:
    """The names that rows hold, and that a transaction has to take back."""

    def __init__(self):
        self.held = []
        self.undo = []

    def unused(self, names):
        return [name for name in names if name not in self.held]


@pytest.fixture(params=["folder", "shared", "postgres"])
def blobs(request, tmp_path):
    if request.param == "folder":
        made = FolderBlobs(tmp_path / "files")
    elif request.param == "shared":
        made = SharedFolderBlobs(tmp_path / "files", Rows().unused)
    else:
        from emulator.domain.database_url import DatabaseUrl
        from emulator.store.postgres.blobs import PostgresBlobs

        made = PostgresBlobs(DatabaseUrl(request.getfixturevalue("database")))
    yield made
    made.close()


def content_of(size):
    """Bytes of which no two pieces are alike."""
    block = hashlib.sha512(str(size).encode()).digest() * 997  # no divisor of a piece's size
    return (block * (size // len(block) + 1))[:size]


# What ends before, at and behind the end of a piece of each store.
@pytest.mark.parametrize("size", [0, 1, 512 * 1024 - 1, 512 * 1024, 512 * 1024 + 1, MB, 3 * MB + 17])
def test_bytes_come_back(blobs, size):
    data = content_of(size)
    name = blobs.write("a", data)
    assert blobs.has(name)
    assert blobs.read(name) == data
    assert blobs.length(name) == size
    assert blobs.digest(name) == hashlib.sha256(data).hexdigest()
    assert blobs.head(name, 10) == data[:10]
    assert blobs.head(name, 2 * MB) == data[: 2 * MB]
    with blobs.on_disk(name) as path:
        assert path.read_bytes() == data


def test_pieces_have_the_size_that_was_asked_for(blobs):
    small = blobs.write("a", b"\x00\xffhello")
    assert list(blobs.pieces(small, 3)) == [b"\x00\xffh", b"ell", b"o"]
    data = content_of(2 * MB + 5)
    large = blobs.write("b", data)
    found = list(blobs.pieces(large, 700_000))
    assert [len(piece) for piece in found] == [700_000, 700_000, 697_157]
    assert b"".join(found) == data
    assert len(list(blobs.pieces(large))) == 3


def test_what_is_received_can_be_read_before_it_has_its_name(blobs):
    received = receive_all(blobs, b"early")
    assert (received.size, blobs.read(received.name)) == (5, b"early")
    assert blobs.read(blobs.keep(received, "a")) == b"early"
    blobs.discard(received)
    assert blobs.has(blobs.write("a", b"early"))


@pytest.mark.parametrize("size", [4, 2 * MB])
def test_nothing_is_left_of_what_breaks_off(blobs, size):
    parts = []

    def break_off():
        with blobs.receive() as part:
            parts.append(part)
            part.write(content_of(size))
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        break_off()
    assert not blobs.has(hashlib.sha256(content_of(size)).hexdigest())
    if isinstance(blobs, FolderBlobs):
        assert not list(blobs.folder.iterdir())
    name = blobs.write("a", content_of(size))
    assert blobs.read(name) == content_of(size)


def test_several_become_one_in_their_order(blobs):
    large = content_of(MB + 3)
    names = [blobs.write(name, data) for name, data in (("a", b"1"), ("b", b""), ("c", large))]
    whole = blobs.join([names[2], names[0], names[1], names[0]])
    assert whole.size == len(large) + 2
    assert blobs.read(blobs.keep(whole, "whole")) == large + b"11"


def test_what_is_missing_is_missed_at_once(blobs):
    name = blobs.name("ns", "file-1")
    assert not blobs.has(name)
    for verb in (blobs.length, blobs.read, blobs.pieces, blobs.digest, lambda one: blobs.head(one, 1)):
        with pytest.raises(FileNotFoundError):
            verb(name)
    with pytest.raises(FileNotFoundError):
        blobs.join([name])


def test_a_copy_outlives_what_it_was_made_of(blobs):
    name = blobs.write("a", b"one")
    copy = blobs.copy(name, "b")
    blobs.drop(name)
    blobs.sweep()
    assert blobs.read(copy) == b"one"


def test_dropping_can_be_repeated(blobs):
    name = blobs.write("a", b"x")
    blobs.drop(name)
    blobs.drop(name)
    blobs.drop("never there")


def test_what_is_held_can_be_read_whoever_drops_it(blobs):
    name = blobs.write("a", b"x")
    with blobs.held():
        blobs.drop(name)
        blobs.sweep()
        assert blobs.read(name) == b"x"


def test_a_transaction_that_is_not_kept_leaves_what_was_there_before(blobs):
    undo = []
    before = blobs.write("a", b"x")
    again = blobs.keep(receive_all(blobs, b"x"), "a", undo.append)
    blobs.keep(receive_all(blobs, b"y"), "b", undo.append)
    for one in undo:
        one()
    assert blobs.read(before) == b"x"
    assert blobs.read(again) == b"x"


async def test_work_beside_the_loop_returns_and_raises(blobs):
    name = await blobs.beside(lambda: blobs.write("a", b"x"))
    assert await blobs.beside(lambda: blobs.read(name)) == b"x"
    with pytest.raises(FileNotFoundError):
        await blobs.beside(lambda: blobs.read("gone"))


async def test_many_write_and_read_at_the_same_time(blobs):
    contents = [content_of(600 * 1024 + number % 5) for number in range(16)]
    names = await asyncio.gather(*(asyncio.to_thread(blobs.write, str(n), data) for n, data in enumerate(contents)))
    found = await asyncio.gather(*(asyncio.to_thread(blobs.read, name) for name in names))
    assert list(found) == contents


@pytest.mark.skipif(not STATM.exists(), reason="the memory of a process is read from /proc")
def test_large_files_are_never_in_memory_as_a_whole(blobs):
    size, piece = 96 * MB, os.urandom(MB)

    def pass_through():
        parts = []
        for _ in range(3):
            with blobs.receive() as part:
                for _ in range(size // MB // 3):
                    part.write(piece)
            parts.append(part.received.name)
        whole = blobs.join(parts)
        with blobs.on_disk(whole.name) as path:
            assert path.stat().st_size == size
        assert sum(map(len, blobs.pieces(whole.name))) == size

    with _Watched() as watched:
        pass_through()
    assert watched.growth < 48 * MB


class _Watched:
    """Watches how much memory this process has, beside what it had."""

    def __enter__(self):
        self._over = threading.Event()
        self._before = self._most = _resident()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._over.set()
        self._thread.join()
        self.growth = self._most - self._before

    def _watch(self):
        while not self._over.wait(0.005):
            self._most = max(self._most, _resident())


def _resident():
    return int(STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
