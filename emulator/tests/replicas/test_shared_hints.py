import pytest


class Conversation:
    """A thread with a run, whose requests go to whichever server a test names."""

    def __init__(self, pair):
        self.pair = pair

    async def begin(self, server=0, **settings):
        self.assistant = await self._made("/assistants", {"model": "gpt-4o"})
        self.thread = await self._made("/threads", {"messages": [{"role": "user", "content": "hello"}]})
        return await self.run(server)

    async def run(self, server=0):
        body = {"assistant_id": self.assistant}
        response = await self.pair[server].api("POST", f"/threads/{self.thread}/runs", body)
        if response.status_code == 200:
            self.run_id = response.json()["id"]
        return response

    async def ask(self, server):
        body = {"role": "user", "content": "and?"}
        return await self.pair[server].api("POST", f"/threads/{self.thread}/messages", body)

    async def poll(self, server):
        return await self.pair[server].api("GET", f"/threads/{self.thread}/runs/{self.run_id}")

    async def cancel(self, server):
        return await self.pair[server].api("POST", f"/threads/{self.thread}/runs/{self.run_id}/cancel")

    async def hints(self, server=0):
        report = (await self.pair[server].control("GET", "/ns/shop/report")).json()
        return [(hint["kind"], hint["count"]) for hint in report["hints"]]

    async def _made(self, path, body):
        response = await self.pair[0].api("POST", path, body)
        assert response.status_code == 200, response.text
        return response.json()["id"]


@pytest.fixture
async def conversation(pair):
    await pair[0].control("PUT", "/ns/shop/scripts", {"emulator": 1, "turns": [{"steps": [{"say": "Hello."}]}]})
    return Conversation(pair)


async def test_a_run_that_nobody_has_read_is_raced_on_the_other_server(conversation):
    await conversation.begin(0)
    await conversation.ask(1)
    assert ("raced_an_active_run", 1) in await conversation.hints()


async def test_a_run_that_was_read_on_one_server_is_not_raced_on_the_other(conversation):
    await conversation.begin(0)
    await conversation.poll(1)
    await conversation.ask(0)
    assert await conversation.hints(0) == await conversation.hints(1) == []


async def test_hints_are_counted_over_all_servers(conversation):
    await conversation.begin(0)
    await conversation.ask(1)
    await conversation.ask(0)
    assert ("raced_an_active_run", 2) in await conversation.hints(1)


async def test_a_cancel_that_comes_too_late_is_noted_where_it_is_refused(conversation):
    await conversation.begin(0)
    assert (await conversation.cancel(1)).status_code == 400
    assert ("cancelled_too_late", 1) in await conversation.hints(0)
    await conversation.ask(0)  # the refusal has told the client that the run is over
    assert [kind for kind, _ in await conversation.hints(0)] == ["cancelled_too_late"]


async def test_hints_end_with_a_reset_everywhere(conversation):
    await conversation.begin(0)
    await conversation.ask(1)
    await conversation.pair[1].control("POST", "/ns/shop/reset")
    assert await conversation.hints(0) == await conversation.hints(1) == []
