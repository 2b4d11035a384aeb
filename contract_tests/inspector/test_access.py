"""Who may use the inspector: with a control token who has logged in; and its forms only from its own pages."""

import asyncio
import re

import httpx
import pytest

from contract_tests.inspector.browser_requests import NAVIGATION, browser, forgery_of, log_in, same_origin
from emulator import LiveServer, Settings, create_app
from emulator.control.inspector.logins import SECONDS, Logins
from emulator.domain import inspector_paths as to

TOKEN = "open sesame"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
HTMX = {"HX-Request": "true"}


@pytest.fixture(scope="module")
def locked():
    """A server with a control token and a namespace."""
    with LiveServer(Settings(control_token=TOKEN, clock="auto")) as server:
        server.namespace("orders").configure(seed=1)
        yield server


@pytest.fixture
def visitor(locked):
    with browser(locked.url) as client:
        yield client


@pytest.fixture
def member(locked):
    """A browser that has logged in."""
    with browser(locked.url) as client:
        assert log_in(client, TOKEN).status_code == 303
        yield client


@pytest.fixture(scope="module")
def open_server():
    """A server without a token, with two namespaces."""
    with LiveServer(Settings(clock="auto")) as server:
        server.namespace("orders").configure(seed=1)
        yield server


@pytest.fixture
def page(open_server):
    with browser(open_server.url) as client:
        yield client


# --- the login ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/", to.namespaces(), to.namespace("orders"), to.runs("orders", status="failed")])
def test_who_has_not_logged_in_is_led_to_the_login_and_back(visitor, path):
    answer = visitor.get(path)
    assert (answer.status_code, answer.headers["cache-control"]) == (303, "no-store")
    login = answer.headers["location"]
    assert login == to.login(path)
    form = visitor.get(login)
    assert form.status_code == 200
    behind = re.search(r'name="next" value="([^"]*)"', form.text)[1]
    done = visitor.post(
        to.login(), data={"forgery": forgery_of(form), "next": behind, "token": TOKEN}, headers=same_origin(visitor)
    )
    assert done.status_code == 303
    assert done.headers["location"] == (path if path != "/" else to.namespaces())
    page = visitor.get(done.headers["location"])
    assert page.status_code == 200
    assert "You are logged in." in page.text


def test_a_part_of_a_page_that_asks_by_itself_leads_the_whole_page_to_the_login(visitor, locked):
    current = f"{locked.url}{to.runs('orders', status='failed')}"
    answer = visitor.get(to.runs("orders"), headers={**HTMX, "HX-Current-URL": current})
    assert answer.status_code == 401
    assert answer.headers["hx-redirect"] == to.login(to.runs("orders", status="failed"))


def test_a_form_of_who_has_not_logged_in_does_nothing(visitor):
    answer = visitor.post(to.logout(), headers=same_origin(visitor))
    assert (answer.status_code, answer.headers["location"]) == (303, to.login())


def test_a_wrong_token_gets_one_clear_line_and_no_cookie(visitor):
    answer = log_in(visitor, "open <b>barley</b>")
    assert answer.status_code == 403
    assert "This is not the control token of the server." in answer.text
    assert "barley" not in answer.text
    assert not [cookie for cookie in answer.headers.get_list("set-cookie") if "login" in cookie]
    assert visitor.get(to.namespaces()).status_code == 303


@pytest.mark.parametrize("token", ["", "open sesam", "open sesame ", "\udcff", "öffne dich"])
def test_nothing_but_the_token_is_the_token(token):
    logins = Logins(TOKEN, lambda: 0.0)
    assert not logins.is_token(token.encode("utf-8", "surrogateescape"))


def test_a_token_in_any_alphabet_logs_in():
    with LiveServer(Settings(control_token="geheim-schlüssel")) as server, browser(server.url) as client:
        assert log_in(client, "geheim-schlüssel").status_code == 303
        assert client.get(to.namespaces()).status_code == 200


