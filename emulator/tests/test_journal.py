"""Who follows a namespace or a run receives every event of it. What is kept of them is in `test_journal_rows`."""

import asyncio

import pytest

from emulator.domain.calls import Cut
from emulator.store import journal as journal_module
from emulator.store.journal import Entry, Journal
from emulator.wire.pieces import Pieces


def entry(event, run="run_1", data=None):
    return Entry("thread_1", run, event, {} if data is None else data)


async def events(follower):
    return [entry.event async for batch in follower for entry in batch]


async def received(follower):
    follower.close()
    return await events(follower)


@pytest.fixture
def most_waiting(monkeypatch):
    monkeypatch.setattr(journal_module, "MOST_WAITING", 3)
    return 3


# --- following -------------------------------------------------------------------------------------------------------


async def test_a_follower_receives_what_is_published_after_it_joined():
    journal = Journal()
    journal.publish("a", [entry("before")])
    follower = journal.follow("a")
    journal.publish("a", [entry("one"), entry("two")])
    assert await received(follower) == ["one", "two"]


async def test_a_follower_receives_entries_of_its_namespace_and_its_run_only():
    journal = Journal()
    whole, one = journal.follow("a"), journal.follow("a", "run_1")
    journal.publish("a", [entry("this run"), entry("other run", run="run_2")])
    journal.publish("b", [entry("other namespace")])
    assert await received(one) == ["this run"]
    assert await received(whole) == ["this run", "other run"]


async def test_an_entry_about_no_run_reaches_a_follower_of_the_namespace_once():
    journal = Journal()
    follower = journal.follow("a")
    journal.publish("a", [entry("thread.created", run=None)])
    assert await received(follower) == ["thread.created"]


async def test_a_follower_that_learns_later_which_run_it_follows_misses_nothing_of_it():
    journal = Journal()
    follower = journal.follow("a")
    journal.publish("a", [entry("first"), entry("other", run="run_2")])
    follower.only("run_1")
    journal.publish("a", [entry("other still", run="run_2"), entry("second")])
    assert await received(follower) == ["first", "second"]


async def test_a_follower_that_left_receives_nothing_more_and_is_forgotten():
    journal = Journal()
    follower = journal.follow("a")
    journal.publish("a", [entry("one")])
    follower.leave()
    follower.leave()
    journal.publish("a", [entry("two")])
    assert journal.followers == {}
    assert await received(follower) == ["one"]


async def test_an_iteration_is_woken_by_an_entry_and_by_the_end():
    journal = Journal()
    reading = asyncio.create_task(events(journal.follow("a")))
    await asyncio.sleep(0)
    journal.publish("a", [entry("late")])
    await asyncio.sleep(0)
    assert not reading.done()
    journal.close()
    assert await asyncio.wait_for(reading, 10) == ["late"]


async def test_closing_a_run_leaves_the_others_reading():
    journal = Journal()
    closed, open_ = journal.follow("a", "run_1"), journal.follow("a", "run_2")
    journal.close("a", "run_1")
    assert await asyncio.wait_for(events(closed), 10) == []
    assert not open_._closed


async def test_closing_a_namespace_leaves_the_others_reading():
    journal = Journal()
    closed, open_ = journal.follow("a"), journal.follow("b")
    journal.close("a")
    assert (closed._closed, open_._closed) == (True, False)


async def test_only_the_stream_of_a_client_counts_as_one():
    journal = Journal()
    journal.follow("a", "run_1")
    assert not journal.is_streamed("a", "run_1")
    stream = journal.follow("a", "run_1", streams=True)
    assert journal.is_streamed("a", "run_1")
    assert not journal.is_streamed("a", "run_2")
    assert not journal.is_streamed("b", "run_1")
    stream.leave()
    assert not journal.is_streamed("a", "run_1")


@pytest.mark.parametrize("streams", [True, False])
async def test_a_stream_that_learns_later_which_run_it_follows_counts_from_then_on(streams):
    journal = Journal()
    follower = journal.follow("a", streams=streams)
    assert not journal.is_streamed("a", "run_1")
    follower.only("run_1")
    assert journal.is_streamed("a", "run_1") is streams


# --- deltas ----------------------------------------------------------------------------------------------------------


def shown(text):
    return {"text": text}


def deltas(cut, *bounds, make=shown):
    return [entry("thread.message.delta", data=Pieces(make, cut, first, last)) for first, last in bounds]


def bounds(follower):
    return [(entry.data.first, entry.data.last) for entry in follower.take()]


def test_deltas_are_told_by_their_name():
    assert entry("thread.run.step.delta").is_delta
    assert not entry("thread.message.completed").is_delta


def test_an_entry_has_a_name_for_each_delta():
    assert entry("thread.run.queued").names == ["thread.run.queued"]
    assert deltas(Cut.of("abcd"), (1, 4))[0].names == ["thread.message.delta"] * 3


