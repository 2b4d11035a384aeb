"""The page of the runs of a namespace."""

import re

import pytest

from contract_tests.harness import WEATHER
from contract_tests.inspector.emulated import emulated
from emulator.domain import inspector_paths as to

CALL = {"call": "look_outside", "args": {"town": "Cuxhaven"}}


@pytest.fixture
async def server():
    async with emulated() as one:
        yield one


async def page(server, **query):
    answer = await server.http.get(to.runs("default", **query))
    assert answer.status_code == 200, answer.text
    return answer.text


def listed(html):
    return re.findall(r'<th scope="row"><a href="[^"]+"><code>([^<]+)</code>', html)


async def test_an_empty_list_says_what_to_do_next(server):
    html = await page(server)
    assert "No run yet" in html
    assert to.scripts("default") in html


async def test_runs_are_listed_newest_first_with_what_people_look_for(server):
    await server.play(CALL)
    first = await server.start(tools=[WEATHER])
    await server.advance("90s")
    second = await server.start(tools=[WEATHER])
    html = await page(server)
    assert listed(html) == [second.id, first.id]
    for said in (
        "requires action",
        "any",
        "outputs",
        "gpt-4-turbo",
        "1 min 30 s",
        to.thread("default", first.thread_id),
    ):
        assert said in html


async def test_fifty_are_shown_at_once_and_the_others_behind_a_link(server):
    await server.play({"say": "Fog."})
    assistant = await server.client.beta.assistants.create(model="gpt-4-turbo")
    thread = await server.thread()
    for _ in range(51):
        await server.runs.create(thread.id, assistant_id=assistant.id)
    html = await page(server, thread=thread.id)
    (older,) = re.findall(r'href="([^"]+)" rel="next"', html)
    behind = (await server.http.get(older.replace("&amp;", "&"))).text
    assert (len(listed(html)), len(listed(behind))) == (50, 1)
    assert f"thread={thread.id}" in older


async def test_the_query_filters_by_status_and_thread(server):
    await server.play(CALL)
    waiting = await server.start(tools=[WEATHER])
    await server.play({"say": "Fog."})
    done = await server.poll(await server.start())
    assert listed(await page(server, status="completed")) == [done.id]
    assert listed(await page(server, thread=waiting.thread_id)) == [waiting.id]
    assert "No run here is like that." in await page(server, thread=waiting.thread_id, status="failed")
    refused = await server.http.get(to.runs("default", status="complete"))
    assert refused.status_code == 400
    assert "did you mean completed?" in refused.text


async def test_runs_that_no_turn_fits_are_marked(server):
    await server.control("PUT", "/scripts", {"emulator": 1, "turns": [{"when": {"message": "never"}, "steps": []}]})
    await server.start()
    assert 'status-unmatched">unmatched' in await page(server)


async def test_responses_are_listed_too(server):
    response = await server.client.responses.create(model="gpt-4o", input="<b>hello</b>", store=False)
    html = await page(server)
    assert listed(html) == [response.id]
    assert "not stored" in html


async def test_a_list_neither_moves_nor_waits_for_a_run(server):
    await server.control("PUT", "/pace", {"progression": "polls", "times": 2})
    run = await server.start()
    for _ in range(5):
        assert "queued" in await page(server)
    assert (await server.poll(run)).status == "queued"
    log = await (await server.namespaces.find("default")).requests.read()
    assert [request.method for request in log][-2:] == ["POST", "GET"]
