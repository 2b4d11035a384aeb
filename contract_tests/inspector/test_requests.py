"""The request log and its requests as pages: filtered, complete, hostile, and sent again by curl."""

import json
import shutil
import subprocess

import pytest

from contract_tests.inspector.page_reader import Visitor

# Looks like a key of the service, and is none.
SECRET = "sk-proj-" + "Q7" * 20
RTL = "\u202e"


@pytest.fixture
def visitor(server):
    visiting = Visitor(server.url)
    yield visiting
    visiting.close()


def page_of(visitor, ns, /, **query):
    return visitor.open(f"/ns/{ns.name}/requests", **query)


def paths(page):
    """The paths of the rows: ids are cut short in them, and whole in what shows on hover."""
    return [attrs["title"] for tag, attrs in page.tags if tag == "code" and attrs.get("title", "").startswith("/")]


def last(ns):
    return ns.requests()[-1]["id"]


def one(visitor, ns, request_id=None, **query):
    return visitor.open(f"/ns/{ns.name}/requests/{request_id or last(ns)}", **query)


# --- the log --------------------------------------------------------------------------------------------------------


def test_an_empty_log_says_what_to_do_next(visitor, ns):
    page = page_of(visitor, ns)
    assert "No request has come yet." in page.text
    assert f"/ns/{ns.name}/v1" in page.text


def test_the_newest_request_stands_first_and_leads_to_its_thread_and_run(visitor, ns, client, start, thread):
    ns.play({"say": "Foggy."})
    run = start()
    page = page_of(visitor, ns)
    assert paths(page)[0] == f"/threads/{thread.id}/runs"
    assert f"/_emulator/inspector/ns/{ns.name}/runs/{run.id}" in page.links.values()
    assert f"/_emulator/inspector/ns/{ns.name}/threads/{thread.id}" in page.links.values()


def test_fifty_requests_are_shown_at_once_and_the_older_ones_behind_a_link(visitor, ns, raw):
    for number in range(53):
        raw.get(f"/threads/thread_{number}")
    first = page_of(visitor, ns)
    assert paths(first) == [f"/threads/thread_{number}" for number in range(52, 2, -1)]
    older = visitor.open(first.links["Older"])
    assert paths(older) == [f"/threads/thread_{number}" for number in (2, 1, 0)]
    assert "Older" not in older.links
    assert paths(visitor.open(older.links["Newest"])) == paths(first)


def test_the_log_is_filtered_by_what_the_url_says(visitor, ns, client, start, thread):
    ns.play({"say": "Foggy."})
    run = start()
    client.beta.threads.runs.retrieve(run.id, thread_id=thread.id)
    run_path = f"/threads/{thread.id}/runs/{run.id}"
    assert paths(page_of(visitor, ns, method="get")) == [run_path]
    assert paths(page_of(visitor, ns, path="/threads/*/runs/*")) == [run_path]
    assert paths(page_of(visitor, ns, run=run.id)) == [run_path, f"/threads/{thread.id}/runs"]
    assert paths(page_of(visitor, ns, thread=thread.id, method="POST"))[-1] == "/threads"
    assert page_of(visitor, ns, method="DELETE").text.count("No request fits.") == 1


@pytest.mark.parametrize("status, found", [("404", 1), ("4xx", 1), ("2XX", 1), ("5xx", 0), ("0", 0)])
def test_a_status_or_a_class_of_statuses_chooses(visitor, ns, raw, status, found):
    raw.post("/threads", json={})
    raw.get("/threads/thread_nope")
    assert len(paths(page_of(visitor, ns, status=status))) == found


@pytest.mark.parametrize("status", ["4x", "9xx", "42", "-1", "٤xx", "<b>"])
def test_a_status_that_is_none_is_refused_beside_the_form(visitor, ns, status):
    page = page_of(visitor, ns, status=status)
    assert page.status == 400
    assert "no answer has the status" in page.text
    assert page.form("/requests")["status"] == status
    assert "<b>" not in page.html


def test_only_requests_that_met_a_fault_can_be_asked_for(visitor, ns, raw):
    ns.fault({"status": 503}, path="/threads", times=1)
    raw.post("/threads", json={})
    raw.post("/threads", json={})
    page = page_of(visitor, ns, fault="1")
    assert len(paths(page)) == 1
    assert "503 fault" in page.text