def test_the_cookie_is_kept_from_scripts_and_other_sites_and_ends(visitor, locked):
    answer = log_in(visitor, TOKEN)
    (cookie,) = [one for one in answer.headers.get_list("set-cookie") if "-login-" in one]
    name, _, value = cookie.partition(";")[0].partition("=")
    assert name == f"emulator-login-{locked.url.rpartition(':')[2]}"
    assert "sesame" not in value
    attributes = {one.strip().lower() for one in cookie.split(";")[1:]}
    assert {"httponly", "samesite=strict", "path=/", f"max-age={SECONDS}"} <= attributes
    assert "secure" not in attributes


def test_no_page_has_the_token(member):
    for path in (to.namespaces(), to.namespace("orders"), to.login(), to.keys(), "/_emulator"):
        assert "sesame" not in member.get(path, follow_redirects=True).text


@pytest.mark.parametrize(
    "behind",
    [
        "https://evil.example/",
        "//evil.example/_emulator/inspector",
        "/_emulator/inspectors",
        "/_emulator/inspector/../../v1/models",
        "/_emulator/inspector/%2e%2e/%2e%2e/v1",
        "/_emulator/inspector/\\evil.example",
        "javascript:alert(1)",
        "/v1/models",
        "/_emulator/inspector/login?next=/",
        "",
    ],
)
def test_a_login_leads_nowhere_but_into_the_inspector(visitor, behind):
    assert log_in(visitor, TOKEN, behind).headers["location"] == to.namespaces()


def test_who_has_logged_in_is_not_asked_again(member):
    answer = member.get(to.login(to.runs("orders")))
    assert (answer.status_code, answer.headers["location"]) == (303, to.runs("orders"))


def test_after_logging_out_the_cookie_opens_nothing_even_if_somebody_kept_it(member, locked):
    kept = dict(member.cookies)
    page = member.get(to.namespaces())
    assert "Log out" in page.text
    answer = member.post(to.logout(), data={"forgery": forgery_of(page)}, headers=same_origin(member))
    assert (answer.status_code, answer.headers["location"]) == (303, to.login())
    assert member.get(to.namespaces()).status_code == 303
    with browser(locked.url, cookies=kept) as other:
        assert other.get(to.namespaces()).status_code == 303


@pytest.mark.parametrize("change", [lambda v: "", lambda v: v[:-1] + ("0" if v[-1] != "0" else "1"), lambda v: "." + v])
def test_a_cookie_that_the_server_did_not_make_opens_nothing(member, locked, change):
    name = next(name for name in member.cookies if "-login-" in name)
    with browser(locked.url, cookies={name: change(member.cookies[name])}) as other:
        assert other.get(to.namespaces()).status_code == 303


def test_a_login_ends_by_itself():
    now = [1_000.0]
    logins = Logins(TOKEN, lambda: now[0])
    login = logins.begin()
    now[0] += SECONDS - 1
    assert logins.knows(login)
    now[0] += 1
    assert not logins.knows(login)


def test_a_later_expiry_cannot_be_written_into_a_login():
    logins = Logins(TOKEN, lambda: 0.0)
    nonce, expiry, proof = logins.begin().split(".")
    assert not logins.knows(f"{nonce}.{int(expiry) + 1}.{proof}")
    assert not logins.knows(f"{nonce}.{expiry}.é")


def test_a_restart_with_the_same_token_ends_no_login_and_another_token_does():
    login = Logins(TOKEN, lambda: 0.0).begin()
    assert Logins(TOKEN, lambda: 0.0).knows(login)
    assert not Logins("another", lambda: 0.0).knows(login)


def test_a_token_needs_no_login(locked):
    with browser(locked.url) as client:
        assert client.get(to.namespaces(), headers=BEARER).status_code == 200
        assert client.get("/", headers=BEARER).status_code == 200


def test_style_and_scripts_need_no_login(visitor):
    page = visitor.get(to.login())
    for address in re.findall(r'(?:src|href)="(/_emulator/inspector/static/[^"]+)"', page.text):
        assert visitor.get(address).status_code == 200
    assert visitor.get(to.asset("0/../../ns/orders")).status_code in (303, 404)


