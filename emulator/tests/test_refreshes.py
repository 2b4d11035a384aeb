from dataclasses import replace

import pytest

from emulator.domain.errors import ApiError
from emulator.domain.ports import ScriptSource
from emulator.tests.replicas_together import Together
from emulator.tests.test_shared_requests import stored


@pytest.fixture
async def together(tmp_path):
    together = Together(tmp_path)
    yield together
    await together.stop()


async def test_a_namespace_that_was_changed_elsewhere_is_taken_in_anew_before_it_is_used(together):
    first, second = [await together.start() for _ in range(2)]
    await stored(first)
    other = await stored(second)
    await first.namespaces.put("default", {"strict": True})
    one = await first.namespaces.open("default")
    async with one.transaction() as tx:
        one.clock.change("frozen", at=5_000.0)
        one.store(tx)
    assert second.namespaces.opened("default") is other
    await first.shared.refresh("default")
    assert second.namespaces.opened("default") is None
    assert await second.namespaces.open("default") is other
    assert other.config.strict
    assert other.clock.now() == 5_000.0
    assert second.namespaces.opened("default") is other


async def test_what_stands_in_rows_is_taken_in_where_a_namespace_is_opened_and_where_it_was_changed(together):
    first, second = [await together.start() for _ in range(2)]
    taken_in = []

    async def take_in(namespace, tx):
        taken_in.append((namespace.name, tx.generation == namespace.generation))

    second.namespaces.refreshes.of_namespace.append(take_in)
    await second.namespaces.open("default")
    assert taken_in == []  # it is not there yet
    await stored(first)
    await stored(first, "other")
    await first.shared.refresh("default")
    await second.namespaces.open("default")
    await second.namespaces.open("other")
    await second.namespaces.open("other")
    assert taken_in == [("default", True), ("other", True)]


async def test_what_fails_to_be_taken_in_is_taken_in_the_next_time(together):
    first, second = [await together.start() for _ in range(2)]
    await stored(first)
    other = await stored(second)
    failures = [ApiError(500, "not now")]

    async def take_in(namespace, tx):
        if failures:
            raise failures.pop()

    second.namespaces.refreshes.of_namespace.append(take_in)
    await first.shared.refresh("default")
    with pytest.raises(ApiError):
        await second.namespaces.open("default")
    assert second.namespaces.opened("default") is None
    assert await second.namespaces.open("default") is other


async def test_a_reset_elsewhere_leaves_nothing_of_the_last_generation_in_memory(together):
    first, second = [await together.start() for _ in range(2)]
    one, other = await stored(first), await stored(second)
    other.consumption.spend("key", 5, 10, 0.0)
    before = other.consumption.state()
    follower = other.documents.journal.follow("default")
    await first.namespaces.reset("default")
    await first.shared.refresh("default")
    await second.namespaces.open("default")
    assert other.generation == one.generation
    assert other.consumption.state() != before
    assert follower.is_closed


async def test_a_reset_elsewhere_is_noticed_though_a_transaction_came_in_between(together):
    first, second = [await together.start() for _ in range(2)]
    await stored(first)
    other = await stored(second)
    follower = other.documents.journal.follow("default")
    await first.namespaces.reset("default")
    async with other.transaction():
        pass
    assert not follower.is_closed
    await first.shared.refresh("default")
    await second.namespaces.open("default")
    assert follower.is_closed


async def test_what_a_replica_resets_itself_is_not_taken_for_the_change_of_another(together):
    first, second = [await together.start() for _ in range(2)]
    one = await stored(first)
    await first.namespaces.reset("default")
    follower = one.documents.journal.follow("default")
    await second.shared.refresh("default")
    assert await first.namespaces.open("default") is one
    assert not follower.is_closed


async def test_a_namespace_that_was_deleted_elsewhere_is_not_there_any_more(together):
    first, second = [await together.start() for _ in range(2)]
    await stored(first)
    other = await stored(second)
    await first.namespaces.delete("default")
    await first.shared.refresh("default")
    with pytest.raises(ApiError) as refused:
        await second.namespaces.find("default")
    assert refused.value.status == 404
    again = await stored(first)
    assert (await second.namespaces.open("default")).generation == again.generation
    assert second.namespaces.opened("default") is not other


async def test_scripts_that_were_put_elsewhere_play_here(together):
    first, second = [await together.start() for _ in range(2)]
    await stored(first)
    other = await stored(second)
    source = ScriptSource("a.yaml", "emulator: 1\nturns:\n  - steps: [{say: Fog.}]\n")
    await first.namespaces.put_scripts("default", [source])
    await first.shared.refresh("default")
    await second.namespaces.open("default")
    async with other.transaction() as tx:
        (found,) = await second.namespaces.scripts.sources(other, tx)
    assert found.text == source.text


async def test_one_that_was_away_takes_in_every_namespace_and_what_belongs_to_none(together):
    first, second = [await together.start() for _ in range(2)]
    other = await stored(second)
    taken_in = []

    async def take_in():
        taken_in.append("server")

    second.namespaces.refreshes.of_server.append(take_in)
    await first.namespaces.put("default", {"strict": True})
    second.bus.mend()
    await second.members.ensure_current()
    assert taken_in == ["server"]
    assert second.namespaces.opened("default") is None
    await second.namespaces.open("default")
    assert other.config == replace(other.config, strict=True)


async def test_a_namespace_that_another_replica_has_made_meanwhile_is_found(together):
    first, second = [await together.start() for _ in range(2)]
    for replica in (first, second):
        assert not (await replica.namespaces.open("default")).is_stored
    await first.namespaces.put("default", {"strict": True})
    assert (await second.namespaces.find("default")).config.strict


async def test_what_another_replica_changes_back_is_taken_in(together):
    first, second = [await together.start() for _ in range(2)]
    one = await stored(first)
    await first.namespaces.put("default", {"strict": True})
    async with one.transaction():
        pass  # it sees its own change in the row
    await first.namespaces.put("default", {"strict": False})
    await second.namespaces.put("default", {"strict": True})
    await second.shared.refresh("default")
    assert (await first.namespaces.open("default")).config.strict
