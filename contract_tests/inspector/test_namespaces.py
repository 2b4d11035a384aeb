"""The pages of all namespaces and of one, as HTTP: what they show, and that what is typed is checked like control requests."""

import re
import sqlite3

import pytest

from contract_tests.inspector.browser_requests import NAVIGATION, browser, forgery_of, same_origin
from emulator import LiveServer, Settings
from emulator.domain import inspector_paths as to


class Pages:
    """A browser without scripts, in one namespace."""

    def __init__(self, ns):
        self.ns = ns
        self.client = browser(ns.url)
        self.address = to.namespace(ns.name)

    def get(self, address=None):
        answer = self.client.get(address or self.address)
        assert answer.status_code == 200, answer.text
        return answer.text

    def send(self, address, **fields):
        token = forgery_of(self.client.get(to.namespaces()))
        return self.client.post(address, data={"forgery": token, **fields}, headers=same_origin(self.client))

    def change(self, verb, **fields):
        """Send a form of the namespace's page, and return what the page says then, or the refusal."""
        answer = self.send(to.action(self.ns.name, verb), **fields)
        if answer.status_code == 303:
            answer = self.client.get(answer.headers["location"])
        return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", answer.text))


@pytest.fixture
def pages(ns):
    made = Pages(ns)
    yield made
    made.client.close()


def test_a_namespace_is_listed_with_what_is_in_it(pages, ns, client, assistant):
    ns.play({"fail": "server_error", "message": "broken"})
    client.beta.threads.create_and_run_poll(assistant_id=assistant.id, instructions="Be brief.")
    row = next(
        row for row in pages.get(f"{to.namespaces()}?text={ns.name}").split("<tr>") if f"<code>{ns.name}</code>" in row
    )
    assert "1 thread, 1 assistant" in re.sub(r"\s+", " ", re.sub("<[^>]+>", "", row))
    assert '1 <span class="badge status-failed"' in row
    assert re.search(r'<code title="/threads/thread_\w{24}/[^"]+">GET /threads/thread_\w{4}…/', row)


def test_namespaces_are_found_by_a_part_of_their_name_and_shown_by_fifty(http):
    with LiveServer() as server:
        for number in range(60):
            server.namespace(f"n-{number:02}").configure(seed=number)
        read = lambda query: http.get(f"{server.url}{to.namespaces()}{query}", headers=NAVIGATION).text  # noqa: E731
        first = read("")
        assert "60 namespaces" in first
        assert first.count('<th scope="row"') == 50
        next_page = re.search(r'href="([^"]*after=[^"]*)" rel="next"', first)[1]
        assert read(next_page.removeprefix(to.namespaces())).count('<th scope="row"') == 10
        assert read("?text=n-1").count('<th scope="row"') == 10
        assert "There is no namespace with" in read("?text=%3Cscript%3E")
        assert "<script>" not in read("?text=%3Cscript%3E").partition("<main")[2]


def test_a_namespace_whose_row_was_damaged_says_so_and_opens_none(tmp_path, http):
    settings = Settings(db=tmp_path / "data.db")
    with LiveServer(settings) as server:
        for name in ("bad", "good"):
            server.namespace(name).configure(seed=1)
    with sqlite3.connect(tmp_path / "data.db") as connection:
        connection.execute("UPDATE namespaces SET config = 'not JSON' WHERE ns = 'bad'")
    connection.close()
    with LiveServer(settings) as server:
        page = http.get(f"{server.url}/", headers=NAVIGATION).text
        assert "its row cannot be read" in page
        assert server._server.call(_opened) == []


async def _opened(app):
    return list(app.state.play.__self__._open)


def test_the_base_urls_are_those_of_the_host_that_was_asked(server, http):
    page = http.get(f"{server.url}/", headers={**NAVIGATION, "Host": "localhost:8123"}).text
    for path in ("/v1", "", "/api/projects/NAME", "/ns/NAME/v1"):
        assert f"<code>http://localhost:8123{path}</code>" in page


def test_runs_that_no_turn_answered_come_first_with_the_nearest_turns(pages, ns, client, assistant):
    ns.load('{"emulator": 1, "turns": [{"name": "status", "when": {"message": "where"}, "steps": [{"say": "Here."}]}]}')
    text = "<img src=x onerror=alert(1)>"
    thread = {"messages": [{"role": "user", "content": text}]}
    run = client.beta.threads.create_and_run_poll(assistant_id=assistant.id, thread=thread)
    page = pages.get()
    assert page.index("No turn answered") < page.index("What happened")
    assert f'href="{to.run(ns.name, run.id)}"' in page
    assert "<code>status</code>" in page
    assert "<img src=x" not in page


