import asyncio

import pytest

from emulator.domain.errors import UnavailableDatabaseError
from emulator.replicas import members, questions
from emulator.store import replica_rows
from emulator.store.database import UnusableDatabaseError
from emulator.tests.replicas_together import ALIKE, Together


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    monkeypatch.setattr(members, "_BETWEEN", 0.001)
    monkeypatch.setattr(questions, "_AGAIN", 0.01)


@pytest.fixture
async def together(tmp_path):
    together = Together(tmp_path)
    yield together
    await together.stop()


def noting(replica, what):
    noted = []

    async def note(ns):
        noted.append(ns)

    replica.questions.answer(what, note)
    return noted


async def test_a_replica_is_known_to_all_others_once_it_has_started(together):
    first, second, third = [await together.start() for _ in range(3)]
    assert [first.members.id, second.members.id, third.members.id] == [1, 2, 3]
    assert first.members.others == {2, 3}
    assert second.members.others == {1, 3}
    assert third.members.others == {1, 2}


async def test_who_is_alone_asks_nobody(together):
    replica = await together.start()
    before = len(together.wire.sent)
    await replica.questions.ask_all("look", "default")
    assert len(together.wire.sent) == before


async def test_a_question_is_answered_by_all_others_and_not_by_who_asks(together):
    first, second, third = [await together.start() for _ in range(3)]
    noted = [noting(replica, "look") for replica in (first, second, third)]
    await first.questions.ask_all("look", "default")
    assert noted == [[], ["default"], ["default"]]
    await second.questions.ask_all("look", "")
    assert noted == [[""], ["default"], ["default", ""]]


async def test_a_question_waits_until_it_was_done(together):
    first, second = [await together.start() for _ in range(2)]
    may_end, done = asyncio.Event(), []

    async def slow(ns):
        await may_end.wait()
        done.append(ns)

    second.questions.answer("look", slow)
    asking = asyncio.create_task(first.questions.ask_all("look", "default"))
    for _ in range(10):
        await asyncio.sleep(0)
    assert not asking.done()
    may_end.set()
    await asking
    assert done[0] == "default"


async def test_a_lost_message_is_sent_again(together):
    first, second = [await together.start() for _ in range(2)]
    noted = noting(second, "look")
    second.bus.is_cut = True
    asking = asyncio.create_task(first.questions.ask_all("look", "default"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not noted
    second.bus.is_cut = False
    await asking
    assert "default" in noted


async def test_nobody_waits_for_one_that_has_died(together):
    first, second, third = [await together.start() for _ in range(3)]
    noted = noting(third, "look")
    second.die()
    together.time.at += 2.0
    await third.members.beat()
    together.time.at += 2.0
    await first.questions.ask_all("look", "default")
    assert "default" in noted
    assert first.members.others == {3}


async def test_nobody_waits_for_one_that_has_left(together):
    first, second = [await together.start() for _ in range(2)]
    await second.shared.stop()
    await asyncio.sleep(0)
    assert first.members.others == frozenset()
    assert together.rows("SELECT seq FROM replicas") == [(1,)]


async def test_the_rows_of_the_dead_are_swept_with_what_they_left(together):
    first, second = [await together.start() for _ in range(2)]
    second.die()
    together.rows("INSERT INTO state_coverage VALUES ('default', 2, '{}') RETURNING ns")
    together.time.at += 11.0
    await first.members.beat()
    assert together.rows("SELECT seq FROM replicas") == [(1,)]
    assert together.rows("SELECT * FROM state_coverage") == []


async def test_one_that_was_away_looks_anew_before_it_counts_again(together):
    first, second = [await together.start() for _ in range(2)]
    looked = []

    async def look():
        looked.append(second.members.is_current)

    second.members.at_return.append(look)
    together.time.at += 4.0
    assert not second.members.is_current
    await second.members.ensure_current()
    assert looked == [False]
    assert second.members.is_current
    await first.members.beat()
    assert first.members.others == {2}


async def test_one_that_hears_nothing_does_not_count_and_refuses_to_answer(together):
    first, second = [await together.start() for _ in range(2)]
    second.bus.is_cut = True
    await second.members.beat()
    together.time.at += 4.0
    with pytest.raises(UnavailableDatabaseError):
        await second.members.ensure_current()
    await first.members.beat()
    assert first.members.others == frozenset()
    second.bus.mend()
    await second.members.ensure_current()
    await first.members.beat()
    assert first.members.others == {2}


async def test_one_whose_connection_was_lost_looks_anew(together):
    replica = await together.start()
    looked = []

    async def look():
        looked.append(True)

    replica.members.at_return.append(look)
    replica.bus.mend()
    assert not replica.members.is_current
    await replica.members.ensure_current()
    assert looked == [True]


async def test_one_that_differs_is_refused_in_one_line_that_says_in_what(together):
    await together.start()
    together.time.step = 0.2
    for replica in together.replicas:
        replica.members._beating.cancel()
    living = asyncio.create_task(beat_on(together.replicas[0]))
    with pytest.raises(UnusableDatabaseError) as refused:
        await together.start({"other scripts": "1234", "another choice of --execute-code": "True"})
    living.cancel()
    assert str(refused.value) == (
        "replica 1 works on this database with other scripts and another choice of --execute-code: start this one with"
        " the same, or stop all others first"
    )
    assert together.rows("SELECT seq FROM replicas") == [(1,)]


async def beat_on(replica):
    while True:
        await replica.members.beat()
        await asyncio.sleep(0.001)


async def test_one_that_differs_waits_for_another_that_has_just_died(together):
    first = await together.start()
    first.die()
    together.time.step = 0.2
    second = await together.start({**ALIKE, "other scripts": "new"})
    assert second.members.others == frozenset()


async def test_a_row_that_was_swept_comes_back_with_its_number(together):
    first, second = [await together.start() for _ in range(2)]
    together.time.at += 11.0
    await first.members.beat()
    await second.members.ensure_current()
    assert together.rows("SELECT seq FROM replicas ORDER BY seq") == [(1,), (2,)]


async def test_a_sign_that_could_not_be_given_is_not_waited_for(together, monkeypatch):
    replica = await together.start()

    async def broken(session):
        raise UnavailableDatabaseError("no connection")

    with monkeypatch.context() as patch:
        patch.setattr(replica_rows, "every", broken)
        with pytest.raises(UnavailableDatabaseError):
            await replica.members.beat()
    together.time.at += 4.0
    await replica.members.beat()
    assert replica.members.is_current


async def test_what_was_lost_with_a_connection_is_not_waited_for(together):
    replica = await together.start()
    replica.bus.is_cut = True
    await replica.members.beat()
    await asyncio.sleep(0)
    replica.bus.mend()
    await replica.members.beat()
    assert replica.members.is_current
