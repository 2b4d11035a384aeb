import asyncio


async def test_requests_of_a_minute_are_counted_over_all_servers(pair):
    one, other = pair
    await one.control("PUT", "/ns/shop", {"quotas": {"rpm": 6}, "clock": {"mode": "frozen"}})
    statuses = await asyncio.gather(*(server.status() for server in pair for _ in range(6)))
    assert (statuses.count(200), statuses.count(429)) == (6, 6)
    await other.control("POST", "/ns/shop/clock/advance", {"by": "10s"})
    assert [await one.status(), await other.status()] == [200, 429]


async def test_a_quota_that_is_changed_begins_anew_everywhere(pair):
    one, other = pair
    await one.control("PUT", "/ns/shop", {"quotas": {"rpm": 1}, "clock": {"mode": "frozen"}})
    assert [await one.status(), await other.status()] == [200, 429]
    await one.control("PUT", "/ns/shop", {"quotas": {"rpm": 2}})
    assert [await server.status() for server in (other, one, other)] == [200, 200, 429]


async def test_tokens_of_runs_are_counted_over_all_servers(pair):
    one, other = pair
    usage = {"prompt_tokens": 60, "completion_tokens": 30}
    script = {"emulator": 1, "turns": [{"usage": usage, "steps": [{"say": "Fog."}]}]}
    await one.control("PUT", "/ns/shop", {"quotas": {"tpm": 100}, "clock": {"mode": "frozen"}})
    await one.control("PUT", "/ns/shop/scripts", script)
    assistant = (await one.api("POST", "/assistants", {"model": "gpt-4o", "instructions": "be brief " * 9})).json()[
        "id"
    ]
    statuses = []
    for server in (one, other, one):
        body = {"assistant_id": assistant, "thread": {"messages": [{"role": "user", "content": "hello"}]}}
        run = (await server.api("POST", "/threads/runs", body)).json()
        path = f"/threads/{run['thread_id']}/runs/{run['id']}"
        statuses.append((await other.api("GET", path)).json()["status"])
    assert statuses == ["completed", "failed", "failed"]
