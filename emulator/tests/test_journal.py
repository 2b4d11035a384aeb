import asyncio

from emulator.store.journal import Entry, Journal


def entry(event, ns="a", run="run_1"):
    return Entry(ns, "thread_1", run, event, {})


async def heard(follower):
    follower.close()
    return [entry.event async for batch in follower for entry in batch]


async def test_a_follower_hears_what_comes_after_it_joined():
    journal = Journal()
    journal.publish([entry("before")])
    follower = journal.follow("a")
    journal.publish([entry("one"), entry("two")])
    assert await heard(follower) == ["one", "two"]


async def test_a_follower_hears_its_namespace_and_its_run_only():
    journal = Journal()
    whole, one = journal.follow("a"), journal.follow("a", "run_1")
    journal.publish([entry("mine"), entry("other run", run="run_2"), entry("other world", ns="b")])
    assert await heard(one) == ["mine"]
    assert await heard(whole) == ["mine", "other run"]


async def test_whoever_learns_later_which_run_it_is_misses_nothing_of_it():
    journal = Journal()
    follower = journal.follow("a")
    journal.publish([entry("mine"), entry("other", run="run_2")])
    follower.only("run_1")
    journal.publish([entry("other still", run="run_2"), entry("mine again")])
    assert await heard(follower) == ["mine", "mine again"]


async def test_a_follower_that_left_hears_nothing_more_and_is_forgotten():
    journal = Journal()
    follower = journal.follow("a")
    journal.publish([entry("one")])
    follower.leave()
    follower.leave()
    journal.publish([entry("two")])
    assert journal.followers == {}
    assert await heard(follower) == ["one"]


async def test_waiting_is_woken_by_news_and_by_the_end():
    journal = Journal()
    follower = journal.follow("a")
    events = []

    async def read():
        events.extend([entry.event async for batch in follower for entry in batch])

    reading = asyncio.create_task(read())
    await asyncio.sleep(0)
    journal.publish([entry("late")])
    await asyncio.sleep(0)
    assert events == []
    journal.close()
    await asyncio.wait_for(reading, 10)
    assert events == ["late"]


async def test_closing_a_run_leaves_the_others_reading():
    journal = Journal()
    gone, kept = journal.follow("a", "run_1"), journal.follow("a", "run_2")
    journal.close("a", "run_1")
    assert await asyncio.wait_for(heard_now(gone), 10) == []
    assert not kept._closed


async def test_closing_a_namespace_leaves_the_others_reading():
    journal = Journal()
    gone, kept = journal.follow("a"), journal.follow("b")
    journal.close("a")
    assert (gone._closed, kept._closed) == (True, False)


async def heard_now(follower):
    return [entry.event async for batch in follower for entry in batch]
