"""The page of a run: what it shows, and how the run is moved there."""

import re
from html import unescape

import pytest

from contract_tests.harness import WEATHER
from contract_tests.inspector.emulated import emulated
from emulator.domain import inspector_paths as to

CALL = {"call": "look_outside", "args": {"town": "Cuxhaven"}}
TWO_TURNS = """
emulator: 1
turns:
  - name: costs
    when: {message: {contains: costs}, turn: 3}
    steps:
      - say: None.
  - name: harbour
    when: {message: {contains: harbour}}
    steps:
      - say: Fog.
"""


@pytest.fixture
async def server():
    async with emulated() as one:
        yield one


async def load(server, text):
    answer = await server.http.put("/_emulator/ns/default/scripts", content=text.encode())
    assert answer.is_success, answer.text


async def page(server, run_id, status=200):
    answer = await server.http.get(to.run("default", run_id))
    assert answer.status_code == status, answer.text
    return answer.text


async def send(server, run_id, verb, **form):
    """Send a form of the page as a browser without scripts does, and return the page behind it."""
    forgery = re.search(r'name="forgery" value="([^"]+)"', await page(server, run_id))[1]
    answer = await server.http.post(
        to.run_verb("default", run_id, verb), data={"forgery": forgery, **form}, follow_redirects=True
    )
    return answer.text


def section(html, name):
    return re.search(rf'<section[^>]*"{name}".*?</section>', html, re.DOTALL)[0]


def text_of(html):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


# --- what it shows ----------------------------------------------------------------------------------------------------


async def test_its_parts_stand_in_the_order_in_which_people_ask(server):
    await server.play({"say": "Fog."})
    html = await page(server, (await server.start()).id)
    parts = re.findall(r'<h2 id="([^"]+)"', html)
    assert [part for part in parts if part != "keys-title"] == ["timeline", "calls", "view", "played", "turns", "more"]


async def test_it_shows_calls_with_arguments_and_outputs(server):
    await server.play(CALL, {"say": "Fog."})
    run = await server.start(tools=[WEATHER])
    assert "none yet" in section(await page(server, run.id), "calls")
    await server.answer(run, "<b>fog</b>")
    calls = section(await page(server, run.id), "calls")
    assert "{\n  &#34;town&#34;: &#34;Cuxhaven&#34;\n}" in calls
    assert "&lt;b&gt;fog&lt;/b&gt;" in calls


async def test_the_error_is_shown_in_full(server):
    message = "Too <much> " * 200
    await server.play({"fail": "rate_limit_exceeded", "message": message})
    html = await page(server, (await server.start()).id)
    assert "rate_limit_exceeded" in html
    assert message.replace("<", "&lt;").replace(">", "&gt;") in html


async def test_the_timeline_is_drawn_and_told_as_a_table(server):
    await server.play(CALL)
    run = await server.start(tools=[WEATHER])
    await server.advance("2m")
    await server.poll(run)
    html = section(await page(server, run.id), "timeline")
    assert '<svg xmlns="http://www.w3.org/2000/svg" class="timeline"' in html
    assert " style=" not in html
    assert "<style" not in html
    table = text_of(html[html.index("<table") :])
    assert "+0 2 min work look_outside" not in table  # it is not over
    assert "+0 still work look_outside" in table
    assert "+2 min client poll: requires_action" in table


async def test_what_the_model_saw_stands_beside_the_run_before(server):
    await server.play({"say": "Fog."})
    assistant = await server.client.beta.assistants.create(model="gpt-4o", instructions="Answer in English. Be brief.")
    thread = await server.thread("<script>alert(1)</script>")
    first = await server.runs.create(thread.id, assistant_id=assistant.id)
    await server.client.beta.threads.messages.create(thread.id, role="user", content="And now?")
    second = await server.runs.create(
        thread.id, assistant_id=assistant.id, instructions="Answer in German. Be brief.", tools=[WEATHER]
    )
    alone = section(await page(server, first.id), "view")
    assert "Run before" not in alone
    assert "&lt;script&gt;" in alone
    beside = section(await page(server, second.id), "view")
    assert "<del>English</del>" in beside
    assert "<ins>German</ins>" in beside
    assert to.run("default", first.id) in beside
    said = text_of(beside)
    assert "assistant added Fog. user added And now?" in said
    assert 'rel="prev"' in await page(server, second.id)
    assert 'rel="next"' in await page(server, first.id)


async def test_a_very_long_prompt_is_cut(server):
    await server.play({"say": "Fog."})
    thread = await server.thread("x" * 250_000)
    run = await server.start(thread)
    await server.start(thread)
    html = await page(server, run.id)
    assert "more characters" in html
    assert len(html) < 150_000


async def test_the_played_turn_is_shown_with_its_lines(server):
    await load(server, TWO_TURNS)
    run = await server.start()
    played = text_of(section(await page(server, run.id), "played"))
    assert "harbour at script.yaml:8" in played
    assert "8 - name: harbour 9 when: {message: {contains: harbour}} 10 steps: 11 - say: Fog." in played
    await server.play({"say": "Other."})
    assert "were replaced since" in section(await page(server, run.id), "played")


async def test_other_turns_are_compared_with_what_the_model_was_given(server):
    await load(server, TWO_TURNS)
    run = await server.start()
    turns = text_of(section(await page(server, run.id), "turns"))
    assert "harbour script played" in turns
    assert 'costs script does not fit message contains "costs" "How is the harbour today?" costs turn 3 1' in turns


