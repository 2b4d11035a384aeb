"""The first page, in a real browser."""

from emulator import LiveServer, Settings


def test_the_first_page_leads_to_each_namespace(page, violations):
    with LiveServer(Settings(clock="auto")) as server:
        server.namespace("orders").client().beta.threads.create()
        page.goto(f"{server.url}/")
        assert violations(page) == []
        page.get_by_role("link", name="orders").click()
        page.wait_for_url("**/_emulator/inspector/ns/orders")
