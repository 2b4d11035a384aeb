"""Somebody reads a thread in a browser, follows a citation, forks it, and goes on with the real client on the copy."""

import re

import httpx
import pytest

from contract_tests.harness import MODEL, WEATHER, scenario
from emulator import LiveServer, Settings

BEGAN = 1767604200


@pytest.fixture
def server():
    with LiveServer(Settings(clock="auto")) as running:
        yield running


@pytest.fixture
def orders(server):
    """A namespace with a thread of before, which cites a file, and one on which a run has called a function."""
    namespace = server.namespace("orders")
    client = namespace.client()
    _control(
        server,
        "PUT",
        "/scripts",
        scenario({"say": "| a | b |\n|:-:|--|\n| 1 | 2 |\n\n`code` and [a link](https://a.example)"}),
    )
    notes = client.files.create(file=("tides.txt", b"Low at six.\n" * 90 + b"High at noon.\n"), purpose="assistants")
    mark = {"type": "file_citation", "text": "[x]", "file_citation": {"file_id": notes.id, "quote": "High at noon."}}
    objects = [
        {"object": "thread", "id": "thread_tides", "created_at": BEGAN, "metadata": {"order": "7"}},
        _message("msg_question", "user", {"value": "When is **high** water?", "annotations": []}),
        _message("msg_answer", "assistant", {"value": "At noon[x].", "annotations": [mark]}),
        _message("msg_more", "user", {"value": "Thanks.", "annotations": []}),
    ]
    _control(server, "POST", "/import", {"objects": objects})
    return namespace


def _message(id_, role, text):
    about = {"object": "thread.message", "id": id_, "thread_id": "thread_tides", "created_at": BEGAN, "role": role}
    return {**about, "content": [{"type": "text", "text": text}], "metadata": {}}


def _control(server, method, path, body):
    response = httpx.request(method, f"{server.url}/_emulator/ns/orders{path}", json=body, trust_env=False)
    assert response.is_success, response.text


def _go_on(client, thread):
    assistant = client.beta.assistants.create(model=MODEL, name="Tide desk", tools=[WEATHER])
    client.beta.threads.messages.create(thread, role="user", content="And tomorrow?")
    return client.beta.threads.runs.create_and_poll(thread_id=thread, assistant_id=assistant.id, poll_interval_ms=10)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_thread_is_read_and_forked_and_the_client_goes_on_with_the_copy(
    orders, server, open_page, violations, scheme
):
    page = open_page(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
    page.goto(f"{server.url}/_emulator/inspector/ns/orders/threads")
    assert violations(page) == []
    page.get_by_label("Search in ids").fill("high")
    page.get_by_role("button", name="Search").click()
    page.get_by_role("link", name="When is **high** water?").click()
    page.wait_for_url("**/threads/thread_tides?at=msg_question#msg_question")
    assert violations(page) == []

    page.get_by_role("link", name="[1]").click()
    page.wait_for_url(re.compile(r"/files/.*#quote$"))
    assert page.locator("mark#quote").inner_text() == "High at noon."
    assert page.locator("mark#quote").evaluate("mark => mark.getBoundingClientRect().top < innerHeight")
    assert violations(page) == []
    page.go_back()
    page.get_by_role("link", name="Raw text").click()
    assert page.get_by_text("When is **high** water?").is_visible()
    assert violations(page) == []
    page.get_by_role("link", name="As Markdown").click()

    page.get_by_role("button", name="Fork here, behind msg_answer").click()
    page.wait_for_url(lambda url: "/threads/thread_" in url and "thread_tides" not in url)
    assert page.get_by_text("Forked: this thread is a copy with 2 messages.").is_visible()
    assert page.get_by_text("Thanks.").count() == 0
    fork = page.url.rpartition("/")[2]
    assert _go_on(orders.client(), fork).status == "completed"
    page.get_by_role("button", name=re.compile(r"\d+ new")).click()
    page.get_by_role("cell", name="1").first.wait_for()
    assert page.get_by_text("Tide desk").is_visible()
    assert violations(page) == []


def test_a_thread_becomes_a_scenario_in_another_namespace(orders, server, page, violations):
    thread = orders.client().beta.threads.create(messages=[{"role": "user", "content": "Well?"}])
    _go_on(orders.client(), thread.id)
    page.goto(f"{server.url}/_emulator/inspector/ns/orders/threads/{thread.id}")
    page.get_by_role("link", name="Replay as scenario").click()
    page.wait_for_url("**/scenario")
    assert violations(page) == []
    page.get_by_label("Put it into the namespace").fill("again")
    page.get_by_role("button", name="Put it there").click()
    page.wait_for_url("**/ns/again/scripts")
    assert page.get_by_text("1 turn of the thread").is_visible()


def test_a_thread_reads_without_scripts(orders, server, open_page):
    page = open_page(java_script_enabled=False)
    page.goto(f"{server.url}/_emulator/inspector/ns/orders/threads/thread_tides")
    assert page.get_by_text("At noon[1]").is_visible()
    page.get_by_role("button", name="Fork here, behind msg_question").click()
    page.wait_for_url(lambda url: "thread_tides" not in url)
    assert page.get_by_text("Forked: this thread is a copy with 1 message.").is_visible()