async def test_deltas_of_one_text_that_follow_each_other_become_one_that_waits():
    journal, cut = Journal(), Cut.of(["a", "b", "c", "d"])
    first, second = journal.follow("a"), journal.follow("a", "run_1")
    journal.publish("a", deltas(cut, (0, 1), (1, 3)))
    assert bounds(first) == [(0, 3)]
    journal.publish("a", deltas(cut, (3, 4)))
    assert (bounds(first), bounds(second)) == ([(3, 4)], [(0, 4)])


async def test_other_deltas_wait_one_by_one():
    journal, cut, other = Journal(), Cut.of(["a", "b", "c"]), Cut.of(["a", "b", "c"])
    follower = journal.follow("a")
    journal.publish("a", [*deltas(cut, (0, 1), (2, 3)), *deltas(other, (0, 1)), *deltas(other, (1, 2), make=dict)])
    assert bounds(follower) == [(0, 1), (2, 3), (0, 1), (1, 2)]


async def test_what_comes_between_two_deltas_stays_between_them():
    journal, cut = Journal(), Cut.of(["a", "b"])
    follower = journal.follow("a")
    journal.publish("a", [*deltas(cut, (0, 1)), entry("thread.message.delta"), *deltas(cut, (1, 2))])
    assert [entry.data for entry in follower.take()] == [Pieces(shown, cut, 0, 1), {}, Pieces(shown, cut, 1, 2)]


async def test_a_delta_that_joins_another_is_read_with_it():
    async def reading():
        return [[(entry.data.first, entry.data.last) for entry in batch] async for batch in journal.follow("a")]

    journal, cut = Journal(), Cut.of(["a", "b"])
    task = asyncio.create_task(reading())
    await asyncio.sleep(0)
    journal.publish("a", deltas(cut, (0, 1), (1, 2)))
    journal.close()
    assert await asyncio.wait_for(task, 10) == [[(0, 2)]]


# --- slow readers ----------------------------------------------------------------------------------------------------


async def test_a_stream_is_full_when_as_much_waits_as_may(most_waiting):
    journal = Journal()
    follower = journal.follow("a", streams=True)
    journal.publish("a", [entry("one")] * (most_waiting - 1))
    assert not follower.is_full
    journal.publish("a", [entry("one")])
    assert follower.is_full


async def test_only_a_lossy_observer_loses_the_oldest_entries_when_it_does_not_keep_up(most_waiting):
    journal = Journal()
    observer, stream, other = journal.follow("a", is_lossy=True), journal.follow("a", streams=True), journal.follow("a")
    journal.publish("a", [entry(str(n)) for n in range(most_waiting)])
    assert not observer.has_gap
    journal.publish("a", [entry("more"), entry("still more")])
    assert (observer.has_gap, stream.has_gap, other.has_gap) == (True, False, False)
    assert [entry.event for entry in observer.take()] == ["2", "more", "still more"]
    assert [entry.event for entry in stream.take()] == ["0", "1", "2", "more", "still more"]
    assert len(other.take()) == most_waiting + 2


async def test_deltas_of_one_text_never_fill_a_stream(most_waiting):
    journal, cut = Journal(), Cut.of("x" * 100)
    follower = journal.follow("a", streams=True)
    journal.publish("a", deltas(cut, *((n, n + 1) for n in range(100))))
    assert not follower.is_full


@pytest.mark.parametrize("end", ["take", "leave", "close"])
async def test_whoever_waits_for_room_is_woken_when_there_is_some(most_waiting, end):
    journal = Journal()
    follower = journal.follow("a", streams=True)
    journal.publish("a", [entry("one")] * most_waiting)
    waiting = asyncio.create_task(follower.room())
    await asyncio.sleep(0)
    assert not waiting.done()
    getattr(follower, end)()
    await asyncio.wait_for(waiting, 10)
    assert not follower.is_full


async def test_a_follower_with_room_is_not_waited_for():
    await asyncio.wait_for(Journal().follow("a").room(), 10)


async def test_slow_readers_are_the_streams_of_the_run_that_are_full(most_waiting):
    journal = Journal()
    assert journal.slow_readers("a", "run_1") == []
    slow, quick = (journal.follow("a", "run_1", streams=True) for _ in range(2))
    journal.follow("a", "run_1")
    journal.follow("a", streams=True)
    journal.publish("a", [entry("one")] * (most_waiting - 1))
    assert journal.slow_readers("a", "run_1") == []
    quick.take()
    journal.publish("a", [entry("one")])
    assert journal.slow_readers("a", "run_1") == [slow]
    assert journal.slow_readers("a", "run_2") == journal.slow_readers("b", "run_1") == []
    slow.leave()
    assert journal.slow_readers("a", "run_1") == []
