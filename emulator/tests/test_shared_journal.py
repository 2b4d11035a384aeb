"""Followers in one process receive what is published in any: the same events in the same order, and none for nobody."""

import asyncio

import pytest

from emulator.domain.calls import Cut
from emulator.domain.errors import ApiError
from emulator.store import shared_follower, shared_journal, stream_rows
from emulator.store.journal import Change, Entry
from emulator.store.shared_journal import DEAD_AFTER
from emulator.tests.journals_together import JournalsTogether
from emulator.wire import messages
from emulator.wire.pieces import Pieces

GONE = ApiError(404, "No thread found.", code="gone")


@pytest.fixture
def together():
    together = JournalsTogether()
    yield together
    together.close()


@pytest.fixture
def here(together):
    return together.process()


@pytest.fixture
def there(together):
    return together.process()


def entry(event, run="run_1", data=None, change=None):
    return Entry("thread_1", run, event, {"id": event} if data is None else data, change)


def begun(run="run_1"):
    return entry("thread.run.created", run, change=Change(run, "queued", 5.5, "create"))


def text(*pieces):
    return Pieces(lambda piece: messages.delta("msg_1", messages.text_delta(0, piece)), Cut.of(pieces), 0, len(pieces))


async def received(follower):
    """Return the events that there are for a follower."""
    await follower.catch_up()
    return [one.event for one in follower.take()]


async def all_of(follower):
    return [one async for batch in follower for one in batch]


# --- what comes, and to whom ------------------------------------------------------------------------------------------


async def test_a_follower_receives_what_another_process_publishes_after_it_joined(here, there):
    await there.commit(entry("before"))
    follower = await here.follow()
    await there.commit(entry("one"), entry("two"))
    await here.commit(entry("three"))
    assert await received(follower) == ["one", "two", "three"]


async def test_a_follower_receives_entries_of_its_namespace_and_its_run_only(here, there):
    whole, one = await here.follow(), await here.follow("run_1")
    await there.commit(entry("this run"), entry("other run", run="run_2"), entry("thread.created", run=None))
    await there.commit(entry("other namespace"), ns="b")
    assert await received(one) == ["this run"]
    assert await received(whole) == ["this run", "other run", "thread.created"]


async def test_an_entry_is_the_same_in_another_process(here, there):
    follower = await here.follow()
    data = {
        "id": "run_1",
        "text": 'A "quote", \\n, \0 and \N{SNOWMAN}',
        "none": None,
        "order": {"b": 1, "a": [1.5, True]},
    }
    sent = entry("thread.run.completed", data=data, change=Change("run_1", "completed", 1_767_603_600.25, "complete"))
    await there.commit(sent)
    await follower.catch_up()
    (got,) = follower.take()
    assert got == sent
    assert list(got.data) == list(data)
    assert got.seq == 1


async def test_deltas_are_one_row_and_come_out_as_they_were(here, there, together):
    follower = await here.follow("run_1")
    pieces = ['"One" ', "two\\ ", "", "thr\0ee\n", "\N{OBJECT REPLACEMENT CHARACTER}emulator"]
    deltas = text(*pieces)
    await there.commit(entry("thread.message.delta", data=deltas))
    assert together.count("stream_entries") == 1
    await follower.catch_up()
    (got,) = follower.take()
    assert list(got.data) == list(deltas)
    assert got.names == ["thread.message.delta"] * len(pieces)


async def test_only_some_of_the_pieces_of_a_cut_are_written(here, there):
    follower = await here.follow("run_1")
    cut = Cut.of(["a", "b", "c", "d"])
    await there.commit(entry("delta", data=Pieces(lambda piece: {"delta": piece}, cut, 1, 3)))
    await follower.catch_up()
    assert [list(one.data) for one in follower.take()] == [[{"delta": "b"}, {"delta": "c"}]]


async def test_nothing_is_written_where_nobody_follows(here, there, together):
    await here.follow("run_2")
    await there.commit(entry("one"))
    assert together.count("stream_entries") == 0
    assert together.wire.sent == []


