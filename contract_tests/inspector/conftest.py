"""A real browser for the inspector's pages; each page that a test opens has to be quiet, and to stay on the machine."""

from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Error, sync_playwright

from contract_tests.inspector import browsers
from contract_tests.inspector.stage import set_stage


def pytest_itemcollected(item):
    if "chromium" in item.fixturenames:
        item.add_marker(pytest.mark.browser)


# A refusal that a story provokes is shown to the person, and so is a server that has gone; the browser notes both, too.
NOTED = ("Failed to load resource", "Failed to fetch", "SSE reconnect failed", "htmx:sse:error: network error")


@pytest.fixture(scope="module")
def chromium():
    """A browser. Of one module: while it lives, no test of asyncio can run in this process."""
    with sync_playwright() as playwright:
        browser = _launched(playwright)
        yield browser
        browser.close()


def _launched(playwright):
    try:
        return browsers.launch(playwright)
    except browsers.NoBrowserError as error:
        if browsers.REQUIRED:
            raise
        pytest.skip(browsers.WHY_NOT if not browsers.UNWANTED else str(error))


@pytest.fixture
def open_page(chromium):
    """Return a function that opens a page of a browser of its own; what goes wrong in one fails the test."""
    with _opened(chromium) as open_one:
        yield open_one


@contextmanager
def _opened(chromium):
    contexts, noise = [], []

    def open_one(**options):
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda message: noise.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: noise.append(str(error)))
        page.on(
            "request", lambda request: noise.append(f"left the machine: {request.url}") if _leaves(request) else None
        )
        return page

    yield open_one
    heard = [line for line in noise if not any(noted in line for noted in NOTED)]
    for context in contexts:
        _close(context)
    assert heard == []


def _close(context):
    # A browser may never close what is still on its way to a page.
    for page in context.pages:
        with suppress(Error):
            page.goto("about:blank", timeout=5_000)
    context.close()


def _leaves(request):
    return urlsplit(request.url).hostname not in ("127.0.0.1", "localhost", None, "")


@pytest.fixture
def page(open_page):
    """A page in the light, of a desktop's size."""
    return open_page(viewport={"width": 1280, "height": 900}, color_scheme="light")


@pytest.fixture(scope="session")
def violations():
    """Return a function that returns what axe-core finds wrong with a page, as lines. rules: only these."""
    source = AXE_FILE_PATH.read_text("utf-8")

    def violations_of(page, *rules):
        page.evaluate(source)  # as a debugger does: the page's own policy takes no script from elsewhere
        options = {"runOnly": {"type": "rule", "values": rules}} if rules else {}
        found = page.evaluate("options => axe.run(options)", options)["violations"]
        return [f"{one['id']}: {node['html']}" for one in found for node in one["nodes"]]

    return violations_of


@pytest.fixture(scope="module")
def stage():
    """A server in whose namespaces something has happened, and the URLs of all its pages; nobody may change it."""
    with set_stage() as made:
        yield made
