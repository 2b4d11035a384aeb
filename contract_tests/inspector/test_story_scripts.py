"""Whoever writes a scenario does it in the browser: problems while typing, a turn that is tried, and a real answer."""

import re

import httpx
import openai
import pytest
from playwright.sync_api import expect

from emulator import LiveServer, Settings

SCENARIO = """\
emulator: 1
name: bakery
turns:
- name: bread
  when: {message: {contains: bread}}
  uses: {max: 3}
  steps:
  - say: One loaf.
- name: anything else
  steps:
  - say: We only have bread.
"""


@pytest.fixture(scope="module")
def bakery():
    with LiveServer(Settings(clock="auto")) as server:
        yield server


@pytest.fixture
def shop(bakery, request):
    """A namespace that has the scenario, and the address of its pages."""
    name = f"shop-{abs(hash(request.node.name)) % 10**8}"
    namespace = bakery.namespace(name)
    namespace.load(SCENARIO)
    return namespace, f"{bakery.url}/_emulator/inspector/ns/{name}/scripts"


def ask(namespace, message):
    """Return what the real client is answered."""
    client = openai.OpenAI(base_url=namespace.base_url, api_key="sk-emu", max_retries=0)
    assistant = client.beta.assistants.create(model="gpt-4o")
    thread = client.beta.threads.create(messages=[{"role": "user", "content": message}])
    client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    return client.beta.threads.messages.list(thread.id, limit=1).data[0].content[0].text.value


def scripts_of(namespace):
    return httpx.get(namespace.base_url.replace("/ns/", "/_emulator/ns/").removesuffix("/v1") + "/scripts").json()


def source_name(namespace):
    return scripts_of(namespace)["sources"][0]["name"]


def used(namespace):
    return [turn["used"] for turn in scripts_of(namespace)["turns"]]


def select(page, text):
    """Select a text in the editor, as a person does before writing over it."""
    page.locator("#script-text").evaluate(
        "(area, text) => { area.focus(); const at = area.value.indexOf(text);"
        " area.setSelectionRange(at, at + text.length); }",
        text,
    )


def cursor_line(page):
    return page.locator("#script-text").evaluate("area => area.value.slice(0, area.selectionStart).split('\\n').length")


def test_a_script_is_edited_with_its_problems_at_their_lines_until_it_plays(page, shop):
    namespace, url = shop
    assert ask(namespace, "bread please") == "One loaf."
    page.goto(url)
    page.get_by_role("link", name="Edit").click()
    problems = page.locator("#problems")
    problems.get_by_text("No problem is known.").wait_for()

    select(page, "say: One loaf.")
    page.keyboard.type("sya: Two loaves.")
    problems.get_by_text("1 error.").wait_for()
    problems.get_by_text('did you mean say instead of "sya"?').wait_for()
    assert page.locator(".gutter [data-mark=error]").text_content() == "8"
    problems.locator("summary").click()
    problems.get_by_text("A step has exactly one verb").wait_for()

    page.get_by_role("button", name="Put").click()
    page.get_by_role("alert").get_by_text("it does not load").wait_for()
    assert "sya: Two loaves." in page.locator("#script-text").input_value()
    assert ask(namespace, "bread please") == "One loaf."

    page.locator("h1").click()
    problems.get_by_role("link", name=re.compile("line 8")).click()
    assert cursor_line(page) == 8
    select(page, "sya")
    page.keyboard.type("say")
    problems.get_by_text("No problem is known.").wait_for()
    assert page.locator(".gutter [data-mark=error]").count() == 0
    page.get_by_role("button", name="Put").click()
    page.locator("#notice").get_by_text("plays from the next run on").wait_for()
    assert ask(namespace, "bread please") == "Two loaves."
    assert used(namespace) == [3, 0]

    select(page, "Two loaves.")
    page.keyboard.type("Three.")
    problems.get_by_text("No problem is known.").wait_for()
    page.get_by_role("button", name="Put").click()
    page.locator("#notice").get_by_text("version 3").wait_for()
    page.get_by_role("link", name="Leave").click()
    page.get_by_text("- say: Three.").wait_for()


