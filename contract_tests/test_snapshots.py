"""Snapshots: a namespace is saved, goes on, and is again what it was; here, under another name, and on another server."""

import io
import json
import zipfile

import httpx
import openai
import pytest

from contract_tests.harness import MODEL, WEATHER, Namespace, scenario
from emulator import LiveServer, Settings
from emulator.store.snapshot_formats import FORMAT

V2 = {"Authorization": "Bearer sk-x", "OpenAI-Beta": "assistants=v2"}
TWO_TEXTS = {"say": "One moment."}, {"call": "look_outside"}, {"say": "It is {{ outputs.look_outside }}."}


def save(ns, name="a"):
    return ns.control("POST", "/snapshots", {"name": name}, status=201)


def restore(ns, name="a"):
    return ns.control("POST", f"/snapshots/{name}/restore")


def download(ns, name="a"):
    response = ns.http.get(f"{ns.control_url}/snapshots/{name}")
    assert (response.status_code, response.headers["content-type"]) == (200, "application/zip")
    return response.content


def upload(ns, data, name="a", *, status=200):
    response = ns.http.put(f"{ns.control_url}/snapshots/{name}", content=data)
    assert response.status_code == status, response.text
    return response.json()


def move(ns, other):
    """Put a snapshot of one namespace into another."""
    save(ns, "moved")
    upload(other, download(ns, "moved"))
    restore(other)


@pytest.fixture
def other_server(http):
    with LiveServer(Settings(seed=9)) as server:
        yield Namespace("somewhere-else", server.url, http)


class Caller:
    """Asks the API of one namespace, and notes every answer."""

    def __init__(self, ns):
        self.ns = ns
        self.answers = []

    def __call__(self, method, path, body=None, **more):
        response = self.send(method, path, json=body, **more)
        self.answers.append((response.status_code, response.content))
        return response.json() if "json" in response.headers.get("content-type", "") else response.text

    def send(self, method, path, **more):
        return self.ns.http.request(method, f"{self.ns.base_url}{path}", headers=V2, **more)

    def start(self, tools=(WEATHER,), message="Hi", **run):
        assistant = self("POST", "/assistants", {"model": MODEL, "tools": list(tools)})["id"]
        thread = {"messages": [{"role": "user", "content": message}]}
        return self("POST", "/threads/runs", {"assistant_id": assistant, "thread": thread, **run})

    def read(self, run):
        return self("GET", f"/threads/{run['thread_id']}/runs/{run['id']}")

    def submit(self, run, output):
        calls = self.read(run)["required_action"]["submit_tool_outputs"]["tool_calls"]
        outputs = [{"tool_call_id": call["id"], "output": output} for call in calls]
        return self(
            "POST", f"/threads/{run['thread_id']}/runs/{run['id']}/submit_tool_outputs", {"tool_outputs": outputs}
        )

    def texts(self, run):
        messages = self("GET", f"/threads/{run['thread_id']}/messages?order=asc")["data"]
        return [message["content"][0]["text"]["value"] for message in messages]


@pytest.fixture
def ask(frozen):
    return Caller(frozen)


# --- what comes back --------------------------------------------------------------------------------------------------


def test_a_namespace_is_again_what_it_was(frozen, client):
    frozen.play({"say": "Hello."})
    assistant = client.beta.assistants.create(model=MODEL)
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hi"}])
    run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    before = client.beta.threads.messages.list(thread.id).data
    saved = save(frozen)
    assert saved["objects"]["messages"] == 2
    assert (saved["name"], saved["created_at"], saved["bytes"] > 0) == ("a", 1767614400.0, True)
    client.beta.threads.messages.create(thread.id, role="user", content="More")
    client.beta.assistants.delete(assistant.id)
    frozen.advance("1h")
    restored = restore(frozen)
    assert restored["clock"] == {"mode": "frozen", "now": 1767614400.0}
    assert restored == frozen.control("GET")
    assert client.beta.threads.messages.list(thread.id).data == before
    assert client.beta.threads.runs.retrieve(run.id, thread_id=thread.id) == run
    assert client.beta.assistants.retrieve(assistant.id) == assistant


