"""Whoever debugs a failing test finds the request that went wrong, sends it again, and writes what it expects."""

import pytest

from contract_tests.harness import MODEL
from contract_tests.inspector.ported_library import SCENARIO, program
from emulator import LiveServer, Settings

THEMES = ("light", "dark")


@pytest.fixture(scope="module")
def played():
    """A server on which a program has asked, met a fault, and lost its way."""
    with LiveServer(Settings(clock="auto"), script=SCENARIO) as server:
        namespace = server.namespace("orders")
        client = namespace.client().with_options(max_retries=0)
        program(client)
        for path in ("/chat/completions", "/v1/threads"):
            client._client.post(f"{client.base_url}{path.removeprefix('/')}", json={"model": MODEL})
        yield server, namespace, client


def inspector(server, below=""):
    return f"{server.url}/_emulator/inspector/ns/orders{below}"


def seen_in_both(page, violations):
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        assert violations(page) == []
    page.emulate_media(color_scheme="light")


def test_a_person_finds_the_request_that_leads_nowhere(page, violations, played):
    server, *_ = played
    page.goto(inspector(server, "/requests"))
    seen_in_both(page, violations)
    page.get_by_label("Status").fill("4xx")
    page.get_by_label("Status").press("Enter")
    page.wait_for_url("**status=4xx*")
    rows = page.locator("#requests tr")
    assert rows.count() == 2
    assert rows.first.get_by_text("hint", exact=True).is_visible()
    rows.first.get_by_role("link").first.click()
    page.get_by_role("heading", name="What the client saw").wait_for()
    assert page.get_by_text("base_url has /v1 twice").is_visible()
    seen_in_both(page, violations)
    page.go_back()
    assert page.get_by_label("Status").input_value() == "4xx"


def test_a_person_copies_a_request_as_a_command(open_page, violations, played):
    server, namespace, _ = played
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    run = next(request for request in namespace.requests if request.path.endswith("/runs"))
    page.goto(inspector(server, f"/requests/{run.id}"))
    page.get_by_role("button", name="Copy the command").click()
    page.get_by_role("button", name="Copied").wait_for()
    command = page.evaluate("navigator.clipboard.readText()")
    assert command == page.get_by_role("region", name="The request as a command").text_content()
    assert command.startswith("curl http://127.0.0.1")
    page.get_by_role("link", name="Raw").click()
    page.wait_for_url("**view=raw")
    seen_in_both(page, violations)


def test_a_person_learns_what_came_nearest_to_what_a_test_expects(page, violations, played):
    server, *_ = played
    page.goto(inspector(server, "/requests"))
    page.get_by_role("link", name="Verify what you expect…").click()
    page.get_by_label("Method").fill("POST")
    page.get_by_label("Path pattern").fill("/threads/*/runs")
    page.get_by_label("Body has at least (JSON)").fill('{"assistant_id": "asst_1"}')
    page.get_by_role("button", name="Verify").click()
    page.get_by_text("not as expected").wait_for()
    seen_in_both(page, violations)
    assert (
        page.get_by_role("region", name="The line of a test in Python").text_content().startswith("namespace.requests.")
    )
    page.get_by_role("heading", level=4).first.get_by_role("link").click()
    page.wait_for_url("**/requests/req_*")


def test_new_requests_wait_until_somebody_wants_to_see_them(page, violations, played):
    server, _, client = played
    page.goto(inspector(server, "/requests"))
    page.locator("#requests tr").first.wait_for()
    before = page.locator("#requests tr").count()
    client.beta.threads.create()
    news = page.get_by_role("button", name="1 new")
    news.wait_for()
    assert page.locator("#requests tr").count() == before
    seen_in_both(page, violations)
    news.click()
    page.locator("#requests tr").nth(before).wait_for()
    assert page.get_by_role("button", name="new").is_hidden()


def test_a_person_empties_the_log_and_is_asked_first(page, violations):
    with LiveServer(Settings(clock="auto")) as server:
        server.namespace("orders").client().beta.threads.create()
        page.goto(inspector(server, "/requests"))
        page.get_by_role("button", name="Empty the log").click()
        page.get_by_role("button", name="Cancel").click()
        assert page.locator("#requests tr").count() == 1
        page.get_by_role("button", name="Empty the log").click()
        page.locator("#confirm-yes").click()
        page.get_by_text("The request log is empty now.").wait_for()
        assert page.get_by_text("No request has come yet.").is_visible()
        seen_in_both(page, violations)


def test_everything_reads_and_works_without_scripts_on_a_narrow_screen(open_page, played):
    server, *_ = played
    page = open_page(java_script_enabled=False, viewport={"width": 380, "height": 800})
    page.goto(inspector(server, "/requests?status=404"))
    page.get_by_role("link", name="/chat/completions").click()
    assert page.get_by_role("heading", name="As curl").is_visible()
    assert page.get_by_role("button", name="Copy the command").is_hidden()
    page.goto(inspector(server, "/verification"))
    page.get_by_label("Path pattern").fill("/threads")
    page.get_by_role("button", name="Verify").click()
    assert page.get_by_text("as expected", exact=True).is_visible()
