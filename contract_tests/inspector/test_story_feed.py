"""Somebody reads what happens in a namespace while it happens: nothing moves until they ask for what is new."""

import pytest

from emulator import LiveServer, Settings
from emulator.domain import inspector_paths as to

SCRIPT = "emulator: 1\nturns: [{name: hello, steps: [{say: Hello.}]}]"
# A run that says one thing changes seven statuses; the request that makes it is a row, too.
ROWS_OF_A_RUN = 8


class Orders:
    """A namespace, and its page."""

    def __init__(self, server, page):
        self.url = f"{server.url}{to.namespace('orders')}"
        self.client = server.namespace("orders").client()
        self.assistant = self.client.beta.assistants.create(model="gpt-4o", instructions="Be brief.")
        self.page = page
        self.news = page.get_by_role("button", name=" new")
        self.rows = page.locator(".feed-row")

    def run(self, times=1):
        for _ in range(times):
            self.client.beta.threads.create_and_run(assistant_id=self.assistant.id)

    def open(self):
        self.page.goto(self.url)

    def wait_for_news(self, count):
        self.page.get_by_role("button", name=f"{count} new", exact=True).wait_for()

    def hide(self, *, is_hidden):
        self.page.evaluate(
            """(hidden) => {
                Object.defineProperty(document, "hidden", { get: () => hidden, configurable: true });
                document.dispatchEvent(new Event("visibilitychange"));
            }""",
            is_hidden,
        )


@pytest.fixture
def orders(page):
    with LiveServer(Settings(clock="auto"), script=SCRIPT) as server:
        yield Orders(server, page)


def test_new_rows_wait_behind_a_button_and_nothing_jumps(orders, page, violations):
    orders.run(4)
    orders.open()
    page.evaluate("scrollTo(0, 300)")
    before = orders.rows.all_inner_texts()
    place = orders.rows.nth(9).bounding_box()
    orders.run(2)
    orders.wait_for_news(2 * ROWS_OF_A_RUN)
    assert orders.rows.all_inner_texts() == before
    assert abs(orders.rows.nth(9).bounding_box()["y"] - place["y"]) < 1
    assert violations(page) == []
    orders.news.click()
    orders.news.wait_for(state="hidden")
    assert orders.rows.count() == len(before) + 2 * ROWS_OF_A_RUN
    orders.run()
    orders.wait_for_news(ROWS_OF_A_RUN)


def test_the_counts_above_the_rows_follow_by_themselves(orders, page):
    orders.run()
    orders.open()
    page.locator("#state").get_by_role("link", name="1 completed").wait_for()
    orders.run(2)
    page.locator("#state").get_by_role("link", name="3 completed").wait_for()


def test_a_row_leads_to_its_run_and_back_shows_what_is_there_then(orders, page):
    orders.run()
    orders.open()
    orders.rows.first.get_by_role("link", name="run run_").click()
    page.wait_for_url("**/runs/run_*")
    orders.run()
    page.go_back()
    page.wait_for_url(orders.url)
    assert orders.rows.count() == 2 * ROWS_OF_A_RUN + 1
    orders.run()
    orders.wait_for_news(ROWS_OF_A_RUN)


def test_a_hidden_tab_has_no_stream_and_learns_later_how_much_came(orders, page):
    orders.open()
    orders.run()
    orders.wait_for_news(ROWS_OF_A_RUN)
    orders.hide(is_hidden=True)
    orders.run(3)
    page.wait_for_timeout(1_000)  # longer than the stream takes to tell of them
    assert orders.news.inner_text() == f"{ROWS_OF_A_RUN} new"
    orders.hide(is_hidden=False)
    orders.wait_for_news(4 * ROWS_OF_A_RUN)


def test_a_tab_that_nobody_has_seen_has_no_stream(orders, page):
    page.add_init_script('Object.defineProperty(document, "hidden", { get: () => true, configurable: true })')
    streams = []
    page.on("request", lambda request: streams.append(request) if "/live" in request.url else None)
    orders.open()
    orders.run()
    page.wait_for_timeout(500)
    assert streams == []
    orders.hide(is_hidden=False)
    orders.wait_for_news(ROWS_OF_A_RUN)
    assert len(streams) == 1


def test_the_page_says_that_the_server_has_gone_and_goes_on_once_it_is_back(page, tmp_path):
    settings = Settings(clock="auto", db=tmp_path / "emulator.db")
    with LiveServer(settings, script=SCRIPT) as server:
        port = int(server.url.rpartition(":")[2])
        orders = Orders(server, page)
        orders.open()
        orders.run()
        orders.wait_for_news(ROWS_OF_A_RUN)
    apart = page.get_by_text("Not connected")
    apart.wait_for()
    with LiveServer(settings, script=SCRIPT, port=port) as server:
        apart.wait_for(state="hidden")
        client = server.namespace("orders").client()
        client.beta.threads.create_and_run(assistant_id=orders.assistant.id)
        orders.wait_for_news(2 * ROWS_OF_A_RUN)
