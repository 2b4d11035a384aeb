import asyncio

import pytest

from emulator.store.journal import Entry, Journal


def entry(event, ns="a", run="run_1"):
    return Entry(ns, "thread_1", run, event, {})


async def events(follower):
    return [entry.event async for batch in follower for entry in batch]


async def received(follower):
    follower.close()
    return await events(follower)


async def test_a_follower_receives_what_is_published_after_it_joined():
    journal = Journal()
    journal.publish([entry("before")])
    follower = journal.follow("a")
    journal.publish([entry("one"), entry("two")])
    assert await received(follower) == ["one", "two"]


async def test_a_follower_receives_entries_of_its_namespace_and_its_run_only():
    journal = Journal()
    whole, one = journal.follow("a"), journal.follow("a", "run_1")
    journal.publish([entry("this run"), entry("other run", run="run_2"), entry("other namespace", ns="b")])
    assert await received(one) == ["this run"]
    assert await received(whole) == ["this run", "other run"]


async def test_an_entry_about_no_run_reaches_a_follower_of_the_namespace_once():
    journal = Journal()
    follower = journal.follow("a")
    journal.publish([entry("thread.created", run=None)])
    assert await received(follower) == ["thread.created"]


async def test_a_follower_that_learns_later_which_run_it_follows_misses_nothing_of_it():
    journal = Journal()
    follower = journal.follow("a")
    journal.publish([entry("first"), entry("other", run="run_2")])
    follower.only("run_1")
    journal.publish([entry("other still", run="run_2"), entry("second")])
    assert await received(follower) == ["first", "second"]


async def test_a_follower_that_left_receives_nothing_more_and_is_forgotten():
    journal = Journal()
    follower = journal.follow("a")
    journal.publish([entry("one")])
    follower.leave()
    follower.leave()
    journal.publish([entry("two")])
    assert journal.followers == {}
    assert await received(follower) == ["one"]


async def test_an_iteration_is_woken_by_an_entry_and_by_the_end():
    journal = Journal()
    reading = asyncio.create_task(events(journal.follow("a")))
    await asyncio.sleep(0)
    journal.publish([entry("late")])
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