def test_configuration_scripts_and_counts_come_back(frozen, ask):
    frozen.put(wire="2024-05-01", strict=True, pace={"progression": "polls", "times": 2}, seed=42)
    frozen.load(
        {
            "emulator": 1,
            "turns": [
                {"name": "once", "uses": 1, "steps": [{"say": "First."}]},
                {"name": "then", "steps": [{"say": "Later."}]},
            ],
        }
    )
    ask.start()
    before = frozen.control("GET"), frozen.control("GET", "/scripts")
    save(frozen)
    frozen.put(wire="2026-01-01", strict=False, pace={"progression": "immediate"}, seed=1)
    frozen.play({"say": "Something else."})
    restore(frozen)
    after = frozen.control("GET"), frozen.control("GET", "/scripts")
    assert after == before
    assert [turn["used"] for turn in after[1]["turns"]] == [1, 0]


def test_what_scripts_remember_comes_back(frozen, ask):
    frozen.play({"say": "{{ vars.seen | default('nothing') }}"}, {"set": {"seen": "something"}})
    run = ask.start()
    save(frozen)
    again = {"assistant_id": run["assistant_id"]}
    ask("POST", f"/threads/{run['thread_id']}/runs", again)
    assert ask.texts(run)[-1] == "something"
    frozen.control("POST", "/reset")
    restore(frozen)
    ask("POST", f"/threads/{run['thread_id']}/runs", again)
    assert ask.texts(run)[-1] == "something"


def test_what_is_in_memory_comes_back_together_on_another_server(frozen, ask, other_server):
    frozen.put(quotas={"rpm": 12}, chunks="char")
    frozen.play({"say": "Hello."})
    run = ask.start()
    ask("POST", f"/threads/{run['thread_id']}/runs/{run['id']}/cancel")  # too late: it has ended
    frozen.control("POST", "/faults", {"match": {"path": "/threads"}, "do": {"status": 503}, "times": 2})
    ask("POST", "/threads", {})
    frozen.control("POST", "/runs/next/expire", {"at": "in_progress"})
    before = [frozen.control("GET", part) for part in ("", "/coverage", "/report", "/faults")]
    assert before[1]["met"] == {"run queued": 1}
    assert before[1]["faults"] == {"status": 1}
    assert [hint["kind"] for hint in before[2]["hints"]] == ["cancelled_too_late"]
    assert [fault["hits"] for fault in before[3]["faults"]] == [1]
    move(frozen, other_server)
    after = [other_server.control("GET", part) for part in ("", "/coverage", "/report", "/faults")]
    assert [after[0][name] for name in ("clock", "quotas", "chunks")] == [
        before[0][name] for name in ("clock", "quotas", "chunks")
    ]
    assert (after[1], after[2]["hints"], after[3]) == (before[1], before[2]["hints"], before[3])
    there = Caller(other_server)
    assert there.send("POST", "/threads", json={}).status_code == 503  # the second hit
    later = there("POST", f"/threads/{run['thread_id']}/runs", {"assistant_id": run["assistant_id"]})
    assert there.read(later)["status"] == "expired"
    left = [there.send("GET", "/models").status_code for _ in range(8)]
    here = [ask.send("GET", "/models").status_code for _ in range(10)]
    # Of twelve requests, some were spent before, and the fault's answers cost none; both go on from there.
    assert (left.count(200), here.count(200)) == (7, 9)


def test_the_report_comes_back_and_the_request_log_does_not(frozen, ask):
    frozen.load({"emulator": 1, "turns": [{"name": "x", "when": {"message": "never"}, "steps": [{"say": "x"}]}]})
    ask.start()
    before = frozen.report()
    assert before["unmatched"]
    save(frozen)
    frozen.control("POST", "/reset")
    assert not frozen.report()["unmatched"]
    restore(frozen)
    assert frozen.report() == before
    assert frozen.requests() == []


def test_faults_come_back_with_their_counts(frozen, ask):
    frozen.fault({"status": 503}, method="GET", path="/assistants", times=2, after=1)
    assert [ask.send("GET", "/assistants").status_code for _ in range(2)] == [200, 503]
    save(frozen)
    frozen.control("DELETE", "/faults")
    restore(frozen)
    assert [fault["hits"] for fault in frozen.control("GET", "/faults")["faults"]] == [1]
    assert [ask.send("GET", "/assistants").status_code for _ in range(2)] == [503, 200]


def test_a_deleted_object_still_pages(frozen, ask):
    ids = [ask("POST", "/assistants", {"model": MODEL})["id"] for _ in range(3)]
    ask("DELETE", f"/assistants/{ids[1]}")
    save(frozen)
    frozen.control("POST", "/reset")
    restore(frozen)
    assert [one["id"] for one in ask("GET", f"/assistants?order=asc&after={ids[1]}")["data"]] == [ids[2]]