async def test_more_than_is_read_at_a_time_comes_in_its_order(here, there, monkeypatch):
    monkeypatch.setattr(stream_rows, "_IN_ORDER", " ORDER BY seq LIMIT 7")
    monkeypatch.setattr(stream_rows, "AT_ONCE", 7)
    follower = await here.follow("run_1")
    names = [f"event {n}" for n in range(40)]
    await there.commit(*map(entry, names))
    await there.commit(entry("last"))
    assert await received(follower) == [*names, "last"]


# --- joining ----------------------------------------------------------------------------------------------------------


async def test_a_stream_misses_nothing_of_the_run_that_its_task_begins(here, there):
    stream = here.journal.follow("a", streams=True)
    await asyncio.create_task(here.commit(begun("run_2")))  # another request
    await here.commit(begun())
    await there.commit(entry("thread.run.completed"), entry("other", run="run_2"))
    stream.only("run_1")
    assert await received(stream) == ["thread.run.created", "thread.run.completed"]


async def test_a_stream_that_looks_into_the_namespace_before_its_run_begins_follows_that_run(here, there, together):
    stream = here.journal.follow("a", streams=True)
    await here.commit()
    await here.commit(begun())
    assert together.rows("SELECT run_id, streams FROM stream_followers") == [("run_1", 1)]
    await there.commit(entry("next"))
    assert await received(stream) == ["thread.run.created", "next"]


async def test_a_follower_whose_transaction_fails_joins_with_the_next_one(here, there):
    follower = here.journal.follow("a")
    await here.commit(entry("lost"), fails=True)
    assert follower.since is None
    await here.commit()
    await there.commit(entry("kept"))
    assert await received(follower) == ["kept"]


async def test_whoever_skips_receives_only_what_comes_then(here, there):
    follower = await here.follow()
    await there.commit(entry("skipped"))
    tx = await here.documents.begin("a")
    await follower.skip(tx.session)
    await tx.commit()
    await there.commit(entry("next"))
    assert await received(follower) == ["next"]


async def test_only_the_stream_of_a_client_counts_as_one_in_every_process(here, there):
    async def is_streamed(run_id):
        tx = await there.documents.begin("a")
        try:
            return await tx.is_streamed(run_id)
        finally:
            await tx.roll_back()

    await here.follow("run_1")
    assert not await is_streamed("run_1")
    stream = await here.follow("run_1", streams=True)
    assert await is_streamed("run_1")
    assert not await is_streamed("run_2")
    stream.leave()
    await here.journal._forgetting
    assert not await is_streamed("run_1")


# --- waking -----------------------------------------------------------------------------------------------------------


async def test_a_follower_that_waits_is_woken_by_what_another_process_publishes(here, there):
    follower = await here.follow("run_1")
    reading = asyncio.create_task(anext(aiter(follower)))
    await asyncio.sleep(0.01)
    await there.commit(entry("one"))
    assert [one.event for one in await asyncio.wait_for(reading, 10)] == ["one"]


async def test_a_follower_is_not_woken_for_other_runs(here, there):
    followers = [await here.follow("run_1"), await here.follow("run_2"), await here.follow()]
    for one in followers:
        one._news.clear()
    await there.commit(entry("one"))
    await asyncio.sleep(0.01)
    assert [one._news.is_set() for one in followers] == [True, False, True]


@pytest.mark.parametrize("remedy", ["gap", "look"])
async def test_what_was_not_heard_is_found(here, there, remedy):
    follower = await here.follow("run_1")
    reading = asyncio.create_task(anext(aiter(follower)))
    await asyncio.sleep(0.01)
    here.bus.is_cut = True
    await there.commit(entry("one"))
    await asyncio.sleep(0.01)
    assert not reading.done()
    if remedy == "gap":
        here.bus.mend()
    else:
        await here.journal.renew()
    assert [one.event for one in await asyncio.wait_for(reading, 10)] == ["one"]


async def test_a_database_that_is_gone_for_a_moment_loses_nothing(here, there, monkeypatch):
    monkeypatch.setattr(shared_follower, "_PATIENCE", 0.01)
    follower = await here.follow("run_1")
    await there.commit(entry("one"))
    read, failures = here.database.read, ["gone", "gone"]

    async def failing(*query):
        if failures:
            raise shared_follower.UnavailableDatabaseError(failures.pop())
        return await read(*query)

    monkeypatch.setattr(here.database, "read", failing)
    assert [one.event for one in await asyncio.wait_for(anext(aiter(follower)), 10)] == ["one"]
    assert failures == []


