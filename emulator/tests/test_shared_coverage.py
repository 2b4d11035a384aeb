import pytest

from emulator.domain.observations import Observed, ObservedStream, Seen
from emulator.domain.state_coverage import Coverage
from emulator.tests.replicas_together import Together
from emulator.tests.test_shared_requests import request, stored


@pytest.fixture
async def together(tmp_path):
    together = Together(tmp_path)
    yield together
    await together.stop()


def meet(namespace, error):
    """Let a client meet an error, in a request that is logged."""
    namespace.requests.append(request())
    namespace.coverage.note(400, Observed(error=error), None)


async def test_all_replicas_know_what_clients_met_on_each(together):
    first, second = [await together.start() for _ in range(2)]
    one, other = await stored(first), await stored(second)
    meet(one, "a")
    meet(other, "a")
    meet(other, "b")
    await first.shared.flush("default")
    expected = {"400 a": 2, "400 b": 1}
    assert (await one.met()).errors == expected
    assert (await other.met()).errors == expected
    assert (await first.namespaces.all_coverage()).errors == expected
    assert not one.coverage
    meet(one, "b")
    assert (await one.met()).errors == {"400 a": 2, "400 b": 2}


async def test_streams_under_way_are_met_elsewhere_and_counted_once(together):
    first, second = [await together.start() for _ in range(2)]
    one, other = await stored(first), await stored(second)
    stream = ObservedStream()
    stream.see("thread.run.created", {"object": "thread.run", "id": "run_1", "status": "queued"})
    one.streams.add(stream)
    for _ in range(2):
        await second.shared.flush("default")
        assert (await other.met()).met == (await one.met()).met != {}
        assert (await second.namespaces.all_coverage()).met == (await one.met()).met
    shown = dict((await one.met()).met)
    one.streams.discard(stream)
    one.requests.append(request())
    one.coverage.note(0, stream.observed(), None)
    await second.shared.flush("default")
    assert dict((await other.met()).met) == dict((await one.met()).met)
    assert set(shown) <= set((await other.met()).met)
    assert together.rows("SELECT count(*) FROM state_coverage WHERE replica <> 0") == [(0,)]


async def test_coverage_outlives_a_reset_and_is_forgotten_where_that_is_asked(together):
    first, second = [await together.start() for _ in range(2)]
    one, other = await stored(first), await stored(second)
    meet(one, "a")
    await second.shared.flush("default")
    await second.namespaces.reset("default")
    assert (await other.met()).errors == {"400 a": 1}
    await second.namespaces.clear_coverage("default")
    assert (await one.met()).errors == (await other.met()).errors == {}


async def test_the_server_knows_what_was_met_in_namespaces_that_are_gone(together):
    first, second = [await together.start() for _ in range(2)]
    one = await stored(first)
    await stored(second, "other")
    meet(one, "a")
    await first.shared.flush("")
    await second.namespaces.delete("default")
    await second.shared.refresh("default")
    assert (await first.namespaces.all_coverage()).errors == {"400 a": 1}
    assert (await second.namespaces.all_coverage()).errors == {"400 a": 1}
    assert (await (await stored(first)).met()).errors == {}


async def test_going_back_to_a_snapshot_makes_nothing_unmet(together):
    first, second = [await together.start() for _ in range(2)]
    one, other = await stored(first), await stored(second)
    for error in ("a", "a", "b"):
        meet(one, error)
    await first.shared.flush("default")
    earlier = Coverage()
    for error in ("a", "c", "c"):
        earlier.note(400, Observed(error=error), None)
    async with other.transaction() as tx:
        assert await other.coverages.take_over("default", earlier, tx)
        other.store(tx)
    assert (await one.met()).errors == {"400 a": 2, "400 b": 1, "400 c": 2}


async def test_statuses_that_were_seen_are_met(together):
    replica = await together.start()
    namespace = await stored(replica)
    namespace.requests.append(request())
    namespace.coverage.note(200, Observed((Seen("thread.run", "run_1", "queued"),)), None)
    before = (await namespace.met()).to_json()
    await replica.shared.flush("default")
    assert (await namespace.met()).to_json() == before
