"""The page at /: for browsers alone, guarded like the control API, and nothing that a server loads unasked."""

import re
import subprocess
import sys

import pytest

from contract_tests.inspector.browser_requests import NAVIGATION
from emulator import InProcess, LiveServer, Settings
from emulator.domain import inspector_paths as to

# What browsers send when an address is typed in.
BROWSER = NAVIGATION | {"Sec-Fetch-Site": "none"}


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


def test_the_control_api_keeps_its_own_page_and_leads_here(server, http):
    for path in ("", "/", "/docs"):
        page = http.get(f"{server.url}/_emulator{path}", headers=BROWSER).text
        assert "control API</title>" in page
        assert f'<a href="{to.namespaces()}">' in page


def test_a_page_that_does_not_exist_is_refused_as_a_page(server, http):
    for path in (f"{to.ROOT}/nothing", f"{to.ROOT}/", to.namespace("nobody-has-made-it"), to.asset("0/nothing.js")):
        answer = http.get(f"{server.url}{path}", headers=BROWSER)
        assert answer.status_code == 404, path
    assert "There is no page at" in http.get(f"{server.url}{to.ROOT}/nothing", headers=BROWSER).text


def test_a_path_is_shown_as_text(server, http):
    page = http.get(f"{server.url}{to.ROOT}/<script>alert(1)</script>", headers=BROWSER).text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page


def test_looking_at_it_changes_nothing(http):
    with LiveServer() as server:
        for path in ("/", to.namespaces(), to.namespace("default"), to.runs("default")):
            http.get(f"{server.url}{path}", headers=BROWSER)
        assert http.get(f"{server.control_url}/ns").json() == {"namespaces": []}


def test_a_server_that_nobody_looks_at_loads_none_of_it():
    source = "import sys, emulator.app; emulator.app.create_app(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "emulator.control.inspector.mount" in loaded
    assert not {"jinja2", "markupsafe", "markdown_it", "fastapi", "difflib"} & loaded
    of_pages = ("emulator.timeline_pictures", "emulator.service.timelines", "scripted_models.completions")
    assert not {name for name in loaded if name.startswith(of_pages)}
    assert (
        not {f"emulator.service.{name}" for name in ("overview", "news", "feed", "thread_pages", "file_pages")} & loaded
    )
    assert {name for name in loaded if name.startswith("emulator.control.inspector.")} == {
        f"emulator.control.inspector.{name}"
        for name in ("cookies", "current_page", "login_redirects", "logins", "mount")
    }


def test_the_control_api_loads_none_of_it_either():
    source = (
        "import sys; from emulator import InProcess\n"
        "with InProcess() as server: server.namespace('a').configure(seed=1)\n"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)
    assert "emulator.control.inspector.site" not in done.stdout.split()


def test_every_page_asks_for_what_the_server_itself_has(server, http):
    page = http.get(f"{server.url}/", headers=BROWSER).text
    assert not re.findall(r"""\s(?:on\w+|style)=["']|<style|javascript:|\s(?:src|href|action)=["'](?!/|#|\?)""", page)
    addresses = re.findall(r'<(?:script|link|img)[^>]*?(?:src|href)="([^"]+)"', page)
    assert len(addresses) >= 6
    for address in addresses:
        answer = http.get(f"{server.url}{address}")
        assert answer.status_code == 200, address
        assert "immutable" in answer.headers["cache-control"]


def test_a_host_name_injects_no_html(http):
    with LiveServer(Settings(control_token="t")) as server:
        headers = BROWSER | {"Host": '"><script>alert(1)</script>', "Authorization": "Bearer t"}
        answer = http.get(f"{server.url}/", headers=headers)
    assert answer.status_code == 200
    assert "<script>" not in answer.text
    assert "script" not in "".join(answer.headers.get_list("set-cookie"))


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Host": "evil.example"}]
)
def test_it_is_guarded_like_the_control_api(server, http, headers):
    answer = http.get(f"{server.url}/", headers=BROWSER | headers)
    assert answer.status_code == 403
    assert answer.json() == http.get(f"{server.url}/_emulator", headers=BROWSER | headers).json()


def test_a_server_in_process_has_it_too():
    with InProcess() as server, server.http_client() as client:
        assert client.get(f"{server.url}/", headers=BROWSER).text.startswith("<!doctype html>")
        assert client.get(f"{server.url}{to.namespaces()}").status_code == 200
