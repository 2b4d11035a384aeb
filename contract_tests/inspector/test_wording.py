"""How pages word ids, waits and refusals, and what they say of snapshots that are looked at."""

import re

import httpx
import pytest

from contract_tests.inspector.browser_requests import NAVIGATION, browser, forgery_of, same_origin
from emulator import LiveServer, Settings
from emulator.control.inspector.wording import shortened, waits
from emulator.domain import inspector_paths as to


@pytest.mark.parametrize(
    "whole, short",
    [
        ("/threads/thread_bKtRreaWG6rxws3rknL7guI7/runs", "/threads/thread_bKtR…/runs"),
        ("/files/file-YDb7ojzo7EpSVY9HUUogn7/content", "/files/file-YDb7…/content"),
        ("/vector_stores/vs_00112233445566778899aabb/file_batches", "/vector_stores/vs_0011…/file_batches"),
        ("/threads/thread_imported/messages?after=msg_abcd", "/threads/thread_imported/messages?after=msg_abcd"),
        ("/fine_tuning/checkpoints/cancel_administration", "/fine_tuning/checkpoints/cancel_administration"),
    ],
)
def test_ids_in_paths_are_cut_short_and_words_are_not(whole, short):
    assert shortened(whole) == short


def test_what_holds_a_run_up_is_said_in_words():
    assert waits("hold:in_progress") == "held at in progress"
    assert waits("hold:gate") == "held at “gate”"
    assert waits("outputs") == "waits for outputs"
    assert waits("clock") == "waits for the clock"


def told(answer):
    """What the page says, without its frame."""
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", answer.text.partition("<main")[2].partition("</main>")[0]))


def open_page(url, address):
    return httpx.get(f"{url}{address}", headers=NAVIGATION, trust_env=False)


@pytest.mark.parametrize(
    "address, heading",
    [
        (to.run, "There is no such run"),
        (to.thread, "There is no such thread"),
        (to.file, "There is no such file"),
        (to.request, "There is no such request"),
    ],
)
def test_what_is_missing_is_said_plainly_and_the_lists_are_offered(server, ns, address, heading):
    answer = open_page(server.url, address(ns.name, "none"))
    assert answer.status_code == 404
    assert f"<title>{heading} · {ns.name}" in answer.text
    assert "Status 404" in told(answer)
    for way in (to.namespace(ns.name), to.runs(ns.name), to.namespaces()):
        assert f'href="{way}"' in answer.text.partition("<main")[2]


def test_a_namespace_that_is_missing_offers_no_page_of_its_own(server):
    for address in (to.namespace("nobody"), to.runs("nobody"), to.run("nobody", "run_1")):
        answer = open_page(server.url, address)
        assert answer.status_code == 404
        assert "<h1>There is no such namespace</h1>" in answer.text
        assert f'href="{to.threads("nobody")}"' not in answer.text


STILL = "This is a saved snapshot: its clock stands still"


def test_a_snapshot_that_is_looked_at_says_so_until_something_is_changed(tmp_path):
    with LiveServer(Settings()) as server:
        namespace = server.namespace("orders")
        namespace.client().beta.threads.create()
        path = namespace.snapshot("kept").save(tmp_path / "orders.zip")
        assert STILL not in open_page(server.url, to.namespace("orders")).text
    with LiveServer(Settings(inspected={"orders": path})) as server:
        for page in (to.namespace("orders"), to.threads("orders"), to.runs("orders"), to.requests("orders")):
            assert open_page(server.url, page).text.count(STILL) == 1
        listed = open_page(server.url, to.namespaces()).text
        assert STILL not in listed
        assert "saved snapshot</span>" in listed
        server.namespace("orders").client().beta.threads.create()
        assert STILL not in open_page(server.url, to.namespace("orders")).text
        assert "saved snapshot</span>" not in open_page(server.url, to.namespaces()).text


def test_a_namespace_is_saved_restored_reset_and_deleted_from_the_list(server, ns, client):
    client.beta.threads.create()
    with browser(server.url) as person:

        def send(address, **fields):
            token = forgery_of(person.get(to.namespaces()))
            sent = {"forgery": token, "back": "namespaces", **fields}
            answer = person.post(address, data=sent, headers=same_origin(person))
            assert answer.headers["location"] == to.namespaces(), answer.text
            return told(person.get(to.namespaces()))

        assert f"The snapshot one of {ns.name} is saved." in send(to.snapshots(ns.name), name="one")
        assert "is empty again" in send(to.action(ns.name, "reset"))
        assert ns.control("GET", "/threads")["threads"] == []
        assert "is what it was in the snapshot one." in send(to.action(ns.name, "restore"), snapshot="one")
        assert len(ns.control("GET", "/threads")["threads"]) == 1
        assert "<option>one</option>" in person.get(f"{to.namespaces()}?text={ns.name}").text
        assert f"The namespace {ns.name} is deleted." in send(to.action(ns.name, "delete"))
    ns.put()  # as whoever cleans up expects