def test_new_ids_differ_from_those_of_the_snapshot(frozen, ask):
    first = ask("POST", "/threads", {})["id"]
    save(frozen)
    second = ask("POST", "/threads", {})["id"]
    restore(frozen)
    assert ask("POST", "/threads", {})["id"] == second != first


def test_the_bytes_of_files_come_back(frozen, client):
    def new(data):
        return client.files.create(file=("a.txt", data), purpose="vision").id

    kept, twin, gone = new(b"same"), new(b"same"), new(b"gone")
    client.files.delete(gone)
    upload_id = client.uploads.create(filename="b.txt", bytes=4, mime_type="text/plain", purpose="vision").id
    part = client.uploads.parts.create(upload_id, data=b"part").id
    save(frozen)
    client.files.delete(kept)
    client.uploads.complete(upload_id, part_ids=[part])
    with zipfile.ZipFile(io.BytesIO(download(frozen))) as archive:
        assert sum(name.startswith("bytes/") for name in archive.namelist()) == 2
    for _ in range(2):
        restore(frozen)
        assert [client.files.content(one).read() for one in (kept, twin)] == [b"same", b"same"]
    done = client.uploads.complete(upload_id, part_ids=[part])
    assert client.files.content(done.file.id).read() == b"part"
    with pytest.raises(openai.NotFoundError):
        client.files.retrieve(gone)


def test_vector_stores_can_be_searched_again(frozen, client, other_server):
    file = client.files.create(file=("tides.txt", b"The tide comes at noon."), purpose="assistants")
    store = client.vector_stores.create(file_ids=[file.id])
    before = client.vector_stores.search(store.id, query="tide").data
    save(frozen)
    client.vector_stores.files.delete(file.id, vector_store_id=store.id)
    assert client.vector_stores.search(store.id, query="tide").data == []
    restore(frozen)
    assert client.vector_stores.search(store.id, query="tide").data == before
    move(frozen, other_server)
    found = Caller(other_server)("POST", f"/vector_stores/{store.id}/search", {"query": "tide"})["data"]
    assert [one["content"][0]["text"] for one in found] == ["The tide comes at noon."]


def test_files_that_were_being_read_are_read_again(frozen, ask, client, other_server):
    frozen.put(pace={"progression": "time", "seconds": 5})
    file = client.files.create(file=("tides.txt", b"The tide comes at noon."), purpose="assistants")
    store = client.vector_stores.create(file_ids=[file.id])
    assert store.status == "in_progress"
    move(frozen, other_server)
    ask = Caller(other_server)
    assert ask("GET", f"/vector_stores/{store.id}")["status"] == "in_progress"
    other_server.advance("5s")
    assert ask("GET", f"/vector_stores/{store.id}")["file_counts"]["completed"] == 1


# --- runs that were under way -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["here", "other name", "other server"])
def test_runs_that_wait_go_on(where, frozen, ask, other_server):
    other_name = Namespace(f"{frozen.name[:40]}-2", frozen.url, frozen.http)
    place = {"here": frozen, "other name": other_name, "other server": other_server}[where]
    frozen.load(
        {
            "emulator": 1,
            "turns": [
                {"name": "called", "when": {"message": "call"}, "steps": list(TWO_TEXTS)},
                {"name": "held", "when": {"message": "hold"}, "steps": [{"hold": "door"}, {"say": "Released."}]},
                {"name": "late", "when": {"message": "wait"}, "steps": [{"wait": "60s"}, {"say": "Waited."}]},
            ],
        }
    )
    called, held, late = (ask.start(message=word) for word in ("call", "hold", "wait"))
    # A later version of the scripts changes nothing for runs under way.
    frozen.play({"say": "Newer."})
    save(frozen)
    if place is not frozen:
        upload(place, download(frozen))
    else:
        ask.submit(called, "gone")
        frozen.control("POST", "/reset")
    restore(place)
    ask = Caller(place)
    assert ask.read(called)["status"] == "requires_action"
    ask.submit(called, "blue")
    assert ask.read(called)["status"] == "completed"
    assert ask.texts(called)[1:] == ["One moment.", "It is blue."]
    place.release(held["id"], "door")
    assert ask.texts(held)[1:] == ["Released."]
    assert ask.read(late)["status"] == "in_progress"
    assert "thread.run.completed" in [fired["event"] for fired in place.advance("61s")]
    assert ask.texts(late)[1:] == ["Waited."]
    assert ask.texts(ask.start())[1:] == ["Newer."]
    if place is not frozen:
        place.control("DELETE")


