"""The page at /: for browsers alone, whole without anything else, and guarded like the control API."""

import html
import re
import sqlite3
import subprocess
import sys

import pytest

from contract_tests.pages import Reader, assert_asks_for_nothing
from emulator import InProcess, LiveServer, Settings

# What browsers send when an address is typed in.
BROWSER = {
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
    "Sec-Fetch-Site": "none",
    "Sec-Fetch-Mode": "navigate",
}


@pytest.fixture(scope="module")
def filled():
    """A server of two namespaces, of which one holds something."""
    with LiveServer(Settings(clock="auto")) as server:
        client = server.namespace("orders").client()
        assistant = client.beta.assistants.create(model="gpt-4o", instructions="Be brief.")
        for _ in range(2):
            client.beta.threads.create_and_run_poll(assistant_id=assistant.id)
        server.namespace("default").configure(seed=7)
        yield server


@pytest.fixture(scope="module")
def page(filled, http):
    return shown(http, filled)


def shown(http, server, **headers):
    answer = http.get(f"{server.url}/", headers=BROWSER | headers)
    assert answer.status_code == 200, answer.text
    return answer.text


def section_of(page, name):
    (found,) = re.findall(rf'<article aria-label="{re.escape(name)}">.*?</article>', page, re.DOTALL)
    return found


def test_a_browser_gets_a_page(server, http):
    answer = http.get(f"{server.url}/", headers=BROWSER)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert answer.text.startswith("<!doctype html>")
    head = http.head(f"{server.url}/", headers=BROWSER)
    assert (head.status_code, head.content) == (200, b"")


@pytest.mark.parametrize("headers", [{}, {"Accept": "*/*"}, {"Accept": "application/json"}, {"Accept": ""}])
def test_everybody_else_gets_the_answer_of_the_service(server, http, headers):
    answer = http.get(f"{server.url}/", headers=headers)
    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == "Invalid URL (GET /)"


@pytest.mark.parametrize(
    "method, path", [("POST", "/"), ("DELETE", "/"), ("GET", "/v1"), ("GET", "/v1/nothing"), ("GET", "//")]
)
def test_a_browser_gets_no_page_elsewhere(server, http, method, path):
    answer = http.request(method, f"{server.url}{path}", headers=BROWSER)
    assert answer.status_code in (401, 404, 405)
    assert answer.headers["content-type"].startswith("application/json")


def test_the_control_api_keeps_its_own_page(server, http):
    for path in ("", "/", "/docs"):
        assert "control API</title>" in http.get(f"{server.url}/_emulator{path}", headers=BROWSER).text


def test_it_shows_the_version_and_the_base_urls(page, filled):
    from emulator import __version__

    assert f"Version {__version__}" in page
    for address in ("/v1", "", "/api/projects/NAME", "/ns/NAME/v1", "/ns/orders/v1"):
        assert f"<code>{filled.url}{address}</code></pre>" in page


def test_it_shows_what_each_namespace_holds(page):
    counts = re.search("<p>(.*?)</p>", section_of(page, "orders"))[1]
    assert counts.startswith("1 assistant, 2 threads, 2 runs, ")
    assert re.search(r", \d+ requests$", counts)
    assert "<p>empty</p>" in section_of(page, "default")


def test_the_default_namespace_has_the_short_base_url(page, filled):
    assert f"<code>{filled.url}/v1</code>" in section_of(page, "default")


def test_looking_at_it_changes_nothing(http):
    with LiveServer() as server:
        assert "There is none yet" in shown(http, server)
        assert http.get(f"{server.control_url}/ns").json() == {"namespaces": []}


def test_a_deleted_namespace_is_not_shown(http):
    with LiveServer() as server:
        server.namespace("gone").configure(seed=1)
        assert 'aria-label="gone"' in shown(http, server)
        server.namespace("gone").delete()
        assert 'aria-label="gone"' not in shown(http, server)