def test_a_text_is_found_in_urls_bodies_answers_events_and_forms(visitor, ns, raw, client, start):
    ns.play({"say": "The Lighthouse is dark."})
    raw.get("/threads/thread_wharf")
    raw.post("/threads", json={"metadata": {"order": "Überfahrt 7"}})
    client.files.create(file=("pier.txt", b"planks"), purpose="assistants")
    list(start(stream=True))
    assert paths(page_of(visitor, ns, text="WHARF")) == ["/threads/thread_wharf"]
    assert paths(page_of(visitor, ns, text="überfahrt")) == ["/threads"]
    assert paths(page_of(visitor, ns, text="pier.txt"))[-1] == "/files"
    assert paths(page_of(visitor, ns, text="lighthouse"))[0].endswith("/runs")
    assert paths(page_of(visitor, ns, text="planks")) == []


def test_a_text_is_found_however_json_has_written_it(visitor, ns, raw):
    body = '{"metadata": {"a": "\\u00dcber die \\ud83d\\ude00 Mole", "b": "say \\"aye\\""}}'
    raw.post("/threads", content=body, headers={"content-type": "application/json"})
    for text in ("über", "die 😀 mole", 'say \\"aye'):
        assert paths(page_of(visitor, ns, text=text)) == ["/threads"]


def test_a_masked_key_is_not_found_by_searching_for_it(visitor, ns, raw):
    raw.post("/threads", json={"metadata": {"api_key": "hush-hush-hush", "note": SECRET}})
    assert len(paths(page_of(visitor, ns, text="metadata"))) == 1
    assert paths(page_of(visitor, ns, text="hush-hush")) == []
    assert paths(page_of(visitor, ns, text=SECRET[:16])) == []


def test_a_very_long_search_and_a_page_behind_an_unknown_request_are_refused(visitor, ns):
    assert "at most 200 characters" in page_of(visitor, ns, text="a" * 201).text
    missing = page_of(visitor, ns, after="req_gone")
    assert missing.status == 404
    assert "(any more)" in missing.text


def test_the_log_can_be_emptied(visitor, ns, raw):
    raw.get("/threads/thread_nope")
    page = page_of(visitor, ns)
    after = visitor.send(page, "/requests/clear")
    assert "The request log is empty now." in after.text
    assert ns.requests() == []


def test_looking_at_the_log_is_no_request_of_it(visitor, ns, raw):
    raw.get("/threads/thread_nope")
    before = ns.requests()
    page_of(visitor, ns, text="nope")
    one(visitor, ns)
    assert ns.requests() == before


# --- one request ----------------------------------------------------------------------------------------------------


def test_a_request_is_shown_with_its_bodies_headers_and_what_the_client_saw(visitor, ns, start, thread):
    ns.play({"say": "Foggy."})
    run = start(metadata={"order": "7"})
    page = one(visitor, ns)
    assert json.loads(page.codes["Body of the request"])["metadata"] == {"order": "7"}
    assert json.loads(page.codes["Body of the answer"])["id"] == run.id
    assert f"/ns/{ns.name}/v1/threads/{thread.id}/runs" in page.text or f"/v1/threads/{thread.id}/runs" in page.text
    assert f"thread.run {run.id} queued" in page.text
    assert "openai-beta assistants=v2" in page.text


def test_the_raw_view_shows_a_body_letter_by_letter(visitor, ns, raw):
    sent = '{"metadata" :{"b":"1",   "a":"\\u00fc"}}'
    raw.post("/threads", content=sent, headers={"content-type": "application/json"})
    assert one(visitor, ns, view="raw").codes["Body of the request"] == sent
    assert one(visitor, ns).codes["Body of the request"] == json.dumps(json.loads(sent), indent=2, ensure_ascii=False)


def test_a_stream_is_shown_event_by_event(visitor, ns, start):
    ns.play({"say": "Foggy."})
    list(start(stream=True))
    page = one(visitor, ns)
    assert json.loads(page.codes["Data of event 1"])["object"] == "thread.run"
    assert "thread.run.created" in page.text
    assert "ended with its last event" in page.text
    assert "event: thread.run.created\n" in one(visitor, ns, view="raw").codes["Body of the answer"]


def test_an_upload_is_shown_as_a_form_without_its_file(visitor, ns, client):
    client.files.create(file=("pier.txt", b"planks"), purpose="assistants")
    page = one(visitor, ns)
    assert "file pier.txt, 6 bytes" in page.text
    assert "purpose assistants" in page.text
    assert "planks" not in page.html


