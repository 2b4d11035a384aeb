"""A server within the test, whose services can be asked as pages ask them, and a client of its API."""

from contextlib import asynccontextmanager

import httpx
import openai

from contract_tests.harness import MODEL, NOON, scenario
from emulator import Settings
from emulator.app import create_app
from emulator.service.timelines import timeline


class Emulated:
    """One namespace of it. namespaces: the server's own. http: asks any path of it."""

    def __init__(self, app, http, client):
        self.namespaces = app.state.play.__self__
        self.http = http
        self.client = client
        self.runs = client.beta.threads.runs

    async def control(self, method, path, body=None):
        answer = await self.http.request(method, f"/_emulator/ns/default{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    async def play(self, *steps):
        await self.control("PUT", "/scripts", scenario(*steps))

    async def thread(self, text="How is the harbour today?"):
        return await self.client.beta.threads.create(messages=[{"role": "user", "content": text}])

    async def start(self, thread=None, **more):
        assistant = await self.client.beta.assistants.create(model=MODEL, instructions="Be helpful.")
        thread = thread or await self.thread()
        return await self.runs.create(thread.id, assistant_id=assistant.id, **more)

    async def poll(self, run):
        return await self.runs.retrieve(run.id, thread_id=run.thread_id)

    async def answer(self, run, output, **more):
        run = await self.poll(run)
        calls = run.required_action.submit_tool_outputs.tool_calls
        outputs = [{"tool_call_id": call.id, "output": output} for call in calls]
        return await self.runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=outputs, **more)

    async def advance(self, by):
        return await self.control("POST", "/clock/advance", {"by": by})

    async def timeline(self, run_id):
        return await timeline(await self.namespaces.find("default"), run_id)


@asynccontextmanager
async def emulated(**settings):
    """Run one; its clock is frozen at noon unless settings say otherwise."""
    app = create_app(Settings(**{"clock": "frozen", **settings}))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as http:
        client = openai.AsyncOpenAI(api_key="sk-emu-default", base_url="http://127.0.0.1/v1", http_client=http)
        one = Emulated(app, http, client)
        if "clock" not in settings:
            await one.control("PUT", "", {"clock": NOON})
        yield one
        await app.state.play.__self__.stop()