def test_what_happens_after_a_restore_is_what_would_have_happened(frozen, ask):
    frozen.load(scenario({"wait": "5s"}, {"code": "1 + 1", "logs": "2"}, *TWO_TEXTS))
    run = ask.start()
    frozen.advance("2s")
    save(frozen)
    outcomes = []
    for _ in range(2):
        goes_on = Caller(frozen)
        events = [frozen.advance("3s"), frozen.advance("1s")]
        goes_on.submit(run, "grey")
        goes_on.read(run)
        goes_on.texts(run)
        goes_on("GET", f"/threads/{run['thread_id']}/runs/{run['id']}/steps")
        goes_on.start(message="Again")
        outcomes.append((events, goes_on.answers))
        restore(frozen)
    assert outcomes[0] == outcomes[1]


@pytest.mark.parametrize("pace", [{"progression": "polls", "times": 3}, {"progression": "time", "seconds": 10}])
def test_a_pace_is_kept_in_the_middle_of_a_status(pace, frozen, ask):
    frozen.put(pace=pace)
    frozen.play({"say": "Hello."})
    run = ask.start()
    ask.read(run)
    frozen.advance("4s")
    save(frozen)
    outcomes = []
    for _ in range(2):
        goes_on = Caller(frozen)
        for _ in range(8):
            goes_on.read(run)
            frozen.advance("3s")
        outcomes.append(goes_on.answers)
        restore(frozen)
    assert outcomes[0] == outcomes[1]
    assert json.loads(outcomes[0][-1][1])["status"] == "completed"


def test_a_text_that_was_being_written_comes_to_its_end_in_its_time(frozen, ask):
    frozen.play({"say": "one two three four five", "stream": {"tps": 1, "ttft": 1}})
    run = ask.start()
    frozen.advance("2500ms")
    save(frozen)
    outcomes = []
    for _ in range(2):
        goes_on = Caller(frozen)
        events = [frozen.advance("500ms") for _ in range(8)]
        goes_on.read(run)
        goes_on("GET", f"/threads/{run['thread_id']}/messages")
        outcomes.append((events, goes_on.answers))
        restore(frozen)
    assert outcomes[0] == outcomes[1]
    assert json.loads(outcomes[0][1][0][1])["status"] == "completed"


def test_calls_that_were_being_written_are_the_same_calls_afterwards(frozen, ask):
    frozen.put(pace={"progression": "time", "seconds": 2})
    frozen.play({"call": "look_outside", "args": {"town": "Oslo"}, "stream": {"tps": 2}}, {"say": "x"})
    run = ask.start()
    frozen.advance("2500ms")
    save(frozen)
    outcomes = []
    for _ in range(2):
        goes_on = Caller(frozen)
        for _ in range(30):
            frozen.advance("500ms")
        goes_on.submit(run, "out")
        for _ in range(10):
            frozen.advance("700ms")
            goes_on.read(run)
        goes_on("GET", f"/threads/{run['thread_id']}/runs/{run['id']}/steps")
        outcomes.append(goes_on.answers)
        restore(frozen)
    assert outcomes[0] == outcomes[1]
    assert '"status": "completed"' in outcomes[0][-2][1].decode()


def test_files_are_shown_as_in_progress_for_as_long_as_they_would_have_been(frozen, ask, client):
    frozen.put(pace={"progression": "time", "seconds": 10})
    file = client.files.create(file=("tides.txt", b"The tide comes at noon."), purpose="assistants")
    store = client.vector_stores.create(file_ids=[file.id])
    frozen.advance("6s")
    save(frozen)
    frozen.control("POST", "/reset")
    restore(frozen)
    frozen.advance("3s")
    assert client.vector_stores.retrieve(store.id).status == "in_progress"
    frozen.advance("1s")
    assert client.vector_stores.retrieve(store.id).status == "completed"


def test_the_scripts_of_the_server_go_with_the_snapshot(tmp_path, http, other_server):
    script = tmp_path / "greeting.yaml"
    script.write_text(json.dumps(scenario({"hold": "door"}, {"say": "Scripted."})))
    with LiveServer(Settings(), script=script) as server:
        ns = Namespace("scripted", server.url, http)
        run = Caller(ns).start()
        save(ns)
        restore(ns)
        assert ns.control("GET")["script_version"] == 0
        move(ns, other_server)
    ask = Caller(other_server)
    other_server.release(run["id"], "door")
    assert ask.texts(run)[1:] == ["Scripted."]
    other_server.release(ask.start()["id"], "door")


