import asyncio

import pytest

from emulator.domain.observations import Observed, Seen
from emulator.domain.request_log import LoggedRequest
from emulator.replicas.request_writer import BEHIND
from emulator.replicas.stored_requests import request_of, row_of
from emulator.store import request_rows
from emulator.store.database import DatabaseError
from emulator.store.request_rows import KeptRow, NewRow
from emulator.tests.replicas_together import Together


@pytest.fixture
async def together(tmp_path):
    together = Together(tmp_path)
    yield together
    await together.stop()


def request(name="req_1", path="/threads", **fields):
    return LoggedRequest(
        **{
            "id": name,
            "method": "POST",
            "path": path,
            "query": b"a=%20",
            "sent_path": b"/v1/threads",
            "mount": "/v1",
            "status": 200,
            "ms": 1.25,
            "thread": "thread_1",
            "run": None,
            "fault": None,
            "hint": None,
            "headers": [(b"authorization", b"Bearer sk-emu"), (b"x-latin", b"\xe9")],
            "body_bytes": 5,
            "body": b"\x00\xffab\n",
            "form": None,
            "answer_headers": [(b"content-type", b"application/json")],
            "answer_bytes": 2,
            "answer": b"{}",
            "at": 7.0,
            "began_at": 6.5,
            **fields,
        }
    )


async def stored(replica, name="default"):
    """Return a namespace that is stored, as a replica has it."""
    namespace = await replica.namespaces.open(name)
    if not namespace.is_stored:
        async with namespace.transaction() as tx:
            namespace.store(tx)
    return namespace


async def ids(namespace):
    return [one.id for one in await namespace.requests.read()]


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"body": None, "form": {"purpose": "assistants", "file": {"name": "a", "bytes": 1}}, "answer": b""},
        {"path": "/\ud800", "status": 0, "fault": {"do": "respond"}, "hint": "no", "endpoint_status": 500},
        {"observed": Observed((Seen("run", "run_1", "queued"),), None, (("a", 2),), "done", "e", ("function",))},
        {"body": b"", "answer": b"\n\n"},
    ],
)
def test_a_request_comes_back_from_its_row_as_it_was(fields):
    before = request(**fields)
    row = row_of(before, 12.5)
    after = request_of(KeptRow(9, 12.5, row.about, row.contents))
    for name in LoggedRequest.__slots__:
        if name not in {"ended", "number", "size", "observed"}:
            assert getattr(after, name) == getattr(before, name), name
    assert (after.ended, after.number) == (12.5, 9)
    if before.observed is not None:
        assert after.observed.objects == before.observed.objects
        assert [tuple(one) for one in after.observed.events] == [tuple(one) for one in before.observed.events]
        assert after.observed[3:] == before.observed[3:]


async def test_whoever_reads_sees_what_all_have_answered_in_the_order_in_which_it_ended(together):
    first, second = [await together.start() for _ in range(2)]
    one, other = await stored(first), await stored(second)
    for number, namespace in enumerate((one, other, other, one)):
        together.time.at += 1
        namespace.requests.append(request(f"req_{number}"))
    await second.shared.flush("default")
    expected = ["req_0", "req_1", "req_2", "req_3"]
    assert await ids(one) == expected
    assert await ids(other) == expected


async def test_a_log_that_was_read_goes_on_with_what_is_new(together):
    first, second = [await together.start() for _ in range(2)]
    one, other = await stored(first), await stored(second)
    one.requests.append(request("req_1"))
    await first.shared.flush("default")
    before = (await other.requests.read()).newest_first()
    known = next(before)
    one.requests.append(request("req_2"))
    await first.shared.flush("default")
    log = tuple(await other.requests.read())
    assert [one.id for one in log] == ["req_1", "req_2"]
    assert log[0] is known


async def test_requests_are_written_soon_also_where_nobody_asks(together):
    replica = await together.start()
    namespace = await stored(replica)
    namespace.requests.append(request("req_1"))
    assert await ids(namespace) == []
    await asyncio.sleep(2 * BEHIND)
    assert await ids(namespace) == ["req_1"]


async def test_a_replica_that_ends_writes_what_it_has_answered(together):
    first, second = [await together.start() for _ in range(2)]
    (await stored(first)).requests.append(request("req_1"))
    await first.shared.stop()
    assert await ids(await stored(second)) == ["req_1"]


async def test_what_could_not_be_written_is_written_later(together, monkeypatch):
    replica = await together.start()
    namespace = await stored(replica)

    async def broken(session, batches):
        raise DatabaseError[0]("no disk")

    with monkeypatch.context() as patch:
        patch.setattr(request_rows, "append", broken)
        namespace.requests.append(request("req_1"))
        namespace.coverage.errors["x"] += 1
        with pytest.raises(DatabaseError):
            await replica.shared.flush("default")
    namespace.requests.append(request("req_2"))
    await replica.shared.flush("default")
    assert await ids(namespace) == ["req_1", "req_2"]
    assert (await namespace.met()).errors == {"x": 1}


async def test_requests_wait_for_their_namespace_to_be_stored(together):
    first, second = [await together.start() for _ in range(2)]
    unstored = await first.namespaces.open("default")
    unstored.requests.append(request("req_1"))
    await first.shared.flush("default")
    assert await ids(unstored) == []
    elsewhere = await stored(second)
    await first.shared.flush("default")
    assert await ids(elsewhere) == ["req_1"]


