"""Bytes that no row holds any more, or never did: when they go, and what keeps them."""

import os
import threading

import psycopg
import pytest

from emulator.domain.database_url import DatabaseUrl
from emulator.replicas.blob_sweeps import BlobSweeps
from emulator.store.blobs import receive_all
from emulator.store.postgres.blobs import PostgresBlobs
from emulator.store.shared_folder_blobs import SharedFolderBlobs

MB = 1024 * 1024
AGO = 7200


@pytest.fixture
def stores(database, tmp_path):
    """Two replicas' stores on one database, of each kind."""
    in_database = [PostgresBlobs(DatabaseUrl(database)) for _ in range(2)]
    in_folder = [SharedFolderBlobs(tmp_path / "files", in_database[0].unused) for _ in range(2)]
    yield {"postgres": in_database, "shared": in_folder}
    for one in in_database:
        one.close()


@pytest.fixture
def sql(database):
    with psycopg.connect(database, autocommit=True) as connection:
        yield connection.execute


@pytest.fixture(params=["postgres", "shared"])
def kind(request):
    return request.param


class Aging:
    """Lets time pass for bytes, as far as it can be seen in them."""

    def __init__(self, stores, kind, sql, tmp_path):
        self.kind, self.sql, self.folder = kind, sql, tmp_path / "files"
        self.stores = stores[kind]

    def stored(self):
        """Let what is there have been stored long ago."""
        if self.kind == "postgres":
            self.sql("UPDATE blobs SET used_at = used_at - interval '2 hours'")
        for path in self.folder.iterdir() if self.folder.exists() else ():
            os.utime(path, (path.stat().st_mtime - AGO,) * 2)

    def marked(self):
        """Let it be long ago that bytes were found unused."""
        if self.kind == "postgres":
            self.sql("UPDATE blobs SET unused_since = unused_since - interval '2 hours'")
        else:
            for store in self.stores:
                store._unused_since = {name: at - AGO for name, at in store._unused_since.items()}


@pytest.fixture
def aging(stores, kind, sql, tmp_path):
    return Aging(stores, kind, sql, tmp_path)


def add_row(sql, blob, table="files", *, deleted=0):
    owner = {"files": "purpose", "upload_parts": "upload_id", "container_files": "container_id"}[table]
    sql(
        f"INSERT INTO {table} (ns, id, deleted, {owner}, blob) VALUES ('default', %s, %s, 'x', %s)",
        (f"{table}-{blob}", deleted, blob),
    )


def test_what_no_row_holds_goes_after_a_while_and_not_before(stores, kind, aging):
    blobs, other = stores[kind]
    name = blobs.write("a", b"x" * MB)
    assert blobs.sweep() == 0
    aging.marked()
    assert blobs.sweep() == 0  # its row may be about to be written
    aging.stored()
    assert blobs.sweep() == 0  # it is seen now, and somebody may be reading
    assert blobs.sweep() == 0
    aging.marked()
    assert blobs.sweep() == 1
    assert not blobs.has(name)
    assert not other.has(name)


@pytest.mark.parametrize("table", ["files", "upload_parts", "container_files"])
def test_what_a_row_holds_stays(stores, kind, aging, sql, table):
    blobs, _ = stores[kind]
    held, gone = blobs.write("a", b"held"), blobs.write("b", b"gone")
    add_row(sql, held, table)
    add_row(sql, gone, table, deleted=1)
    aging.stored()
    blobs.sweep()
    aging.marked()
    assert blobs.sweep() == 1
    assert blobs.read(held) == b"held"
    assert not blobs.has(gone)


def test_what_a_row_holds_again_has_its_while_anew(stores, kind, aging, sql):
    blobs, _ = stores[kind]
    name = blobs.write("a", b"x")
    aging.stored()
    blobs.sweep()
    aging.marked()
    add_row(sql, name)
    blobs.sweep()
    sql("UPDATE files SET deleted = 1")
    assert blobs.sweep() == 0
    assert blobs.has(name)


def test_what_is_deleted_on_one_replica_can_be_read_to_its_end_on_another(stores, kind, aging, sql):
    blobs, other = stores[kind]
    name = blobs.write("a", b"x" * MB + b"y" * MB)
    add_row(sql, name)
    aging.stored()
    pieces = other.pieces(name)
    first = next(pieces)
    sql("UPDATE files SET deleted = 1")
    blobs.drop(name)
    blobs.sweep()
    assert first + b"".join(pieces) == b"x" * MB + b"y" * MB