def test_a_body_that_was_cut_says_how_much_is_missing(visitor, ns, raw):
    raw.post("/threads", json={"messages": [{"role": "user", "content": "x" * 40_000}]})
    page = one(visitor, ns)
    assert "are missing at the end" in page.text
    assert "the log keeps 16.0 KiB" in page.text
    assert "--data-binary @body" in page.codes["The request as a command"]


def test_a_hint_says_why_a_url_leads_nowhere(visitor, ns, raw):
    raw.get("/v1/threads")
    assert "base_url has /v1 twice" in one(visitor, ns).text
    assert "base_url has /v1 twice" in page_of(visitor, ns).text


@pytest.mark.parametrize(
    "do, effect",
    [
        ({"status": 503}, "The client was answered 503 in place of the real answer. The endpoint was not asked."),
        ({"delay": "10ms"}, "The answer was held back for 10ms."),
        (
            {"status": 500, "before": False},
            "The endpoint had done its work before. The endpoint had answered 200, which the client did not see.",
        ),
    ],
)
def test_a_fault_is_shown_with_its_effect(visitor, ns, raw, do, effect):
    ns.fault(do, path="/threads")
    raw.post("/threads", json={})
    page = one(visitor, ns)
    assert effect in page.text
    assert json.loads(page.codes["What the fault does"]).items() >= do.items()


def test_requests_beside_one_are_linked_and_those_of_its_run(visitor, ns, client, start, thread):
    ns.play({"say": "Foggy."})
    run = start()
    client.beta.threads.retrieve(thread.id)
    client.beta.threads.runs.retrieve(run.id, thread_id=thread.id)
    page = one(visitor, ns)
    ids = [entry["id"] for entry in ns.requests()]
    assert page.links["Earlier"].endswith(ids[-2])
    assert page.links["Earlier of this run"].endswith(ids[-3])
    assert "Later" not in page.links
    assert one(visitor, ns, ids[-3]).links["Later of this run"].endswith(ids[-1])


def test_an_unknown_request_is_a_page_that_says_so(visitor, ns):
    page = one(visitor, ns, "req_<script>")
    assert page.status == 404
    assert "The log has no request" in page.text
    assert "<script>req" not in page.html


def test_contents_that_were_given_up_for_room_say_so(visitor, ns, raw, server):
    raw.post("/threads", json={"metadata": {"order": "7"}})
    log = _log_of(server, ns)
    log.give_up_contents()
    page = one(visitor, ns)
    assert "The log had no room for the headers and the body any more" in page.text
    assert "The log had no room for the headers any more" in page.text


def _log_of(server, ns):
    import asyncio
    import gc

    from emulator.engine.namespace import Namespace

    requests = next(one.requests for one in gc.get_objects() if isinstance(one, Namespace) and one.name == ns.name)
    return asyncio.run(requests.read())


# --- hostile contents -----------------------------------------------------------------------------------------------


def test_nothing_that_was_sent_becomes_a_part_of_a_page(visitor, ns, raw):
    evil = f"<script>alert(1)</script>\"'{RTL}<img src=x onerror=alert(1)>"
    raw.post("/threads", json={"metadata": {evil[:60]: evil}}, headers={"X-Evil": "<script>alert(2)</script>"})
    raw.get("/threads/%3Cscript%3Ealert(3)%3C%2Fscript%3E", params={"q": "<script>alert(4)</script>"})
    raw.post("/threads", content=b"\xff\xfe\x00<script>", headers={"content-type": "application/json"})
    for request in ns.requests():
        for view in ("pretty", "raw"):
            page = one(visitor, ns, request["id"], view=view)
            assert page.status == 200
            _assert_harmless(page)
    _assert_harmless(page_of(visitor, ns))


def _assert_harmless(page):
    assert all(attributes.get("src") for tag, attributes in page.tags if tag == "script")
    assert not [tag for tag, attributes in page.tags if any(name.startswith("on") for name in attributes)]
    assert not [tag for tag, attributes in page.tags if tag == "img" and attributes.get("src") == "x"]
    assert not [tag for tag, attributes in page.tags if "style" in attributes]


