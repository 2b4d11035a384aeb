"""Vector stores on two servers: what one of them takes in is read once, shown by both, and found by both."""

import asyncio

import pytest

from emulator.store.tables import IngestionProgress, Timer, VectorStoreFile


async def uploaded(server, text, name="a.txt"):
    """Return the id of a file."""
    response = await server.client.post(
        "/v1/files",
        files={"file": (name, text.encode())},
        data={"purpose": "assistants"},
        headers={"authorization": "Bearer sk-emu-shop"},
    )
    assert response.status_code == 200, response.text
    return response.json()["id"]


async def paced(server, *, frozen=False, **pace):
    await server.control("PUT", "/ns/shop/pace", pace)
    if frozen:
        await server.control("PATCH", "/ns/shop/clock", {"mode": "frozen"})


async def store_with(server, *file_ids):
    response = await server.api("POST", "/vector_stores", {"file_ids": list(file_ids)})
    assert response.status_code == 200, response.text
    return response.json()["id"]


async def status(server, store):
    return (await server.api("GET", f"/vector_stores/{store}")).json()["status"]


async def rows(server, table):
    namespace = await server.namespaces.open("shop")
    async with namespace.transaction() as tx:
        return await tx.all(table)


async def found(server, store, query):
    response = await server.api("POST", f"/vector_stores/{store}/search", {"query": query})
    assert response.status_code == 200, response.text
    return {hit["file_id"] for hit in response.json()["data"]}


# --- taking in -----------------------------------------------------------------------------------------------------


async def test_what_one_server_is_given_the_other_shows_as_taken_in(pair):
    one, other = pair
    store = await store_with(one, await uploaded(one, "pie"), await uploaded(other, "cake"))
    shown = (await other.api("GET", f"/vector_stores/{store}")).json()
    assert (shown["status"], shown["file_counts"]["completed"]) == ("completed", 2)
    assert not await rows(one, IngestionProgress)


async def test_polls_count_whichever_server_is_asked(pair):
    one, other = pair
    await paced(one, progression="polls", times=3)
    store = await store_with(one, await uploaded(one, "pie"))
    statuses = [await status(server, store) for server in (one, other, one, other)]
    assert statuses == ["in_progress", "in_progress", "in_progress", "completed"]


async def test_a_clock_that_is_moved_on_one_server_takes_in_what_came_to_the_other(pair):
    one, other = pair
    await paced(one, frozen=True, progression="time", seconds=5)
    store = await store_with(one, await uploaded(one, "pie"))
    await other.control("POST", "/ns/shop/clock/advance", {"by": "4s"})
    assert await status(one, store) == "in_progress"
    await other.control("POST", "/ns/shop/clock/advance", {"by": "1s"})
    assert [await status(server, store) for server in pair] == ["completed", "completed"]
    assert not await rows(one, Timer)


async def test_a_real_clock_takes_in_what_its_time_has_come_for(pair):
    one, other = pair
    await paced(one, progression="time", seconds=0.3)
    store = await store_with(one, await uploaded(one, "pie"))
    async with asyncio.timeout(20):
        while await status(other, store) != "completed":  # noqa: ASYNC110 - the clock says when
            await asyncio.sleep(0.02)


async def test_a_search_takes_in_what_is_only_shown_as_in_progress(pair):
    one, other = pair
    await paced(one, progression="polls", times=100)
    file_id = await uploaded(one, "pie")
    store = await store_with(one, file_id)
    assert await found(other, store, "pie") == {file_id}


async def test_a_file_that_is_read_twice_at_the_same_time_is_taken_in_once(start):
    async for pair in start(role="web"):  # so that nobody does the job
        one, other = pair
        store = await store_with(one, await uploaded(one, "pie"), await uploaded(one, "cake"))
        (row,) = await rows(one, IngestionProgress)
        namespaces = [await server.namespaces.open("shop") for server in pair]
        await asyncio.gather(*(namespace.ingestions.ingest(row["id"]) for namespace in namespaces))
        await other.namespaces.opened("shop").ingestions.ingest(row["id"])
        assert {row["status"] for row in await rows(one, VectorStoreFile)} == {"completed"}
        assert not await rows(one, IngestionProgress)
        assert await status(other, store) == "completed"


async def test_what_breaks_off_is_done_again_and_nothing_is_lost(start):
    async for one, other in start(role="web"):
        store = await store_with(one, *[await uploaded(one, str(number)) for number in range(3)])
        (row,) = await rows(one, IngestionProgress)
        dying = await one.namespaces.open("shop")
        reading = asyncio.create_task(dying.ingestions.ingest(row["id"]))
        while not any(row["status"] == "completed" for row in await rows(other, VectorStoreFile)):  # noqa: ASYNC110
            await asyncio.sleep(0)  # it is between two files for only a moment
        reading.cancel()
        await asyncio.wait([reading])
        await (await other.namespaces.open("shop")).ingestions.ingest(row["id"])
        assert await status(other, store) == "completed"
        assert not await rows(other, IngestionProgress)


@pytest.mark.parametrize("how", ["deleted", "reset"])
async def test_nothing_is_left_of_what_goes_before_it_was_taken_in(pair, how):
    one, other = pair
    await paced(one, frozen=True, progression="time", seconds=5)
    store = await store_with(one, await uploaded(one, "pie"))
    if how == "deleted":
        await other.api("DELETE", f"/vector_stores/{store}")
    else:
        await other.control("POST", "/ns/shop/reset")
    assert not await rows(one, IngestionProgress)
    await one.control("POST", "/ns/shop/clock/advance", {"by": "9s"})
    assert not await rows(one, Timer)


# --- searching -----------------------------------------------------------------------------------------------------


async def test_what_is_added_and_taken_out_on_one_server_is_so_for_searches_on_the_other(pair):
    one, other = pair
    pie, cake = await uploaded(one, "apple pie"), await uploaded(one, "apple cake")
    store = await store_with(one, pie)
    assert await found(other, store, "apple") == {pie}
    await one.api("POST", f"/vector_stores/{store}/files", {"file_id": cake})
    assert await found(other, store, "apple") == {pie, cake}
    await one.api("DELETE", f"/vector_stores/{store}/files/{pie}")
    assert await found(other, store, "apple") == {cake}


async def test_a_search_after_a_reset_elsewhere_finds_nothing_of_before(pair):
    one, other = pair
    before = await store_with(one, await uploaded(one, "apple pie"))
    await found(other, before, "apple")
    await one.control("POST", "/ns/shop/reset")
    file_id = await uploaded(one, "plum cake", "b.txt")
    after = await store_with(one, file_id)
    assert after == before  # ids begin anew
    response = await other.api("POST", f"/vector_stores/{after}/search", {"query": "apple"})
    assert [hit["filename"] for hit in response.json()["data"]] == ["b.txt"]


async def test_a_search_reads_by_itself_what_no_worker_has_time_for(start, monkeypatch):
    monkeypatch.setattr("emulator.engine.stored_ingestions._PATIENCE", 0.05)
    async for one, other in start(role="web"):
        file_id = await uploaded(one, "pie")
        store = await store_with(one, file_id)
        async with asyncio.timeout(20):
            namespace = await other.namespaces.open("shop")
            await namespace.ingestions.complete(store)
        assert not await rows(one, IngestionProgress)
        assert await found(other, store, "pie") == {file_id}
