import asyncio

from emulator.tests.replicas.patience import until

FAULTS = "/ns/shop/faults"


async def test_a_fault_that_is_armed_on_one_server_hits_on_the_other(pair):
    one, other = pair
    assert (await other.status()) == 200
    await one.control("POST", FAULTS, {"do": {"status": 500}, "times": 1})
    assert [await other.status(), await other.status(), await one.status()] == [500, 200, 200]


async def test_a_fault_hits_as_often_as_it_says_over_all_servers(pair):
    await pair[0].control("POST", FAULTS, {"do": {"status": 503}, "times": 5, "after": 2})
    statuses = await asyncio.gather(*(server.status() for server in pair for _ in range(12)))
    assert statuses.count(503) == 5
    for server in pair:
        (fault,) = (await server.control("GET", FAULTS)).json()["faults"]
        assert fault["hits"] == 5


async def test_chances_are_drawn_in_the_same_order_as_by_one_server(pair):
    one, other = pair
    await one.control("POST", FAULTS, {"do": {"status": 500}, "probability": 0.5})
    spread = [await pair[count % 2].status() for count in range(20)]
    await one.control("DELETE", FAULTS)
    await one.control("POST", FAULTS, {"do": {"status": 500}, "probability": 0.5})
    assert spread == [await other.status() for _ in range(20)]


async def test_faults_that_are_removed_on_one_server_hit_nothing_on_the_other(pair):
    one, other = pair
    await one.control("POST", FAULTS, {"do": {"status": 500}})
    assert await other.status() == 500
    await other.control("DELETE", FAULTS)
    assert [await one.status(), await other.status()] == [200, 200]
    assert (await one.control("GET", FAULTS)).json() == {"faults": []}


async def test_an_answer_that_a_fault_holds_up_goes_on_when_it_is_removed_on_the_other_server(pair):
    one, other = pair
    await one.control("POST", FAULTS, {"do": {"delay": "10m"}})
    held = asyncio.create_task(other.status())
    await until(lambda: (shop := other.namespaces.open_here("shop")) is not None and shop.pauses.are_under_way)
    await one.client.delete(f"/_emulator{FAULTS}")
    assert await asyncio.wait_for(held, 20) == 200


async def test_a_reset_on_one_server_removes_the_faults_of_the_other(pair):
    one, other = pair
    await one.control("POST", FAULTS, {"do": {"status": 500}})
    assert await other.status() == 500
    await one.control("POST", "/ns/shop/reset")
    assert [await one.status(), await other.status()] == [200, 200]


async def test_a_server_that_opens_a_namespace_later_knows_its_faults(pair):
    one, other = pair
    await one.control("POST", FAULTS, {"do": {"status": 500}, "times": 2})
    assert [await one.status(), await other.status(), await other.status()] == [500, 500, 200]