def test_no_page_shows_a_key(visitor, ns, raw):
    twice = f'{{"metadata": {{"api_key": "{SECRET}x", "api_key": "sk-emu-a"}}}}'
    escaped = '{"metadata": {"\\u0061pi_key": "hush-hush-hush", "n": "\\u0073k-proj-QQQQQQQQQQQQQQQQQQQQ"}}'
    for body in (json.dumps({"metadata": {"note": SECRET, "password": "hush-hush-hush"}}), twice, escaped):
        raw.post("/threads", content=body, headers={"content-type": "application/json", "api-key": SECRET})
    raw.get(
        "/threads/x", params={"api_key": "hush-hush-hush", "q": SECRET}, headers={"Authorization": f"Bearer {SECRET}"}
    )
    raw.get(f"/threads/{SECRET}", headers={"Cookie": "session=hush-hush-hush"})
    pages = [one(visitor, ns, entry["id"], view=view) for entry in ns.requests() for view in ("pretty", "raw")]
    for page in [*pages, page_of(visitor, ns)]:
        for secret in (SECRET, "hush-hush-hush", "QQQQQQQQ", SECRET[8:20]):
            assert secret not in page.html


# --- curl -----------------------------------------------------------------------------------------------------------

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")


def command_of(visitor, ns, request_id=None):
    return one(visitor, ns, request_id).codes["The request as a command"]


def run_in_shell(command, folder, **variables):
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", **variables},
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def sent_again(ns, visitor, folder, **variables):
    """Return a request and the one that its command makes, as the log has them."""
    first = ns.control("GET", "/requests?bodies=true")["requests"][-1]
    run_in_shell(command_of(visitor, ns, first["id"]), folder, **variables)
    again = ns.control("GET", "/requests?bodies=true")["requests"][-1]
    assert again["id"] != first["id"]
    return first, again


def assert_same(first, again):
    for name in ("method", "sent_path", "query", "status", "body"):
        assert again[name] == first[name], name
    own = ("host", "connection", "content-length", "user-agent", "accept-encoding", "content-type")
    kept = {name: value for name, value in first["headers"].items() if name not in own and "stainless" not in name}
    assert {name: again["headers"].get(name) for name in kept} == kept


@needs_curl
@pytest.mark.parametrize(
    "body",
    [
        {"metadata": {"a": 'it\'s $HOME `id` \\ "quoted" !x %s'}},
        {"metadata": {"a": "two\nlines\tand ü€😀"}},
        {"metadata": {"a": f"{RTL}\x1b[31m\x7f"}},
        {"metadata": {"a": "@/etc/passwd"}},
        {},
    ],
)
def test_a_command_sends_the_same_request_again(visitor, ns, raw, tmp_path, body):
    text = json.dumps(body, ensure_ascii=False)
    raw.post(
        "/threads",
        content=text.encode(),
        headers={"content-type": "application/json", "X-Empty": "", "X-It": "o'clock; $x"},
    )
    assert_same(*sent_again(ns, visitor, tmp_path))


@needs_curl
def test_a_command_sends_a_text_that_is_no_json_and_begins_with_a_sign_of_curl(visitor, ns, raw, tmp_path):
    raw.post("/threads", content=b"@/etc/hostname\x1b[201~'\n%d", headers={"content-type": "text/plain"})
    assert_same(*sent_again(ns, visitor, tmp_path))


@needs_curl
@pytest.mark.parametrize("method", ["GET", "DELETE", "HEAD", "PATCH"])
def test_a_command_sends_any_method_and_any_url(visitor, ns, raw, tmp_path, method):
    raw.request(method, "/threads/a%20b%27%24(id)[1-3]{x,y}/%2e%2e/ü", params={"q": "a b&c'd", "list[]": "1"})
    assert_same(*sent_again(ns, visitor, tmp_path))


@needs_curl
def test_a_command_takes_a_key_from_a_variable(visitor, ns, raw, tmp_path):
    ns.http.get(f"{ns.base_url}/threads/thread_nope", headers={"Authorization": f"Bearer {SECRET}"})
    command = command_of(visitor, ns)
    assert 'authorization: Bearer ${OPENAI_API_KEY}"' in command
    first, again = sent_again(ns, visitor, tmp_path, OPENAI_API_KEY="sk-emu-other-key")
    assert (again["method"], again["sent_path"]) == (first["method"], first["sent_path"])


@needs_curl
def test_a_command_sends_an_upload_with_a_file_that_lies_beside_it(visitor, ns, client, tmp_path):
    client.files.create(file=('../../my "pier".txt', b"planks"), purpose="assistants")
    (tmp_path / "my %22pier%22.txt").write_bytes(b"planks")
    _, again = sent_again(ns, visitor, tmp_path)
    assert again["status"] == 200
    assert again["body"]["file"]["bytes"] == len(b"planks")
    assert again["body"]["purpose"] == "assistants"
