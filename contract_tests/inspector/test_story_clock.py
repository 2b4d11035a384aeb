"""Somebody moves the clock of a namespace, and watches what that does."""

import pytest

from emulator import LiveServer, Settings
from emulator.domain import inspector_paths as to

NOON = "2026-01-05T12:00:00Z"
TOOL = {"type": "function", "function": {"name": "look_outside", "parameters": {"type": "object", "properties": {}}}}
SCRIPT = "emulator: 1\nturns: [{name: asks, steps: [{call: look_outside, args: {}}, {say: Fog.}]}]"


@pytest.fixture
def server():
    with LiveServer(Settings(), script=SCRIPT) as running:
        yield running


def test_a_run_expires_while_somebody_watches_the_clock_being_advanced(server, page, violations):
    orders = server.namespace("orders")
    orders.configure(clock=NOON)
    client = orders.client()
    assistant = client.beta.assistants.create(model="gpt-4o", instructions="Be brief.", tools=[TOOL])
    page.goto(f"{server.url}{to.namespace('orders')}")
    run = client.beta.threads.create_and_run(assistant_id=assistant.id)
    waiting = page.get_by_role("region", name="Runs that are not over")
    waiting.get_by_title(run.id).wait_for()  # seen live
    page.get_by_label("Advance by", exact=True).fill("10m1s")
    page.get_by_role("button", name="Advance", exact=True).click()
    notice = page.get_by_role("status").filter(has_text="This caused")
    notice.wait_for()
    assert f"thread.run.expired of {run.id}" in notice.inner_text()
    assert "2026-01-05T12:10:01Z" in notice.inner_text()
    page.get_by_role("region", name="Runs that ended badly").get_by_title(run.id).wait_for()
    assert waiting.count() == 0
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page) == []


def test_a_clock_is_frozen_set_and_let_go_on(server, page):
    server.namespace("orders").configure(seed=1)
    page.goto(f"{server.url}{to.namespace('orders')}")
    page.get_by_role("button", name="Freeze here").click()
    page.get_by_role("status").filter(has_text="The clock is frozen").wait_for()
    page.get_by_text("Set it to an instant").click()
    page.get_by_label("At (ISO 8601)").fill(NOON)
    page.get_by_role("button", name="Set", exact=True).click()
    page.get_by_role("status").filter(has_text="shows 2026-01-05T12:00:00Z").wait_for()
    page.get_by_role("button", name="Skip delays").click()
    page.get_by_role("status").filter(has_text="The clock is auto").wait_for()


def test_what_cannot_be_is_refused_beside_what_was_typed(server, page):
    server.namespace("orders").configure(clock=NOON)
    page.goto(f"{server.url}{to.namespace('orders')}")
    page.get_by_label("Advance by", exact=True).fill("tomorrow")
    page.get_by_role("button", name="Advance", exact=True).click()
    page.get_by_role("alert").filter(has_text="is not a duration").wait_for()
    assert page.get_by_label("Advance by", exact=True).input_value() == "tomorrow"


def test_a_run_is_held_and_released(server, page):
    orders = server.namespace("orders")
    orders.configure(clock="auto")
    client = orders.client()
    assistant = client.beta.assistants.create(model="gpt-4o", instructions="Be brief.", tools=[TOOL])
    page.goto(f"{server.url}{to.namespace('orders')}")
    page.get_by_label("Hold it at").select_option("in_progress")
    page.get_by_role("button", name="Hold", exact=True).click()
    page.get_by_role("status").filter(has_text="will be held at in_progress").wait_for()
    run = client.beta.threads.create_and_run(assistant_id=assistant.id)
    held = (
        page.get_by_role("region", name="Runs that are not over")
        .get_by_role("row")
        .filter(has=page.get_by_title(run.id))
    )
    held.get_by_role("button", name="Release").click()
    page.get_by_role("status").filter(has_text="is not held at in_progress any more").wait_for()
    assert client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id).status == "requires_action"