def test_of_very_many_namespaces_the_rest_is_counted(http, monkeypatch):
    from emulator.control import start_page

    monkeypatch.setattr(start_page, "MOST_LISTED", 2)
    with LiveServer() as server:
        for name in ("a", "b", "c", "d", "e"):
            server.namespace(name).configure(seed=1)
        page = shown(http, server)
        assert page.count("<article") == 2
        assert 'And 3 more: <a href="/_emulator/ns">' in page


def test_namespaces_of_before_a_restart_are_shown_without_being_opened(tmp_path, http):
    settings = Settings(db=tmp_path / "data.db")
    with LiveServer(settings) as server:
        server.namespace("kept").client().beta.threads.create()
    with LiveServer(settings) as server:
        assert "1 thread</p>" in section_of(shown(http, server), "kept")


def test_a_namespace_whose_row_was_damaged_is_shown_by_its_name(tmp_path, http):
    settings = Settings(db=tmp_path / "data.db")
    with LiveServer(settings) as server:
        for name in ("bad", "good"):
            server.namespace(name).configure(seed=1)
    with sqlite3.connect(tmp_path / "data.db") as connection:
        connection.execute("UPDATE namespaces SET config = 'not JSON' WHERE ns = 'bad'")
    connection.close()
    with LiveServer(settings) as server:
        page = shown(http, server)
    assert section_of(page, "bad")
    assert section_of(page, "good")


def test_a_server_that_nobody_looks_at_loads_none_of_it():
    source = "import sys, emulator.app; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert not {"emulator.control.start_page", "emulator.service.overview", "fastapi"} & set(done.stdout.split())


def test_it_asks_for_nothing_and_runs_nothing(filled, http, page):
    assert_asks_for_nothing(page, http.get(f"{filled.url}/", headers=BROWSER).headers)


def test_every_link_leads_somewhere(filled, http, page):
    reader = Reader(page)
    assert len(reader.ids) == len(set(reader.ids))
    assert {link[1:] for link in reader.links if link.startswith("#")} <= set(reader.ids)
    for link in map(html.unescape, reader.links):
        if not link.startswith("#"):
            assert http.get(f"{filled.url}{link}").status_code == 200, link
    for wanted in ("report", "verdict", "requests", "runs", "threads", "coverage?format=html"):
        assert f"/_emulator/ns/orders/{wanted}" in reader.links
    assert "/_emulator/coverage?format=html" in reader.links


def test_it_can_be_read_with_a_keyboard_in_the_dark_and_on_a_small_screen(page):
    reader = Reader(page)
    assert ("html", {"lang": "en"}) in reader.tags
    assert reader.links[0] == "#namespaces"
    assert all(attrs.get("tabindex") == "0" for tag, attrs in reader.tags if tag == "pre")
    labels = [attrs["aria-label"] for tag, attrs in reader.tags if tag == "a" and "aria-label" in attrs]
    assert len(labels) == len(set(labels))
    assert any(tag == "meta" and attrs.get("name") == "viewport" for tag, attrs in reader.tags)
    assert "color-scheme: light dark" in page
    assert "table" not in {tag for tag, _ in reader.tags}


def test_the_urls_are_those_of_the_host_that_was_asked(server, http):
    assert "<code>http://localhost:8123/v1</code>" in shown(http, server, Host="localhost:8123")


def test_a_host_name_injects_no_html(http):
    with LiveServer(Settings(control_token="t")) as server:
        assert "<script" not in shown(http, server, Host='"><script>alert(1)</script>', Authorization="Bearer t")


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Host": "evil.example"}]
)
def test_it_is_guarded_like_the_control_api(server, http, headers):
    answer = http.get(f"{server.url}/", headers=BROWSER | headers)
    assert answer.status_code == 403
    assert answer.json() == http.get(f"{server.url}/_emulator", headers=BROWSER | headers).json()


def test_with_a_control_token_it_needs_the_token(http):
    with LiveServer(Settings(control_token="open sesame")) as server:
        assert http.get(f"{server.url}/", headers=BROWSER).status_code == 401
        assert "sesame" not in shown(http, server, Authorization="Bearer open sesame")


def test_a_server_in_process_has_it_too():
    with InProcess() as server, server.http_client() as client:
        assert client.get(f"{server.url}/", headers=BROWSER).text.startswith("<!doctype html>")
