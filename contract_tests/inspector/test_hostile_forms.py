"""What hostile clients send to forms, and in the headers around them: refused, and nothing of it gets further."""

import json

import pytest

from contract_tests.inspector.browser_requests import browser, forgery_of, log_in, same_origin
from emulator import LiveServer, Settings
from emulator.domain import inspector_paths as to

TOKEN = "a token that nobody guesses"
HTMX = {"HX-Request": "true"}
HALF_A_LETTER = "\ud800"


@pytest.fixture(scope="module")
def server():
    with LiveServer(Settings(clock="auto")) as one:
        one.namespace("orders").configure(seed=1)
        yield one


@pytest.fixture(scope="module")
def locked():
    with LiveServer(Settings(clock="auto", control_token=TOKEN)) as one:
        yield one


@pytest.fixture
def client(server):
    with browser(server.url) as one:
        yield one


@pytest.fixture
def visitor(locked):
    with browser(locked.url) as one:
        yield one


# --- headers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["http://[", "http://[::1", "javascript:1", "\\", ""])
def test_a_part_of_a_page_that_names_no_page_is_led_to_the_login(visitor, page):
    answer = visitor.get(to.namespaces(), headers={**HTMX, "HX-Current-URL": page})
    assert answer.status_code == 401
    assert answer.headers["hx-redirect"].partition("?")[0] == to.login()


def test_a_form_of_a_part_of_a_page_that_names_no_page_is_done(client):
    headers = {**same_origin(client), **HTMX, "HX-Current-URL": "http://["}
    fields = {"forgery": forgery_of(client.get(to.namespaces())), "mode": "frozen"}
    assert client.post(to.action("orders", "clock"), data=fields, headers=headers).status_code == 200


@pytest.mark.parametrize("behind", [f"{to.namespaces()}/x\r\nSet-Cookie: planted=1", f"{to.namespaces()}/ns/\u20ac"])
def test_a_page_behind_the_login_gets_nothing_into_headers(visitor, behind):
    form = visitor.get(to.login())
    fields = {"forgery": forgery_of(form), "next": behind, "token": TOKEN}
    answer = visitor.post(to.login(), data=fields, headers={**same_origin(visitor), **HTMX})
    assert answer.headers["hx-redirect"].startswith(f"{to.namespaces()}/")
    assert "planted" not in answer.headers.get("set-cookie", "")
    assert "planted" not in visitor.cookies


# --- cookies that a page of another port has planted ------------------------------------------------------------------


@pytest.mark.parametrize("said", ["Your%20token%20is%20too%20old", f"{'0' * 64}.Come%20to%20another%20page", "%ff.%00"])
def test_a_page_says_nothing_that_another_port_has_written_into_its_cookie(client, server, said):
    port = server.url.rpartition(":")[2]
    client.cookies.set(f"emulator-notice-{port}", said)
    assert '<div id="notice" role="status"></div>' in client.get(to.namespaces()).text


def test_a_browser_that_was_given_its_name_by_another_port_cannot_be_driven_after_its_login(locked, visitor):
    port = locked.url.rpartition(":")[2]
    with browser(locked.url) as attacker:
        attacker.cookies.set(f"emulator-browser-{port}", "planted")
        known = forgery_of(attacker.get(to.login()))
    visitor.cookies.set(f"emulator-browser-{port}", "planted")
    log_in(visitor, TOKEN)
    answer = visitor.post(to.make(), data={"forgery": known, "name": "taken"}, headers=same_origin(visitor))
    assert answer.status_code == 403


# --- texts that are none ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path, name",
    [(to.make(), "name"), (to.action("orders", "release"), "run"), (f"{to.parity()}/pairs", "old")],
)
def test_a_form_with_half_a_letter_is_refused(client, path, name):
    fields = {"forgery": forgery_of(client.get(to.namespaces())), name: HALF_A_LETTER}
    headers = {**same_origin(client), "Content-Type": "multipart/form-data; boundary=X; charset=utf-7"}
    answer = client.post(path, content=_multipart(fields), headers=headers)
    assert answer.status_code == 400
    assert "cannot be decoded" in answer.text


def _multipart(fields):
    parts = [
        b'--X\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n' % (name.encode(), text.encode("utf-7"))
        for name, text in fields.items()
    ]
    return b"".join([*parts, b"--X--\r\n"])


def test_a_waiver_with_half_a_letter_in_an_address_is_refused(client):
    waiver = json.dumps({"field": "text", "reason": HALF_A_LETTER})
    for path in (to.parity(waive=waiver), to.waiver_file(waive=waiver)):
        assert client.get(path).status_code == 400
