from emulator.service import snapshots

SNAPSHOTS = "/ns/shop/snapshots"


async def names(server):
    return [one["name"] for one in (await server.control("GET", SNAPSHOTS)).json()["snapshots"]]


async def assistants(server):
    return [one["model"] for one in (await server.api("GET", "/assistants")).json()["data"]]


async def test_a_snapshot_that_one_server_keeps_is_restored_by_the_other(pair):
    one, other = pair
    await one.api("POST", "/assistants", {"model": "gpt-4o"})
    await one.control("POST", SNAPSHOTS, {"name": "before"})
    await other.api("POST", "/assistants", {"model": "gpt-4.1"})
    assert await names(other) == ["before"]
    await other.control("POST", f"{SNAPSHOTS}/before/restore")
    assert [await assistants(server) for server in pair] == [["gpt-4o"]] * 2


async def test_a_snapshot_is_downloaded_from_either_server_and_goes_up_to_either(pair):
    one, other = pair
    await one.api("POST", "/assistants", {"model": "gpt-4o"})
    await one.control("POST", SNAPSHOTS, {"name": "a"})
    files = [(await server.control("GET", f"{SNAPSHOTS}/a")).content for server in pair]
    assert files[0] == files[1]
    url, kind = "/_emulator/ns/shop/snapshots/b", {"content-type": "application/zip"}
    assert (await other.client.put(url, content=files[0], headers=kind)).status_code == 200
    assert await names(one) == ["b", "a"]
    await one.control("DELETE", f"{SNAPSHOTS}/b")
    assert await names(other) == ["a"]


async def test_snapshots_stay_at_a_reset_and_go_with_their_namespace(pair):
    one, other = pair
    await one.control("POST", SNAPSHOTS, {"name": "a"})
    await other.control("POST", "/ns/shop/reset")
    assert await names(one) == ["a"]
    await one.control("DELETE", "/ns/shop")
    await one.control("PUT", "/ns/shop", {})
    assert [await names(server) for server in pair] == [[], []]


async def test_what_was_in_memory_is_restored_on_every_server(pair):
    one, other = pair
    await one.control("PUT", "/ns/shop", {"quotas": {"rpm": 3}, "clock": {"mode": "frozen"}})
    await one.control("POST", "/ns/shop/faults", {"do": {"status": 500, "delay": "1ms"}, "times": 2})
    assert await other.status() == 500
    assert await one.status(path="/models") == 500
    await other.control("DELETE", "/ns/shop/faults")
    await one.control("POST", "/ns/shop/faults", {"do": {"status": 503}, "times": 1})
    await one.control("POST", SNAPSHOTS, {"name": "a"})
    assert await other.status() == 503
    await other.control("POST", f"{SNAPSHOTS}/a/restore")
    (fault,) = (await one.control("GET", "/ns/shop/faults")).json()["faults"]
    assert fault["hits"] == 0
    assert [await one.status(), await other.status()] == [503, 200]


async def test_the_bytes_of_a_kept_snapshot_are_not_swept(pair):
    one, other = pair
    await one.control("POST", SNAPSHOTS, {"name": "a"})
    blobs = other.namespaces.blobs
    for _ in range(3):
        await blobs.beside(lambda: blobs.sweep(0.0))
    assert (await other.control("GET", f"{SNAPSHOTS}/a")).content.startswith(b"PK")


async def test_a_server_saves_the_faults_of_a_namespace_that_it_has_not_opened(pair, tmp_path):
    one, other = pair
    await one.control("POST", "/ns/shop/faults", {"do": {"status": 500}, "times": 3})
    await one.status()
    (row,) = await other.namespaces.documents.namespaces()
    await snapshots.write_stored(other.namespaces, row, tmp_path / "shop.zip")
    await snapshots.restore(other.namespaces, "again", tmp_path / "shop.zip")
    (fault,) = (await one.control("GET", "/ns/again/faults")).json()["faults"]
    assert (fault["hits"], fault["times"]) == (1, 3)