def test_the_keyboard_is_enough_to_write_a_turn(page, shop):
    namespace, url = shop
    page.goto(f"{url}?new=1")
    area = page.locator("#script-text")
    area.focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("emulator: 1\ntur")
    page.locator("#hints").get_by_role("button", name="turns").wait_for()
    page.keyboard.press("Control+Space")
    expect(area).to_have_value(re.compile(r"turns:\n- $"))
    page.keyboard.type("prio")
    page.keyboard.press("Control+Space")
    expect(area).to_have_value(re.compile(r"- priority: $"))
    page.keyboard.type("5\nste")
    page.keyboard.press("Control+Space")
    expect(area).to_have_value(re.compile(r"  steps:\n  - $"))
    page.keyboard.press("Control+Space")
    first = page.locator("#hints [data-insert]").first
    first.wait_for()
    expect(first).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.keyboard.type("Written by hand.")
    assert area.input_value() == "emulator: 1\nturns:\n- priority: 5\n  steps:\n  - say: Written by hand."
    page.locator("#problems").get_by_text("No problem is known.").wait_for()

    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert area.input_value().endswith("Written by hand.\n      ")
    page.keyboard.press("Control+Z")
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") != "script-text"
    page.get_by_role("button", name="Add").click()
    page.locator("#notice").get_by_text("plays from the next run on").wait_for()
    assert ask(namespace, "bread please") == "Written by hand."


def test_a_message_is_tried_and_its_turn_is_found_in_the_source(page, shop):
    namespace, url = shop
    page.goto(url)
    page.get_by_role("link", name="Try a message").click()
    page.get_by_label("Message of the user").fill("some bread")
    page.get_by_role("button", name="Try").click()
    page.get_by_text("This turn would answer").wait_for()
    tried = page.url
    assert page.get_by_role("row", name=re.compile("bread .*would answer")).count() == 1
    page.get_by_role("link", name=re.compile("line 4$")).first.click()
    page.wait_for_url("**source=*#L4")
    assert page.locator(".line:target").inner_text().startswith("4")
    page.go_back()
    assert page.url == tried
    assert used(namespace) == [0, 0]


def test_use_counts_follow_the_runs_and_nothing_else_moves(page, shop):
    namespace, url = shop
    page.goto(url)
    row = page.get_by_role("row", name=re.compile("^bread"))
    row.get_by_role("cell", name="0", exact=True).wait_for()
    ask(namespace, "bread please")
    row.get_by_role("cell", name="1", exact=True).wait_for()
    page.get_by_role("button", name="Count uses anew").click()
    page.get_by_role("dialog").get_by_role("button", name="Count uses anew").click()
    row.get_by_role("cell", name="0", exact=True).wait_for()


def test_what_is_being_typed_survives_whatever_happens_in_the_namespace(page, shop):
    namespace, url = shop
    page.goto(f"{url}?edit={source_name(namespace)}")
    select(page, "One loaf.")
    page.keyboard.type("Typed.")
    namespace.load(SCENARIO.replace("One loaf.", "Theirs."))
    page.get_by_role("button", name="Put").click()
    page.get_by_role("alert").get_by_text("changed by somebody else").wait_for()
    assert "say: Typed." in page.locator("#script-text").input_value()
    assert ask(namespace, "bread please") == "Theirs."
    page.get_by_role("button", name="Put").click()
    page.locator("#notice").get_by_text("plays from the next run on").wait_for()
    assert ask(namespace, "bread please") == "Typed."


def test_without_scripts_of_the_browser_all_of_it_works(open_page, shop):
    namespace, url = shop
    page = open_page(java_script_enabled=False)
    page.goto(f"{url}?edit={source_name(namespace)}")
    area = page.locator("#script-text")
    wrong = SCENARIO.replace("say: One loaf.", "sya: Typed.")
    area.fill(wrong)
    page.get_by_role("button", name="Check").click()
    page.get_by_text('did you mean say instead of "sya"?').wait_for()
    assert area.input_value() == wrong
    area.fill(wrong.replace("sya", "say"))
    page.get_by_role("button", name="Put").click()
    page.get_by_text("plays from the next run on").wait_for()
    assert ask(namespace, "bread please") == "Typed."


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_are_accessible(open_page, violations, shop, scheme):
    namespace, url = shop
    page = open_page(color_scheme=scheme)
    ask(namespace, "bread please")
    name = source_name(namespace)
    for query in ("", f"?source={name}", "?try=bread", "?try=x&assistant=asst_none", "?new=1", f"?edit={name}"):
        page.goto(url + query)
        assert violations(page) == [], query
    select(page, "say: One")
    page.keyboard.type("sya: One")
    page.locator("#problems").get_by_text("1 error.").wait_for()
    page.locator("#problems summary").click()
    page.locator("#script-text").focus()
    page.keyboard.press("Control+End")
    page.keyboard.type("- ")
    page.locator("#hints [data-insert]").first.wait_for()
    assert violations(page) == []