def test_a_login_reads_the_control_api_and_changes_nothing_there(member, visitor):
    for path in ("/_emulator", "/_emulator/ns", "/_emulator/ns/orders/report", "/_emulator/coverage?format=html"):
        assert member.get(path).status_code == 200
        assert member.head(path).status_code in (200, 405)
        assert visitor.get(path).status_code == 401
    for method in ("PUT", "DELETE", "POST"):
        answer = member.request(method, "/_emulator/ns/orders", json={}, headers=same_origin(member))
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "forbidden")
    assert member.get("/_emulator/ns").json()["namespaces"][0]["namespace"] == "orders"


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}],
)
def test_a_page_of_another_site_gets_nothing_with_the_cookie_of_a_login(member, headers):
    page = member.get(to.namespaces())
    for path in (to.namespaces(), "/_emulator/ns", to.login()):
        assert member.get(path, headers=headers).status_code == 403
    answer = member.post(to.logout(), data={"forgery": forgery_of(page)}, headers={**same_origin(member), **headers})
    assert answer.status_code == 403
    assert member.get(to.namespaces()).status_code == 200


def test_a_server_without_a_token_asks_for_none(page):
    assert page.get(to.login()).headers["location"] == to.namespaces()
    first = page.get(to.namespaces())
    assert "Log out" not in first.text
    fields = {"forgery": forgery_of(page.get(to.namespace("orders"))), "token": "anything"}
    answer = page.post(to.login(), data=fields, headers=same_origin(page))
    assert (answer.status_code, answer.headers["location"]) == (303, to.namespaces())


@pytest.mark.parametrize("path", ["/", to.namespaces(), to.login(), to.namespace("orders")])
def test_without_a_token_the_inspector_answers_to_no_foreign_name(page, path):
    assert page.get(path, headers={"Host": "evil.example"}).status_code == 403


# --- cookies of several servers, and of one behind TLS ---------------------------------------------------------------


def test_two_servers_of_one_machine_do_not_break_each_others_cookies():
    """A browser sends the cookies of a host to all its ports."""
    with (
        LiveServer(Settings(control_token=TOKEN)) as one,
        LiveServer(Settings(control_token="another")) as two,
        browser(one.url) as client,
    ):
        assert log_in(client, TOKEN).status_code == 303
        client.base_url = two.url
        assert client.get(to.namespaces()).status_code == 303
        assert log_in(client, "another").status_code == 303
        assert client.get(to.namespaces()).text.count("You are logged in.") == 1
        client.base_url = one.url
        page = client.get(to.namespaces())
        assert (page.status_code, page.text.count("You are logged in.")) == (200, 1)
        assert client.post(to.logout(), data={"forgery": forgery_of(page)}, headers=same_origin(client)).is_redirect
        assert client.get(to.namespaces()).status_code == 303
        client.base_url = two.url
        assert client.get(to.namespaces()).status_code == 200


@pytest.mark.parametrize(
    "url, port", [("https://emulator.example", "443"), ("https://localhost:8443", "8443"), ("http://localhost", "80")]
)
def test_behind_tls_the_cookies_are_for_tls_alone(url, port):
    async def cookies():
        transport = httpx.ASGITransport(create_app(Settings(control_token=TOKEN)))
        async with httpx.AsyncClient(transport=transport, base_url=url, headers=NAVIGATION) as client:
            form = await client.get(to.login())
            fields = {"forgery": forgery_of(form), "token": TOKEN}
            answer = await client.post(to.login(), data=fields, headers={"Origin": url})
            assert answer.status_code == 303
            assert (await client.get(to.namespaces())).status_code == 200
            return form.headers.get_list("set-cookie") + answer.headers.get_list("set-cookie")

    found = asyncio.run(cookies())
    kinds = {cookie.partition("=")[0] for cookie in found}
    assert kinds == {f"emulator-browser-{port}", f"emulator-login-{port}", f"emulator-notice-{port}"}
    assert all(("secure" in cookie.lower()) == url.startswith("https") for cookie in found)


# --- forms of other pages --------------------------------------------------------------------------------------------


def sent(client, fields, *, as_multipart=False, headers=None):
    """Send a form that every server has; without a login it does nothing."""
    body = {"files": {name: (None, value) for name, value in fields.items()}} if as_multipart else {"data": fields}
    return client.post(to.logout(), headers=same_origin(client) | (headers or {}), **body)