async def test_what_ended_before_a_reset_belongs_to_nobody_after_it(together):
    first, second = [await together.start() for _ in range(2)]
    one, other = await stored(first), await stored(second)
    one.requests.append(request("req_1"))
    await first.shared.flush("default")
    other.requests.append(request("req_2"))
    await first.namespaces.reset("default")
    other.requests.append(request("req_3"))
    await first.shared.flush("default")
    assert await ids(one) == []
    await first.shared.refresh("default")
    other = await second.namespaces.open("default")
    other.requests.append(request("req_4"))
    await first.shared.flush("default")
    assert await ids(one) == await ids(other) == ["req_4"]
    assert (await one.requests.read()).total == 1


async def test_a_namespace_that_is_deleted_takes_its_log_along(together):
    first, second = [await together.start() for _ in range(2)]
    one, other = await stored(first), await stored(second)
    one.requests.append(request("req_1"))
    await first.shared.flush("default")
    await second.namespaces.delete("default")
    await second.shared.refresh("default")
    one.requests.append(request("req_2"))
    other.requests.append(request("req_3"))
    await first.shared.flush("default")
    assert together.rows("SELECT * FROM logged_requests") == []
    assert await ids(await stored(first)) == []


async def test_a_log_that_is_emptied_goes_on(together):
    first, second = [await together.start() for _ in range(2)]
    one, other = await stored(first), await stored(second)
    for number in range(3):
        one.requests.append(request(f"req_{number}"))
    await second.shared.flush("default")
    (await stored(first, "other")).requests.append(request())  # so that SQLite goes on counting
    await first.shared.flush("")
    assert len(await ids(other)) == 3
    await one.requests.clear()
    one.requests.append(request("req_3"))
    await second.shared.flush("default")
    assert await ids(other) == ["req_3"]
    log = await other.requests.read()
    assert (log.total, log.dropped) == (1, 0)


async def test_of_too_many_requests_the_oldest_go_and_are_counted(together, monkeypatch):
    monkeypatch.setattr(request_rows, "MOST_REQUESTS", 5)
    first, second = [await together.start() for _ in range(2)]
    one, other = await stored(first), await stored(second)
    for number in range(4):
        one.requests.append(request(f"req_{number}"))
    await first.shared.flush("default")
    assert len(await ids(other)) == 4
    for number in range(4, 8):
        one.requests.append(request(f"req_{number}"))
    await first.shared.flush("default")
    log = await other.requests.read()
    assert [one.id for one in log] == ["req_3", "req_4", "req_5", "req_6", "req_7"]
    assert (log.total, log.dropped) == (8, 3)


async def test_the_oldest_contents_go_where_there_is_no_room(together):
    first, second = [await together.start() for _ in range(2)]
    one, other = await stored(first), await stored(second, "other")
    for number in range(10):
        (one if number % 2 else other).requests.append(request(f"req_{number}", answer=b"x" * 1000))
        await first.shared.flush("")
    assert all(request.has_contents for request in await one.requests.read())
    async with first.namespaces.documents.session() as session:
        await request_rows.make_room(session, most_bytes=6_000)
    kept = [*await one.requests.read(), *await other.requests.read()]
    with_contents = sorted(request.id for request in kept if request.has_contents)
    assert with_contents == ["req_5", "req_6", "req_7", "req_8", "req_9"]
    assert all(request.answer == b"" for request in kept if not request.has_contents)
    ((total,),) = together.rows("SELECT sum(bytes) FROM request_logs")
    assert total == together.rows("SELECT sum(size) FROM logged_requests")[0][0]


async def test_the_oldest_requests_go_where_there_are_too_many_in_all_logs(together):
    first, second = [await together.start() for _ in range(2)]
    one, other = await stored(first), await stored(second, "other")
    for number in range(10):
        (one if number < 6 else other).requests.append(request(f"req_{number}"))
        await first.shared.flush("")
    async with first.namespaces.documents.session() as session:
        await request_rows.make_room(session, most_requests=5)
    assert await ids(one) == []  # a little more than is needed goes at once
    assert await ids(other) == ["req_6", "req_7", "req_8", "req_9"]
    assert (await one.requests.read()).total == 6


async def test_a_list_of_namespaces_knows_the_newest_request_of_each(together):
    first, second = [await together.start() for _ in range(2)]
    (await stored(first)).requests.append(request("req_1"))
    (await stored(first)).requests.append(request("req_2"))
    await first.shared.flush("")
    (row,) = await second.namespaces.documents.namespaces()
    total, newest = await second.namespaces.tip_of(row)
    assert (total, newest.id) == (2, "req_2")


async def test_two_replicas_never_name_two_requests_alike(together):
    first, second = [await together.start() for _ in range(2)]
    one, other = await stored(first), await stored(second)
    made = [namespace.make_request_id() for namespace in (one, other) for _ in range(50)]
    assert len(set(made)) == 100


async def test_batches_of_many_rows_keep_their_order(together):
    replica = await together.start()
    async with replica.namespaces.documents.session() as session:
        await request_rows.append(session, {"a": [NewRow(float(n), b"[]", b"") for n in range(300)]})
        _, rows = await request_rows.read(session, "a", 100)
    assert [row.ended for row in rows] == [float(n) for n in range(100, 300)]
