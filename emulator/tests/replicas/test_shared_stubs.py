import asyncio

STUBS = "/ns/shop/stubs"
CHAT = "/chat/completions"


async def test_a_stub_that_is_added_on_one_server_answers_on_the_other(pair):
    one, other = pair
    await one.control("POST", STUBS, {"path": CHAT, "json": {"id": "x"}})
    assert [(await server.api("POST", CHAT, {})).json() for server in (other, one)] == [{"id": "x"}] * 2


async def test_a_stub_answers_as_often_as_it_says_over_all_servers(pair):
    await pair[0].control("POST", STUBS, {"path": CHAT, "json": 1, "times": 4})
    statuses = await asyncio.gather(*(server.status("POST", CHAT, body={}) for server in pair for _ in range(5)))
    assert (statuses.count(200), statuses.count(404)) == (4, 6)
    for server in pair:
        (stub,) = (await server.control("GET", STUBS)).json()["stubs"]
        assert stub["hits"] == 4


async def test_a_template_counts_the_requests_of_all_servers(pair):
    await pair[0].control("POST", STUBS, {"path": CHAT, "template": "{{ hits }}"})
    assert [(await pair[count % 2].api("POST", CHAT, {})).json() for count in range(4)] == [1, 2, 3, 4]


async def test_ids_of_stubs_are_given_once_over_all_servers(pair):
    one, other = pair
    first = (await one.control("POST", STUBS, {"path": CHAT, "json": 1})).json()["id"]
    second = (await other.control("POST", STUBS, {"path": CHAT, "json": 2})).json()["id"]
    await one.control("DELETE", f"{STUBS}/{second}")
    third = (await other.control("POST", STUBS, {"path": CHAT, "json": 3})).json()["id"]
    assert [first, second, third] == ["stub_1", "stub_2", "stub_3"]
    assert (await one.api("POST", CHAT, {})).json() == 3


async def test_stubs_that_were_removed_begin_anew_everywhere(pair):
    one, other = pair
    await one.control("POST", STUBS, {"path": CHAT, "json": 1})
    assert await other.status("POST", CHAT, body={}) == 200
    await other.control("DELETE", STUBS)
    assert [await server.status("POST", CHAT, body={}) for server in pair] == [404, 404]
    again = await one.control("POST", STUBS, {"path": CHAT, "json": 1})
    assert (again.json()["id"], again.json()["hits"]) == ("stub_1", 0)