def test_two_replicas_that_name_and_drop_alike_do_not_take_from_each_other(stores, kind):
    blobs, other = stores[kind]
    mine = blobs.keep(receive_all(blobs, b"mine"), "same")
    theirs = other.keep(receive_all(other, b"theirs"), "same")
    blobs.drop(mine)
    assert other.read(theirs) == b"theirs"
    assert blobs.read(mine) == b"mine"


def test_a_replica_that_starts_leaves_what_another_one_is_receiving(stores, tmp_path):
    blobs, _ = stores["shared"]
    with blobs.receive() as part:
        part.write(b"half")
        starting = SharedFolderBlobs(tmp_path / "files", blobs._unused)
        starting.sweep()
        part.write(b" and half")
    assert blobs.read(blobs.keep(part.received, "a")) == b"half and half"


def test_what_a_killed_replica_was_receiving_goes_after_a_day(stores, tmp_path):
    blobs, other = stores["shared"]
    with blobs.receive() as part:
        part.write(b"half")
    assert other.sweep(part_grace=AGO) == 0
    os.utime(part.path, (part.path.stat().st_mtime - 2 * AGO,) * 2)
    assert other.sweep(part_grace=AGO) == 1
    assert not list((tmp_path / "files").iterdir())


# --- in PostgreSQL -----------------------------------------------------------------------------------------------------


def count(sql, table):
    return sql(f"SELECT count(*) FROM {table}").fetchone()[0]


@pytest.mark.parametrize("size", [5, 2 * MB])
def test_the_same_bytes_take_room_once(stores, sql, size):
    blobs, other = stores["postgres"]
    data = os.urandom(size)
    assert blobs.write("a", data) == other.write("b", data)
    assert count(sql, "blobs") == 1
    assert count(sql, "blob_pieces") == -(-size // (512 * 1024))


@pytest.mark.parametrize("size", [5, 2 * MB])
def test_bytes_that_are_stored_again_while_they_are_swept_are_there(stores, aging_in_database, sql, database, size):
    blobs, _ = stores["postgres"]
    data = os.urandom(size)
    name = blobs.write("a", data)
    aging_in_database.stored()
    blobs.sweep()
    aging_in_database.marked()
    storing = threading.Thread(target=blobs.write, args=("b", data))
    with psycopg.connect(database) as sweeping:  # to be committed at the end of the block
        sweeping.execute(
            "WITH gone AS (DELETE FROM blobs RETURNING id) DELETE FROM blob_pieces WHERE blob IN (SELECT id FROM gone)"
        )
        storing.start()
        storing.join(0.2)
        assert storing.is_alive()  # it waits for what becomes of the row
    storing.join(10)
    assert blobs.read(name) == data


def test_a_sweep_that_waits_for_bytes_to_be_stored_again_leaves_them(stores, aging_in_database, database):
    blobs, _ = stores["postgres"]
    name = blobs.write("a", b"x")
    aging_in_database.stored()
    blobs.sweep()
    aging_in_database.marked()
    removed = []
    sweeping = threading.Thread(target=lambda: removed.append(blobs.sweep()))
    with psycopg.connect(database) as storing:
        storing.execute("UPDATE blobs SET used_at = clock_timestamp(), unused_since = NULL")
        sweeping.start()
        sweeping.join(0.2)
        assert sweeping.is_alive()
    sweeping.join(10)
    assert removed == [0]
    assert blobs.read(name) == b"x"


def test_only_one_replica_sweeps_at_a_time(stores, database):
    from emulator.store.postgres import blob_sweep

    blobs, _ = stores["postgres"]
    with psycopg.connect(database) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", (blob_sweep._LOCK,))
        assert blobs.sweep() == 0


@pytest.fixture
def aging_in_database(stores, sql, tmp_path):
    return Aging(stores, "postgres", sql, tmp_path)


# --- now and then -------------------------------------------------------------------------------------------------------


async def test_a_sweep_that_fails_is_not_the_last(caplog):
    import asyncio

    done = asyncio.Event()
    loop = asyncio.get_running_loop()

    class Failing:
        times = 0

        def sweep(self):
            self.times += 1
            if self.times == 1:
                raise OSError("no such share")
            loop.call_soon_threadsafe(done.set)
            return 0

    sweeps = BlobSweeps(Failing(), interval=0.001)
    sweeps.start()
    await asyncio.wait_for(done.wait(), 10)
    await sweeps.stop()
    assert "no such share" in caplog.text