async def test_of_an_unmatched_run_the_nearest_turns_come_first(server):
    await load(server, TWO_TURNS)
    run = await server.start(await server.thread("And the costs?"))
    html = await page(server, run.id)
    assert 'href="#turns"' in html
    assert html.index('id="run-state"') < html.index('id="turns"') < html.index('id="timeline"')
    assert f'href="{to.scripts("default", for_=run.id)}">Make a turn for this run<' in section(html, "turns")
    turns = text_of(section(html, "turns"))
    assert turns.index("costs script") < turns.index("harbour script")
    assert "costs script does not fit turn 3 1" in turns


async def test_without_scripts_it_is_said_that_the_model_repeats(server):
    run = await server.start(await server.thread("How is the harbour today?"))
    html = await page(server, run.id)
    assert "there is no script, so the model repeats what it is told" in text_of(section(html, "played"))
    assert "There are no turns to compare." in text_of(section(html, "turns"))


async def test_a_response_is_called_one(server):
    response = await server.client.responses.create(model="gpt-4o", input="How is the harbour?")
    html = await page(server, response.id)
    assert f"<title>Response {response.id}" in html
    assert "Those about this response" in text_of(section(html, "more"))


async def test_long_settings_are_folded_and_instructions_are_not(server):
    run = await server.start(await server.thread("How is the harbour today?"), instructions="Be brief.\n" * 20)
    view = section(await page(server, run.id), "view")
    folded = "".join(re.findall(r"<details>.*?</details>", view, re.DOTALL))
    assert "tool_choice: auto" in folded
    assert "Be brief." not in folded
    assert "Be brief." in view


async def test_uses_are_those_of_when_the_run_began(server):
    await server.control(
        "PUT",
        "/scripts",
        {
            "emulator": 1,
            "turns": [{"name": "once", "uses": 1, "steps": [{"say": "Fog."}]}, {"name": "then", "steps": []}],
        },
    )
    first, second = await server.start(), await server.start()
    assert "once script played" in text_of(section(await page(server, first.id), "turns"))
    assert "once script used up uses" in text_of(section(await page(server, second.id), "turns"))


async def test_an_imported_run_says_what_is_not_known_of_it(server):
    await server.play({"say": "Fog."})
    run = await server.start()
    exported = await server.control("GET", f"/threads/{run.thread_id}/export")
    async with emulated() as other:
        await other.control("POST", "/import", exported)
        html = await page(other, run.id)
    assert "It is not known what the model was given" in html


async def test_a_response_has_a_page_too(server):
    await server.play({"say": "Fog."})
    first = await server.client.responses.create(model="gpt-4o", input="weather?", instructions="Be brief.")
    second = await server.client.responses.create(model="gpt-4o", input="And now?", previous_response_id=first.id)
    html = await page(server, second.id)
    assert to.run("default", first.id) in section(html, "view")
    assert "tokens" in html.lower()


async def test_a_run_that_is_not_there_has_an_error_page(server):
    await server.control("PUT", "", {})
    assert "No run found with id &#39;run_x&#39;" in await page(server, "run_x", 404)


async def test_a_page_moves_nothing(server):
    await server.control("PUT", "/pace", {"progression": "polls", "times": 2})
    run = await server.start()
    for _ in range(5):
        await page(server, run.id)
    assert (await server.poll(run)).status == "queued"


# --- moving it --------------------------------------------------------------------------------------------------------


async def test_a_run_at_manual_pace_is_stepped(server):
    await server.control("PUT", "/pace", {"progression": "manual"})
    await server.play({"say": "Fog."})
    run = await server.start()
    assert "Step once" in await page(server, run.id)
    assert "The run is in progress." in await send(server, run.id, "step")
    assert "The run is completed." in await send(server, run.id, "step", until="completed")
    assert 'aria-label="Move this run"' not in await page(server, run.id)


async def test_a_destination_that_is_none_is_refused_with_a_suggestion(server):
    await server.control("PUT", "/pace", {"progression": "manual"})
    run = await server.start()
    assert "did you mean completed" in await send(server, run.id, "step", until="complete")


async def test_a_run_is_held_and_released(server):
    await server.control("PUT", "/pace", {"progression": "manual"})
    await server.play({"say": "Fog."})
    run = await server.start()
    assert "is held as soon as it is in progress" in await send(server, run.id, "hold", at="in_progress")
    await send(server, run.id, "step", until="settled")
    assert "Release from in progress" in await page(server, run.id)
    assert "no more held" in await send(server, run.id, "release", name="in_progress")
    assert "Release from" not in await page(server, run.id)


async def test_a_run_is_released_from_a_hold_of_its_script(server):
    await server.play({"hold": "gate"}, {"say": "Fog."})
    run = await server.start()
    assert "Release from “gate”" in await page(server, run.id)
    html = await send(server, run.id, "release", name="gate")
    assert "status-completed" in html


async def test_a_run_is_cancelled_or_expires(server):
    await server.play(CALL)
    run = await server.start(tools=[WEATHER])
    await send(server, run.id, "cancel")
    assert "status-cancelled" in await page(server, run.id)
    other = await server.start(tools=[WEATHER])
    await send(server, other.id, "expire")
    assert "status-expired" in await page(server, other.id)
    assert "it cannot expire any more" in await send_anyway(server, other.id, run.id)


async def send_anyway(server, run_id, known):
    """Send a form that the page does not offer any more."""
    other = await server.start(tools=[WEATHER])
    forgery = re.search(r'name="forgery" value="([^"]+)"', await page(server, other.id))[1]
    answer = await server.http.post(to.run_verb("default", run_id, "expire"), data={"forgery": forgery})
    assert answer.status_code == 400
    return answer.text


async def test_a_form_without_the_pages_token_changes_nothing(server):
    await server.play(CALL)
    run = await server.start(tools=[WEATHER])
    answer = await server.http.post(to.run_verb("default", run.id, "cancel"), data={"forgery": "guessed"})
    assert answer.status_code == 403
    assert (await server.poll(run)).status == "requires_action"
