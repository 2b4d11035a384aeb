"""A thread as a scenario: it says again what was said, in this namespace or another."""

import io
import re
import zipfile

import pytest

from contract_tests.harness import Namespace
from contract_tests.inspector.test_thread import answered, run
from contract_tests.inspector.thread_steps import Browser, texts


@pytest.fixture
def browser(ns):
    browser = Browser(ns)
    yield browser
    browser.close()


@pytest.fixture
def other(ns):
    namespace = Namespace(f"{ns.name[:40]}-other", ns.url, ns.http)
    namespace.put(clock="auto")
    yield namespace
    namespace.control("DELETE")


def test_a_thread_is_played_again_in_another_namespace(ns, other, client, browser):
    thread = answered(ns, client, "It was 136.25.")
    path = f"/threads/{thread}/scenario"
    assert "It was 136.25." in texts(browser.page(path))
    response = browser.send(path, on=path, into=other.name, how="add")
    assert response.headers["location"].endswith(f"/ns/{other.name}/scripts")
    again = client.with_options(api_key=other.key)
    copy = again.beta.threads.create(messages=[{"role": "user", "content": "Well?"}])
    assert run(again, copy.id).status == "queued"
    [answer, _] = again.beta.threads.messages.list(copy.id).data
    assert answer.content[0].text.value == "It was 136.25."


def test_a_scenario_stands_beside_other_scripts_or_takes_their_place(ns, client, browser):
    thread = answered(ns, client, "Yes.")
    path = f"/threads/{thread}/scenario"
    browser.send(path, on=path, into=ns.name, how="add")
    assert len(ns.control("GET", "/scripts")["sources"]) == 2
    browser.send(path, on=path, into=ns.name, how="replace")
    [source] = ns.control("GET", "/scripts")["sources"]
    assert source["name"] == f"{thread}.yaml"


def test_a_scenario_is_downloaded_as_it_is_shown(ns, client, browser):
    thread = answered(ns, client, "Yes.")
    response = browser.get(f"/threads/{thread}/scenario/file?drift=strict")
    assert response.headers["content-disposition"].endswith(f"''{thread}.yaml")
    assert response.text.startswith("emulator: 1")
    assert "drift: strict" in response.text
    assert ns.http.put(f"{ns.control_url}/scripts", content=response.content).status_code == 200


def test_a_scenario_with_files_is_downloaded_with_them(ns, client, browser):
    ns.play({"code": "draw()", "images": ["data:image/png;base64,iVBORw0KGgo="]}, {"say": "Here."})
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Draw."}])
    run(client, thread.id)
    page = browser.page(f"/threads/{thread.id}/scenario")
    assert "Files that it names" in page
    archive = zipfile.ZipFile(io.BytesIO(browser.get(f"/threads/{thread.id}/scenario/file").content))
    names = archive.namelist()
    assert names[0] == f"{thread.id}.yaml"
    assert [archive.read(name) for name in names[1:]] == [b"\x89PNG\r\n\x1a\n"]


def test_what_cannot_be_played_again_says_why(ns, client, browser):
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Well?"}])
    assert "has no run yet" in texts(browser.page(f"/threads/{thread.id}/scenario", status=400))
    assert "found with id 'thread_none'" in texts(browser.page("/threads/thread_none/scenario", status=404))
    spoken = answered(ns, client, "Yes.")
    assert "choose one of" in texts(browser.page(f"/threads/{spoken}/scenario?drift=odd", status=400))


def test_a_hostile_thread_is_a_text_as_a_scenario(ns, client, browser):
    thread = answered(ns, client, "</code><script>alert(1)</script>\u202e")
    page = browser.page(f"/threads/{thread}/scenario")
    assert not re.search(r"<script|\u202e", page)