# --- ends -------------------------------------------------------------------------------------------------------------


async def close(process, run_id=None):
    tx = await process.documents.begin("a")
    await tx.close_followers(run_id, GONE)
    await tx.commit()
    process.journal.close("a", run_id, GONE)


@pytest.mark.parametrize("run_id", ["run_1", None])
async def test_the_followers_of_what_is_gone_end_in_every_process_behind_what_came_before(here, there, run_id):
    streams = [await one.follow("run_1", streams=True) for one in (here, there)]
    await there.commit(entry("one"))
    await close(there, run_id)
    for stream in streams:
        assert [one.event for one in await asyncio.wait_for(all_of(stream), 10)] == ["one"]
        assert (stream.error.status, stream.error.body()) == (GONE.status, GONE.body())


async def test_the_end_of_a_run_is_not_that_of_others_or_of_its_namespace(here, there):
    other, whole = await here.follow("run_2"), await here.follow()
    await close(there, "run_1")
    for one in (other, whole):
        await one.catch_up()
        assert not one.is_closed


async def test_the_end_of_what_nobody_follows_is_not_written(here, there, together):
    await here.follow("run_2")
    await close(there, "run_1")
    assert together.count("stream_entries") == 0


async def test_a_server_that_stops_ends_its_own_followers(here, there):
    follower, other = await here.follow(), await there.follow()
    here.journal.close()
    assert await asyncio.wait_for(all_of(follower), 10) == []
    assert not other.is_closed


# --- room -------------------------------------------------------------------------------------------------------------


async def test_entries_go_when_nobody_has_to_read_them_any_more(here, there, together):
    one, whole = await here.follow("run_1"), await there.follow()
    await there.commit(entry("a"), entry("b", run="run_2"))
    await one.catch_up()
    await here.journal.renew()
    assert together.count("stream_entries") == 2
    await whole.catch_up()
    await there.journal.renew()
    assert together.count("stream_entries") == 0


async def test_a_follower_of_a_run_that_rests_keeps_nothing_of_others(here, there, together):
    await here.follow("run_1")
    other = await here.follow("run_2")
    await there.commit(entry("b", run="run_2"))
    await other.catch_up()
    await here.journal.renew()
    assert together.count("stream_entries") == 0


async def test_the_last_one_who_leaves_takes_the_entries_with_it(here, there, together):
    followers = [await here.follow("run_1") for _ in range(3)]
    await there.commit(entry("one"))
    for follower in followers:
        assert together.count("stream_entries") == 1
        follower.leave()
        follower.leave()
        await here.journal._forgetting
    assert (together.count("stream_entries"), together.count("stream_followers")) == (0, 0)


async def test_whoever_could_not_be_forgotten_is_forgotten_later(here, together, monkeypatch):
    follower = await here.follow("run_1")
    begin = here.database.begin

    async def failing(_):
        raise shared_follower.UnavailableDatabaseError("gone")

    monkeypatch.setattr(here.database, "begin", failing)
    follower.leave()
    await here.journal._forgetting
    monkeypatch.setattr(here.database, "begin", begin)
    assert together.count("stream_followers") == 1
    await here.journal.renew()
    assert together.count("stream_followers") == 0
    assert not here.journal._left


async def test_the_followers_of_a_process_that_died_and_their_entries_are_swept(here, there, together):
    await here.follow("run_1", streams=True)
    await there.commit(entry("one"))
    together.time.at += DEAD_AFTER - 1
    await there.journal.renew()
    assert together.count("stream_entries") == 1
    together.time.at += 2
    for _ in range(shared_journal._TRIMMED_EACH):
        await there.journal.renew()
    assert (together.count("stream_entries"), together.count("stream_followers")) == (0, 0)


async def test_a_process_that_says_it_is_there_is_not_swept(here, there, together):
    await here.follow("run_1")
    for _ in range(10):
        together.time.at += DEAD_AFTER / 2
        await here.journal.renew()
        await there.journal.renew()
    assert together.count("stream_followers") == 1


