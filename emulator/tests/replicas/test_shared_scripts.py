SCRIPTS, PINNED = "/ns/shop/scripts", ["thread_first", "thread_second", "thread_third"]
SCENARIO = {"emulator": 1, "recording": {"ids": "pin", "pinned": {"thread": PINNED}}, "turns": []}


async def made(server):
    return (await server.api("POST", "/threads", {})).json()["id"]


async def test_ids_that_scripts_pin_are_given_once_over_all_servers(pair):
    one, other = pair
    await made(other)
    await one.control("PUT", SCRIPTS, SCENARIO)
    assert [await made(server) for server in (other, one, other)] == PINNED


async def test_pinned_ids_are_given_from_the_first_on_after_a_reset(pair):
    one, other = pair
    await one.control("PUT", SCRIPTS, SCENARIO)
    assert [await made(server) for server in (other, one)] == PINNED[:2]
    await one.control("POST", "/ns/shop/reset")
    assert [await made(server) for server in (other, one, other)] == PINNED


async def test_scripts_that_come_to_one_server_are_played_by_both_and_go_from_both(pair):
    one, other = pair
    await other.status()
    say = {"emulator": 1, "turns": [{"steps": [{"say": "Fog."}]}]}
    assistant = (await other.api("POST", "/assistants", {"model": "gpt-4o"})).json()["id"]

    async def answer(server):
        body = {"assistant_id": assistant, "thread": {"messages": [{"role": "user", "content": "weather?"}]}}
        run = (await server.api("POST", "/threads/runs", body)).json()
        found = (await other.api("GET", f"/threads/{run['thread_id']}/messages")).json()
        return found["data"][0]["content"][0]["text"]["value"]

    await one.control("PUT", SCRIPTS, say)
    assert [await answer(server) for server in pair] == ["Fog.", "Fog."]
    await other.control("DELETE", SCRIPTS)
    assert "Fog." not in [await answer(server) for server in pair]


async def test_a_day_that_was_chosen_on_one_server_counts_as_chosen_on_the_other(pair):
    one, other = pair
    await other.status()
    assert not (await other.namespaces.open("shop")).has_chosen_wire
    await one.control("PUT", "/ns/shop", {"wire": "2026-08-25"})
    assert (await other.namespaces.open("shop")).has_chosen_wire


async def test_what_is_asked_of_the_next_run_on_one_server_happens_to_one_of_the_other(pair):
    one, other = pair
    assistant = (await other.api("POST", "/assistants", {"model": "gpt-4o"})).json()["id"]
    body = {"assistant_id": assistant, "thread": {"messages": [{"role": "user", "content": "x"}]}}
    await other.api("POST", "/threads/runs", body)  # nothing was asked of it, which is remembered
    await one.control("POST", "/ns/shop/runs/next/hold", {"at": "queued"})
    assert (await other.api("POST", "/threads/runs", body)).json()["status"] == "queued"
    runs = (await one.control("GET", "/ns/shop/report")).json()["waiting"]
    assert [run["waits_for"] for run in runs] == ["hold:queued"]
