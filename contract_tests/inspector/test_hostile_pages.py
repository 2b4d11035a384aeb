"""What hostile days put before pages: keys in whatever they show, texts that take long, and proxies in front of them."""

import re
import socket
from contextlib import closing
from html import unescape

import pytest

from contract_tests.inspector import scenes
from contract_tests.inspector.browser_requests import browser, forgery_of
from emulator import LiveServer, Settings
from emulator.control.inspector.differences import MOST_LINES, entries, texts
from emulator.domain import inspector_paths as to

KEY = "sk-proj-" + "Q7abcdefgh" * 4
PASSWORD = "hunter2hunter2"
SCENARIO = {
    "emulator": 1,
    "turns": [
        {
            "name": f"fails {KEY}",
            "when": {"message": {"contains": "fail"}},
            "steps": [{"fail": "server_error", "message": f"bad {KEY}"}],
        },
        {
            "name": "calls",
            "when": {"message": {"contains": "call"}},
            "steps": [{"call": "look_up", "args": {"password": PASSWORD, "x": KEY}}, {"say": f"done {KEY}"}],
        },
        {"name": "says", "when": {"message": {"contains": f"say {KEY}"}}, "steps": [{"say": f"said {KEY}"}]},
    ],
}
QUESTIONS = ("fail", "call", f"say {KEY}", f"nothing fits {KEY}")


@pytest.fixture(scope="module")
def server():
    with LiveServer(Settings(clock="frozen")) as one:
        yield one


@pytest.fixture
def client(server):
    with browser(server.url) as one:
        yield one


# --- keys -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def leaky(server):
    """A namespace with keys in all that a program can write; return the id of its run that called a function."""
    namespace = server.namespace("leaky")
    namespace.load(SCENARIO)
    player = scenes.Player(namespace)
    look_up = {"name": "look_up", "description": KEY, "parameters": {"type": "object", "properties": {}}}
    assistant = player.client.beta.assistants.create(
        model="gpt-4o",
        name=f"Nora {KEY}",
        instructions=f'Use {KEY}, {{"password": "{PASSWORD}"}}.',
        metadata={"api_key": PASSWORD},
        tools=[{"type": "function", "function": look_up}],
    )
    thread = player.client.beta.threads.create(metadata={"api_key": PASSWORD, "note": KEY})
    player.client.files.create(file=(f"{KEY}.txt", KEY.encode()), purpose="assistants")
    runs = [player.poll(player.ask(thread.id, assistant.id, text, metadata={"note": KEY})) for text in QUESTIONS[:1]]
    called = player.poll(player.ask(thread.id, assistant.id, QUESTIONS[1]))
    runs.append(player.poll(player.submit(called, look_up={"token": PASSWORD, "x": KEY})))
    runs += [player.poll(player.ask(thread.id, assistant.id, text)) for text in QUESTIONS[2:]]
    return called.id


def test_no_page_has_a_key_of_the_service(server, leaky, client):
    found, leaks = {"/", to.namespace("leaky")}, []
    left = [*found]
    while left and len(found) < 300:
        answer = client.get(path := left.pop())
        assert answer.status_code < 500
        if not answer.headers.get("content-type", "").startswith(("text/html", "image/svg")):
            continue
        leaks += [path] * (KEY[8:30] in answer.text)
        new = {unescape(one).partition("#")[0] for one in re.findall(r'href="([^"]+)"', answer.text)} - found
        pages = [one for one in new if one == "/" or one.startswith(to.ROOT) or one.endswith(".svg")]
        found |= new
        left += pages
    assert leaks == []
    assert to.run("leaky", leaky) in found


def test_the_page_of_a_run_has_no_value_that_is_named_like_a_key(leaky, client):
    for path in (to.run("leaky", leaky), to.timeline("leaky", leaky)):
        assert PASSWORD not in client.get(path).text


def test_a_script_with_a_key_is_not_edited_in_a_page_which_would_lose_it(server, client):
    server.namespace("keyed").load(SCENARIO)
    answer = client.get(to.scripts("keyed", edit="script-1.json"))
    assert answer.status_code == 400
    assert "There is a key of the service in it" in answer.text


# --- texts that take long ---------------------------------------------------------------------------------------------


def test_texts_of_the_same_few_lines_are_compared_as_wholes():
    one, other = "a\nb\n" * (MOST_LINES // 2), "b\na\n" * (MOST_LINES // 2)
    compared = texts(one, other)
    assert [piece.is_own for piece in compared.before] == [True]
    assert [piece.text for piece in compared.now] == [other]


def test_of_many_messages_that_changed_only_some_are_compared_in_detail():
    before, now = ([("user", f"{word} is what number {at} says") for at in range(60)] for word in ("this", "that"))
    pieces = [len(entry.texts.now) for entry in entries(before, now)]
    assert min(pieces[:20]) > 1
    assert set(pieces[20:]) == {1}


# --- what is asked of streams -----------------------------------------------------------------------------------------


def test_the_head_of_a_stream_has_an_end(server):
    server.namespace("watched").configure(seed=1)
    host, _, port = server.url.removeprefix("http://").partition(":")
    with closing(socket.create_connection((host, int(port)), timeout=30)) as connection:
        asked = f"HEAD {to.live('watched')} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n"
        connection.sendall(asked.encode())
        assert b"".join(iter(lambda: connection.recv(65536), b"")).startswith(b"HTTP/1.1 200")


# --- a proxy that ends TLS --------------------------------------------------------------------------------------------

OUTSIDE = "emulator.example"


@pytest.fixture(scope="module")
def proxied():
    with LiveServer(Settings(clock="auto", hosts=(OUTSIDE,))) as one:
        yield one


@pytest.mark.parametrize(
    "host, origin, site, status",
    [
        (OUTSIDE, f"https://{OUTSIDE}", "same-origin", 303),
        (f"{OUTSIDE}:8443", f"https://{OUTSIDE}:8443", "same-origin", 303),
        # The browser does not say that it is the same, and it is not: another server, at the port of https.
        (OUTSIDE, f"https://{OUTSIDE}", "cross-site", 403),
        (OUTSIDE, f"https://{OUTSIDE}", None, 403),
        (OUTSIDE, f"https://{OUTSIDE}:8443", "same-origin", 403),
        (OUTSIDE, "https://elsewhere.example", "same-origin", 403),
        (OUTSIDE, "null", "same-origin", 403),
    ],
)
def test_a_form_behind_tls_is_taken_from_pages_of_the_same_host_only(proxied, host, origin, site, status):
    with browser(proxied.url) as client:
        client.headers["Host"] = host
        fields = {"forgery": forgery_of(client.get(to.namespaces())), "name": "made"}
        del client.headers["Sec-Fetch-Site"]
        headers = {"Origin": origin} | ({"Sec-Fetch-Site": site} if site else {})
        cookies = {"Cookie": "; ".join(f"{one.name}={one.value}" for one in client.cookies.jar)}
        assert client.post(to.make(), data=fields, headers=headers | cookies).status_code == status