def test_what_happened_is_shown_newest_first_and_behind_its_request(pages, frozen, client, assistant):
    frozen.play({"say": "Fog."})
    run = client.beta.threads.create_and_run(assistant_id=assistant.id, instructions="Be brief.")
    rows = re.findall(r'<li id="(q|e)-[^"]+".*?</li>', pages.get(), re.DOTALL)
    assert rows == ["e"] * 7 + ["q", "q"]
    assert pages.get().count(to.run(frozen.name, run.id)) >= 8


def test_the_clock_is_changed_and_advanced_in_the_words_of_the_control_api(pages, ns):
    assert "The clock is frozen and shows 2026-01-05T12:00:00Z." in pages.change("clock", at="2026-01-05T12:00:00Z")
    assert "The clock shows 2026-01-05T12:10:00Z. Nothing was due." in pages.change("advance", by="10m")
    assert ns.control("GET", "/clock") == {"mode": "frozen", "now": 1767615000.0}
    for verb, fields in [("clock", {"mode": "slow"}), ("clock", {"at": "noon"}), ("advance", {"by": "soon"})]:
        method, path = ("PATCH", "/clock") if verb == "clock" else ("POST", "/clock/advance")
        refusal = ns.control(method, path, fields, status=400)["error"]["message"]
        assert refusal.replace("'", "&#39;") in pages.change(verb, **fields)


def test_every_pace_can_be_chosen(pages, ns):
    for pace in (
        {"progression": "polls", "times": 3},
        {"progression": "time", "seconds": "5s"},
        {"progression": "manual"},
    ):
        assert f"The pace is {pace['progression']}." in pages.change("pace", **pace)
        chosen = ns.control("GET")["pace"]
        assert chosen["progression"] == pace["progression"]
        assert (chosen["times"], chosen["seconds"]) == (pace.get("times", 1), 5.0 if "seconds" in pace else 1.0)
    assert "times" in pages.change("pace", progression="polls", times="none")


def test_each_preset_is_a_fault_that_can_be_added(pages, ns):
    names = re.findall(r'<option value="([^"]+)">', pages.get().partition('id="preset"')[2].partition("</select>")[0])
    assert len(names) == 19
    for name in names:
        assert "The fault waits for requests" in pages.change("faults", preset=name, times="1", after="2")
    faults = ns.control("GET", "/faults")["faults"]
    assert len(faults) == len(names)
    assert {(fault["times"], fault["after"]) for fault in faults} == {(1, 2)}
    assert {"status": 429, "headers": {"retry-after": "1"}} in [fault["do"] for fault in faults]
    assert "There are no faults any more." in pages.change("faults/remove")
    assert ns.control("GET", "/faults")["faults"] == []


@pytest.mark.parametrize(
    "fields",
    [
        {"preset": "429", "path": "/nowhere/at/all"},
        {"preset": "cut", "path": "/assistants"},
        {"do": '{"status": 200}'},
        {"do": '{"status": 500, "disconnect": true}'},
        {"do": "{"},
        {"preset": "nothing"},
        {"preset": "500", "times": "0"},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(pages, ns, fields):
    assert "That was refused" in pages.change("faults", **fields)
    assert ns.control("GET", "/faults")["faults"] == []


def test_a_form_without_the_token_of_its_browser_changes_nothing(pages, ns):
    for verb in (
        "reset",
        "delete",
        "clock",
        "advance",
        "pace",
        "faults",
        "faults/remove",
        "hold",
        "release",
        "snapshots",
    ):
        answer = pages.client.post(to.action(ns.name, verb), data={}, headers=same_origin(pages.client))
        assert answer.status_code == 403, verb
    assert ns.control("GET")["namespace"] == ns.name


def test_a_snapshot_that_is_none_is_refused(pages, ns):
    token = forgery_of(pages.client.get(to.snapshots(ns.name)))
    answer = pages.client.post(
        to.snapshot(ns.name, "new", "upload"),
        data={"forgery": token, "name": "a"},
        files={"file": ("a.zip", b"no zip")},
        headers=same_origin(pages.client),
    )
    assert answer.status_code == 400
    assert "The snapshot cannot be read" in answer.text
    assert "no snapshot of this namespace" in pages.get(to.snapshots(ns.name))


def test_the_report_is_shown_as_the_control_api_has_it(pages, ns, client, assistant):
    ns.play({"fail": "server_error", "message": "broken"})
    ns.fault({"status": 500}, path="/files")
    client.beta.threads.create_and_run_poll(assistant_id=assistant.id, instructions="Be brief.")
    page = pages.get(to.report(ns.name))
    for hint in ns.report()["hints"]:
        assert hint["kind"].replace("_", " ") in page
    assert "Faults that never hit" in page


def test_a_region_that_is_drawn_anew_comes_without_the_rows_of_the_feed(pages, ns, client, thread):
    region = pages.client.get(pages.address, headers={"HX-Request": "true", "HX-Target": "div#state"}).text
    assert 'id="state"' in region
    assert "feed-row" in pages.get()
    assert "feed-row" not in region