@pytest.mark.parametrize("as_multipart", [False, True])
def test_a_form_needs_the_token_of_its_browser(open_server, page, as_multipart):
    token = forgery_of(page.get(to.namespaces() + "/ns/orders"))
    assert sent(page, {"forgery": token}, as_multipart=as_multipart).status_code == 303
    refusals = [{}, {"forgery": ""}, {"forgery": "0" * 64}, {"forgery": "é"}, {"other": token}]
    for fields in refusals:
        answer = sent(page, fields, as_multipart=as_multipart)
        assert (answer.status_code, answer.headers["content-type"]) == (403, "text/html; charset=utf-8")
        assert "load it again" in answer.text
    with browser(open_server.url) as other:
        other.get(to.namespaces())
        assert sent(other, {"forgery": token}, as_multipart=as_multipart).status_code == 403
    with browser(open_server.url) as nobody:
        assert sent(nobody, {"forgery": token}, as_multipart=as_multipart).status_code == 403


def test_a_token_may_stand_in_a_header(page):
    token = forgery_of(page.get(to.namespace("orders")))
    assert sent(page, {}, headers={"X-Emulator-Forgery": token}).status_code == 303
    assert sent(page, {"forgery": token}, headers={"X-Emulator-Forgery": "0"}).status_code == 403


def test_a_page_of_before_a_restart_is_told_to_load_again():
    with LiveServer() as before, browser(before.url) as client:
        before.namespace("orders").configure(seed=1)
        token = forgery_of(client.get(to.namespace("orders")))
    with LiveServer() as after:
        # As of the same port, where the browser's cookie is still sent.
        port = after.url.rpartition(":")[2]
        cookies = {f"emulator-browser-{port}": client.cookies[f"emulator-browser-{before.url.rpartition(':')[2]}"]}
        with browser(after.url, cookies=cookies) as again:
            answer = sent(again, {"forgery": token})
    assert answer.status_code == 403
    assert "older than the server" in answer.text


def test_a_token_of_a_page_before_the_login_is_not_one_of_after_it(visitor):
    before = forgery_of(visitor.get(to.login()))
    assert log_in(visitor, TOKEN).status_code == 303
    assert sent(visitor, {"forgery": before}).status_code == 403
    assert visitor.get(to.namespaces()).status_code == 200


@pytest.mark.parametrize("as_multipart", [False, True])
def test_a_form_of_another_site_is_refused_whatever_it_carries(page, as_multipart):
    token = forgery_of(page.get(to.namespace("orders")))
    for foreign in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
        assert sent(page, {"forgery": token}, as_multipart=as_multipart, headers=foreign).status_code == 403


def test_a_refusal_of_what_a_page_sent_by_itself_is_shown_in_the_page(page):
    answer = sent(page, {}, headers=HTMX)
    assert answer.status_code == 403
    assert answer.headers["hx-retarget"] == answer.headers["hx-reselect"] == "#notice"
    assert answer.text.startswith('<div id="notice" role="alert"')


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_a_form_that_is_too_large_is_refused_as_a_page_or_a_part_of_one(page, headers):
    token = forgery_of(page.get(to.namespace("orders")))
    answer = sent(page, {"forgery": token, "more": "x" * 300_000}, headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (413, "text/html; charset=utf-8")
    assert "A body may have at most 262144 bytes here." in answer.text


def test_a_form_that_does_not_say_its_size_is_counted(page):
    answer = page.post(
        to.logout(),
        content=(b"x" * 50_000 for _ in range(10)),
        headers=same_origin(page) | {"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert (answer.status_code, answer.headers["content-type"]) == (413, "text/html; charset=utf-8")


def test_a_form_that_cannot_be_read_is_refused_as_a_page(page):
    headers = same_origin(page) | {"Content-Type": "multipart/form-data; boundary=a"}
    answer = page.post(to.logout(), content=b"--b\r\nnothing", headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) in (
        (400, "text/html; charset=utf-8"),
        (403, "text/html; charset=utf-8"),
    )


def test_no_page_may_be_framed_or_load_from_elsewhere(page):
    headers = page.get(to.namespace("orders")).headers
    policy = headers["content-security-policy"].split("; ")
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "form-action 'self'" in policy
    assert not [one for one in policy if "unsafe" in one or "http" in one or "*" in one]