def test_open_streams_end_as_at_a_reset(frozen, ask):
    frozen.play({"hold": "door"}, {"say": "x"})
    assistant = ask("POST", "/assistants", {"model": MODEL})["id"]
    save(frozen)
    body = {"assistant_id": assistant, "stream": True, "thread": {"messages": [{"role": "user", "content": "Hi"}]}}
    with frozen.http.stream("POST", f"{frozen.base_url}/threads/runs", json=body, headers=V2) as response:
        assert response.status_code == 200, response.read()
        lines = response.iter_lines()
        assert next(lines) == "event: thread.created"
        restore(frozen)
        events = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
    assert events[-1] == "error"


def test_what_reads_the_journal_is_told_of_the_restore_as_of_a_reset(frozen, ask):
    frozen.play({"say": "x"})
    ask.start()
    save(frozen)
    restore(frozen)
    with frozen.http.stream("GET", f"{frozen.control_url}/events?after=0") as response:
        events = (line for line in response.iter_lines() if line.startswith("event: "))
        assert [next(events), next(events)] == ["event: gone", "event: namespace.reset"]


# --- keeping them -----------------------------------------------------------------------------------------------------


def test_snapshots_are_listed_newest_first_replaced_and_deleted(frozen):
    for name in ("a", "b", "a"):
        save(frozen, name)
    listed = frozen.control("GET", "/snapshots")["snapshots"]
    assert [one["name"] for one in listed] == ["a", "b"]
    assert frozen.control("DELETE", "/snapshots/b") == {"name": "b", "deleted": True}
    frozen.control("DELETE", "/snapshots/b", status=404)
    frozen.control("POST", "/snapshots/b/restore", status=404)
    frozen.control("GET", "/snapshots/b", status=404)


def test_snapshots_survive_a_reset_and_go_with_their_namespace(frozen, ask):
    save(frozen)
    frozen.control("POST", "/reset")
    assert frozen.control("GET", "/snapshots")["snapshots"]
    frozen.control("DELETE")
    frozen.control("GET", "/snapshots", status=404)
    frozen.freeze()
    assert frozen.control("GET", "/snapshots") == {"snapshots": []}


def test_names_and_their_number_are_bounded(frozen):
    for name in ("", "a/b", "..", "a b", "ä", "x" * 65):
        error = frozen.control("POST", "/snapshots", {"name": name}, status=400)["error"]
        assert error["param"] == "name"
    for number in range(100):
        save(frozen, f"n{number}")
    assert "at most 100" in frozen.control("POST", "/snapshots", {"name": "more"}, status=400)["error"]["message"]
    save(frozen, "n5")


def test_no_key_and_no_request_is_in_a_snapshot(frozen, server):
    with httpx.Client(base_url=f"{server.url}/ns/{frozen.name}/v1", trust_env=False, timeout=60) as http:
        headers = {"Authorization": "Bearer sk-very-secret", "OpenAI-Beta": "assistants=v2"}
        assert http.post("/assistants", json={"model": MODEL}, headers=headers).status_code == 200
        assert http.get("/assistants?api-key=sk-other-secret", headers=headers).status_code == 200
    save(frozen)
    with zipfile.ZipFile(io.BytesIO(download(frozen))) as archive:
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert b"secret" not in everything


def test_a_restore_under_load_loses_nothing_of_what_comes_after(frozen, ask):
    save(frozen)
    for number in range(5):
        restore(frozen)
        made = ask("POST", "/threads", {"metadata": {"n": str(number)}})["id"]
        assert ask("GET", f"/threads/{made}")["metadata"] == {"n": str(number)}


# --- files that are none ----------------------------------------------------------------------------------------------


@pytest.fixture
def snapshot(frozen, ask, client):
    """Return a function that uploads a changed snapshot: entry -> its bytes, or a function of those that it has."""
    frozen.play(*TWO_TEXTS)
    run = ask.start()
    client.files.create(file=("a.txt", b"some bytes"), purpose="vision")
    save(frozen, "whole")
    whole = download(frozen, "whole")

    def changed(**entries):
        out = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(whole)) as source, zipfile.ZipFile(out, "w") as target:
            for name in source.namelist():
                new = next((entries[key] for key in entries if name.partition(".")[0].endswith(key)), None)
                target.writestr(
                    name, source.read(name) if new is None else new(source.read(name)) if callable(new) else new
                )
        return out.getvalue()

    changed.whole, changed.run = whole, run
    return changed


