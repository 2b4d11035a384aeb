import asyncio
import itertools

ORDER = "/ns/shop/order"


def asking(server, program):
    return asyncio.create_task(server.status(key=f"sk-emu-shop+{program}"))


async def state(server):
    return (await server.control("GET", ORDER)).json()


async def waits_for(server, program):
    async with asyncio.timeout(20):
        while program not in (await state(server))["waiting"]:  # noqa: ASYNC110 - nothing says when
            await asyncio.sleep(0.01)


async def test_requests_to_different_servers_come_in_their_order(pair):
    one, other = pair
    await one.control("PUT", ORDER, {"programs": ["a", "b"], "order": "abba"})
    servers = itertools.cycle(pair)
    tasks = [asking(next(servers), program) for program in "bbaa"]
    assert await asyncio.gather(*tasks) == [200] * 4
    assert [(await state(server))["admitted"] for server in pair] == ["abba"] * 2
    assert (await state(other))["due"] == "b"


async def test_a_request_waits_for_one_that_comes_to_the_other_server(pair):
    one, other = pair
    await one.control("PUT", ORDER, {"programs": ["a", "b"], "order": "ab"})
    second = asking(one, "b")
    await waits_for(other, "b")
    assert await asking(other, "a") == 200
    assert await asyncio.wait_for(second, 20) == 200


async def test_an_order_that_is_removed_on_one_server_lets_in_those_who_wait_at_the_other(pair):
    one, other = pair
    await one.control("PUT", ORDER, {"programs": ["a", "b"], "order": "ab"})
    second = asking(other, "b")
    await waits_for(one, "b")
    assert (await one.control("DELETE", ORDER)).json()["admitted"] == ""
    assert await asyncio.wait_for(second, 20) == 200
    assert await asyncio.wait_for(asking(other, "b"), 20) == 200


async def test_a_program_that_has_ended_on_one_server_holds_up_nobody_on_the_other(pair):
    one, other = pair
    await one.control("PUT", ORDER, {"programs": ["a", "b"], "order": "ab"})
    second = asking(other, "b")
    await waits_for(one, "b")
    await one.control("POST", f"{ORDER}/a/end")
    assert await asyncio.wait_for(second, 20) == 200


async def test_an_order_is_given_up_where_the_program_that_is_due_sends_nothing(pair):
    one, other = pair
    await one.control("PUT", ORDER, {"programs": ["a", "b"], "order": "ab", "timeout": "300ms"})
    assert await asyncio.wait_for(asking(other, "b"), 20) == 200
    found = await state(one)
    assert "GET /assistants of program b waited 0.3 s for a request of program a" in found["stalled"]


async def test_a_request_whose_client_has_gone_waits_no_longer(pair):
    one, other = pair
    await one.control("PUT", ORDER, {"programs": ["a", "b"], "order": "ab"})
    second = asking(other, "b")
    await waits_for(one, "b")
    second.cancel()
    await asyncio.wait([second])
    async with asyncio.timeout(20):
        while (await state(one))["waiting"]:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.01)


async def test_a_reset_on_one_server_lets_in_those_who_wait_at_the_other(pair):
    one, other = pair
    await one.control("PUT", ORDER, {"programs": ["a", "b"], "order": "ab"})
    second = asking(other, "b")
    await waits_for(one, "b")
    await one.control("POST", "/ns/shop/reset")
    assert await asyncio.wait_for(second, 20) == 200