async def test_a_stream_of_a_process_that_was_taken_for_dead_ends_with_an_error(here, there, together):
    stream, observer = await here.follow("run_1", streams=True), await here.follow(is_lossy=True)
    together.time.at += DEAD_AFTER + 1
    await there.journal.renew()
    await here.journal.renew()
    assert await asyncio.wait_for(all_of(stream), 10) == []
    assert stream.error.status == 500
    assert observer.has_gap
    await here.commit()  # in which it reads the journal, and joins once more
    await observer_goes_on(here, there, observer)


async def observer_goes_on(here, there, observer):
    tx = await here.documents.begin("a")
    await observer.skip(tx.session)
    await tx.commit()
    assert not observer.has_gap
    await there.commit(entry("next"))
    assert await received(observer) == ["next"]


async def test_an_observer_that_does_not_read_loses_what_waits_for_it(here, there, together, monkeypatch):
    monkeypatch.setattr(shared_journal, "MOST_WAITING", 10)
    observer = await here.follow(is_lossy=True)
    await there.commit(*(entry(f"event {n}") for n in range(9)))
    await here.journal.renew()
    assert not observer.has_gap
    await there.commit(entry("one too many"))
    await here.journal.renew()
    assert await asyncio.wait_for(anext(aiter(observer)), 10) == []
    assert observer.has_gap
    for _ in range(shared_journal._TRIMMED_EACH):
        await here.journal.renew()
    assert together.count("stream_entries") == 0
    await observer_goes_on(here, there, observer)


async def test_a_process_that_stops_leaves_no_follower_behind(here, there, together):
    await here.follow("run_1")
    await there.follow("run_1")
    await here.journal.aclose()
    assert together.rows("SELECT process FROM stream_followers") == [(there.database.process,)]


async def test_what_a_process_publishes_is_counted_once(here, there):
    counted = []
    there.journal._published = counted.extend
    sent = [begun(), entry("two")]
    await there.commit(*sent)
    await here.commit(entry("elsewhere"))
    assert counted == sent


# --- runs that wait for their readers ---------------------------------------------------------------------------------


@pytest.fixture
def most_behind(monkeypatch):
    monkeypatch.setattr(shared_journal, "MOST_BEHIND", 10)


async def holds_up(process, run_id="run_1"):
    tx = await process.documents.begin("a")
    held = await tx.waits_for_readers(run_id)
    await tx.commit()
    return held


@pytest.fixture
def gone_on(here, there):
    """The runs that went on, in whichever process that was noticed."""
    gone_on = []

    async def read_on(ns, run_id):
        gone_on.append((ns, run_id))
        return False  # so that the journal itself notes that it goes on

    here.journal.read_on = there.journal.read_on = read_on
    return gone_on


@pytest.mark.usefixtures("most_behind")
async def test_a_run_waits_for_a_stream_that_is_read_too_slowly_until_that_has_read_on(here, there, gone_on):
    stream = await here.follow("run_1", streams=True)
    await there.commit(*(entry(f"event {n}") for n in range(9)))
    assert not await holds_up(there)
    await there.commit(entry("one too many"))
    assert await holds_up(there)
    assert not await holds_up(there, "run_2")
    await here.journal.renew()
    assert gone_on == []
    assert len(await received(stream)) == 10
    await here.journal.renew()
    assert gone_on == [("a", "run_1")]
    await here.journal.renew()
    assert gone_on == [("a", "run_1")]
    assert not await holds_up(there)


@pytest.mark.usefixtures("most_behind")
async def test_a_run_waits_for_no_observer(here, there):
    await here.follow("run_1")
    await here.follow(is_lossy=True)
    await there.commit(*(entry(f"event {n}") for n in range(20)))
    assert not await holds_up(there)


@pytest.mark.parametrize("end", ["leaves", "dies"])
@pytest.mark.usefixtures("most_behind")
async def test_a_run_goes_on_when_its_slow_reader_is_gone(here, there, together, gone_on, end):
    stream = await here.follow("run_1", streams=True)
    await there.commit(*(entry(f"event {n}") for n in range(20)))
    assert await holds_up(there)
    if end == "leaves":
        stream.leave()
        await here.journal._forgetting
    else:
        together.time.at += DEAD_AFTER + 1
    for _ in range(shared_journal._TRIMMED_EACH + 1):
        await there.journal.renew()
    assert gone_on == [("a", "run_1")]
    assert together.count("stream_followers") == 0
    assert together.count("stream_entries") == 0