def manifest(**fields):
    return lambda data: json.dumps({**json.loads(data), **fields})


def test_a_newer_format_is_refused(snapshot, frozen):
    refused = upload(frozen, snapshot(snapshot=manifest(format=FORMAT + 1)), status=400)["error"]
    assert f"format {FORMAT + 1} is newer than this emulator ({FORMAT})" in refused["message"]


@pytest.mark.parametrize(
    "change",
    [
        {"snapshot": b"[]"},
        {"snapshot": manifest(what="something else")},
        {"snapshot": manifest(format=0)},
        {"snapshot": manifest(format=True)},
        {"snapshot": b"{"},
        {"namespace": b"[1]"},
        {"runs": b"\xff\n"},
        {"runs": b"[]\n"},
        {"runs": b'{"id": 1, "doc": {}}\n'},
        {"runs": b'{"ns": "other", "id": "run_1", "doc": {"id": "run_1"}}\n'},
        {"threads": b'{"id": "thread_1", "doc": 5}\n'},
        {"threads": b'{"id": "thread_1", "doc": {"id": "thread_2"}}\n'},
        {"threads": b'{"id": "thread_1"}\n'},
        {"threads": b'{"id": "thread_1", "doc": {"id": "thread_1", "object": "assistant"}}\n'},
        {"scripts": b'{"version": "one"}\n'},
        {"bytes": b'{"blob": "x", "content": "../../etc/passwd"}\n'},
        {"bytes": b'{"blob": "x", "content": "' + b"a" * 64 + b'"}\n'},
    ],
)
def test_a_file_that_is_no_snapshot_is_refused(change, snapshot, frozen):
    before = frozen.control("GET", "/snapshots")
    assert upload(frozen, snapshot(**change), status=400)["error"]["type"] == "control_error"
    assert frozen.control("GET", "/snapshots") == before


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: b"",
        lambda data: b"PK",
        lambda data: data[: len(data) // 2],
        lambda data: data[len(data) // 2 :],
        lambda data: b"\0" * len(data),
        lambda data: data.replace(b"rows/", b"sows/"),
        lambda data: data[:60] + bytes(byte ^ 0xFF for byte in data[60:400]) + data[400:],
    ],
)
def test_a_damaged_file_is_refused(damage, snapshot, frozen):
    assert upload(frozen, damage(snapshot.whole), status=400)["error"]["type"] == "control_error"


@pytest.mark.parametrize(
    "change",
    [
        {"namespace": manifest(config={"seed": "x"})},
        {"namespace": manifest(config=5)},
        {"namespace": manifest(clock={"mode": "sideways"})},
        {"namespace": manifest(counters={"msg": -1})},
        {"namespace": manifest(faults=[{"do": {}}])},
        {"namespace": manifest(hints=[])},
        {"namespace": manifest(hints=[]), "snapshot": manifest(format=1)},
        {"namespace": manifest(coverage={})},
        {"namespace": manifest(consumption={"requests": {}})},
        {"namespace": b"{}"},
        {"scripts": b'{"version": 1, "name": "a.yaml", "text": "emulator: 1\\nturns: 5"}\n'},
        {"scripts": b'{"version": 1, "title": "a.yaml"}\n'},
        {"threads": b'{"id": "thread_1", "doc": {"id": "thread_1", "object": "thread"}}\n' * 2},
        {"messages": b'{"id": "msg_1", "doc": {"id": "msg_1", "object": "thread.message"}}\n'},
    ],
)
def test_a_snapshot_that_cannot_be_restored_changes_nothing(change, snapshot, frozen, ask, client):
    response = frozen.http.put(f"{frozen.control_url}/snapshots/bad", content=snapshot(**change))
    if response.status_code == 200:  # what is wrong with it is seen when it is restored
        response = frozen.http.post(f"{frozen.control_url}/snapshots/bad/restore")
    assert response.status_code == 400, response.text
    assert response.json()["error"]["type"] == "control_error"
    ask.submit(snapshot.run, "blue")
    assert ask.texts(snapshot.run)[-1] == "It is blue."
    assert [client.files.content(file.id).read() for file in client.files.list()] == [b"some bytes"]
