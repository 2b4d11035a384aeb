"""State coverage: what clients were shown, over the control API and in Python."""

import base64
import hashlib
import re
from contextlib import suppress

import httpx
import pytest
from openai import APIConnectionError, APIError

from contract_tests.harness import MODEL, WEATHER, outputs_of
from emulator import LiveServer, Settings


@pytest.fixture
def emulator(server, request):
    namespace = server.namespace(request.node.nodeid, clock="auto")
    yield namespace
    namespace.delete()


def talk(namespace, *steps, tools=(), **more):
    namespace.load({"emulator": 1, "turns": [{"steps": list(steps)}]})
    client = namespace.client(max_retries=0)
    assistant = client.beta.assistants.create(model=MODEL, tools=list(tools))
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hello?"}])
    return client, client.beta.threads.runs.create(thread.id, assistant_id=assistant.id, **more)


def poll(client, run):
    return client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)


def test_a_status_that_passed_unseen_is_not_met(emulator):
    client, run = talk(emulator, {"say": "Hello."})
    assert emulator.runs.last.timeline == ["queued", "in_progress", "completed"]
    assert emulator.coverage().met == {"run queued": 1}
    poll(client, run)
    assert emulator.coverage().met == {"run queued": 1, "run completed": 1}


def test_what_the_control_api_shows_is_not_met_by_the_program(emulator):
    talk(emulator, {"fail": "server_error"})
    assert emulator.runs.last.status == "failed"
    assert "run failed" not in emulator.coverage().met


def test_calls_of_functions_are_met_by_who_answers_them(emulator):
    client, run = talk(emulator, {"call": "look_outside"}, {"say": "Rain."}, tools=[WEATHER])
    run = poll(client, run)
    client.beta.threads.runs.submit_tool_outputs(
        run.id, thread_id=run.thread_id, tool_outputs=outputs_of(run, look_outside="rain")
    )
    found = emulator.coverage()
    assert found.met["run requires_action: submit_tool_outputs"] == 1
    assert found.tools == {"function": 1}


def test_errors_and_faults_are_counted_as_the_program_met_them(emulator):
    emulator.fault("POST", "/threads", status=429, times=1)
    client = emulator.client(max_retries=0)
    for _ in range(2):
        with pytest.raises(Exception, match=r"429|404"):
            client.beta.threads.create() and client.beta.threads.retrieve("thread_unknown")
    found = emulator.coverage()
    assert found.errors == {"429 rate_limit_exceeded": 1, "404 invalid_request_error": 1}
    assert found.faults == {"status": 1}


def test_an_answer_that_was_lost_shows_nothing(emulator):
    emulator.fault("POST", "/threads/*/runs", disconnect=True, before=False)
    with pytest.raises(Exception, match="Connection"):
        talk(emulator, {"say": "Hello."})
    found = emulator.coverage()
    assert not found.met
    assert found.faults == {"disconnect": 1}


def test_a_stream_that_is_cut_shows_what_was_sent(emulator):
    emulator.fault("POST", "/threads/*/runs", cut_stream_after=2)
    with pytest.raises((httpx.TransportError, APIConnectionError)):
        list(talk(emulator, {"say": "Hello."}, stream=True)[1])
    events = {name for name in emulator.coverage().met if name.startswith("event ")}
    assert events == {"event thread.run.created", "event thread.run.queued"}


def test_an_event_that_cannot_be_parsed_shows_nothing(emulator):
    emulator.fault("POST", "/threads/*/runs", garble_event=2)
    with suppress(ValueError):
        list(talk(emulator, {"say": "Hello."}, stream=True)[1])
    assert "event thread.run.created" in emulator.coverage().met
    assert "event thread.run.queued" not in emulator.coverage().met


def test_answers_of_stubs_are_no_errors_of_the_api(emulator):
    emulator.stub("POST", "/chat/completions", status=429, json={"error": {"code": "rate_limit_exceeded"}})
    with emulator.http_client() as http:
        http.post(f"{emulator.base_url}/chat/completions", headers={"Authorization": "Bearer sk-any"}, json={})
    assert not emulator.coverage().errors


def test_a_reset_keeps_what_was_met_and_clearing_forgets_it(emulator):
    talk(emulator, {"say": "Hello."})
    emulator.reset()
    assert emulator.coverage().met == {"run queued": 1}
    emulator.clear_coverage()
    assert not emulator.coverage().met


def test_going_back_to_a_snapshot_makes_nothing_unmet(emulator, server):
    client, run = talk(emulator, {"say": "Hello."})
    kept = emulator.snapshot("before").read()
    poll(client, run)
    emulator.restore("before")
    assert emulator.coverage().met == {"run queued": 1, "run completed": 1}
    other = server.namespace(f"{emulator.name[:50]}-b")
    other.restore(kept)
    assert other.coverage().met == {"run queued": 1}
    other.delete()


def test_the_server_knows_what_was_met_in_deleted_namespaces():
    with LiveServer(Settings()) as server:
        for name in ("a", "b"):
            client, run = talk(server.namespace(name), {"say": "Hello."})
            poll(client, run)
        server.namespace("a").delete()
        assert server.emulator.coverage().met == {"run queued": 2, "run completed": 2}


def test_a_stream_counts_as_far_as_it_has_come(emulator):
    _, stream = talk(emulator, {"hold": "gate"}, stream=True)
    # Behind the third event the run is held, and the stream goes no further.
    assert [event.event for _, event in zip(range(3), stream, strict=False)][1] == "thread.run.queued"
    found = emulator.coverage().met
    assert (found["event thread.run.queued"], found["run queued"]) == (1, 2)
    assert emulator.coverage().met == found
    stream.close()


def test_a_stream_that_ends_with_its_namespace_counts_for_the_server():
    with LiveServer(Settings()) as server:
        namespace = server.namespace("a")
        _, stream = talk(namespace, {"hold": "gate"}, stream=True)
        names = [event.event for _, event in zip(range(3), stream, strict=False)]
        assert names[:2] == ["thread.run.created", "thread.run.queued"]
        namespace.delete()
        with suppress(APIError):  # an event says that the run is gone
            list(stream)
        assert server.emulator.coverage().met["event thread.run.queued"] == 1


async def test_the_asynchronous_face_has_it_too(server, emulator):
    talk(emulator, {"say": "Hello."})
    found = await server.async_namespace(emulator.name).coverage()
    assert found.met == {"run queued": 1}


# --- the control API ------------------------------------------------------------------------------------------------


def test_the_control_api_answers_as_json_text_or_html(ns, start):
    start()
    data = ns.control("GET", "/coverage")
    assert data["met"] == {"run queued": 1}
    assert {"group": "runs", "item": "run failed", "line": "- fail: server_error", "given": ""} in data["missed"]
    text = ns.http.get(f"{ns.control_url}/coverage?format=text")
    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    assert text.text.startswith("state coverage: ")
    page = ns.http.get(f"{ns.control_url}/coverage?format=html")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert ns.name in page.text
    assert ns.http.get(f"{ns.url}/_emulator/coverage").json()["met"]["run queued"] >= 1


def test_the_page_has_no_script_and_names_its_style_alone(ns, start):
    start()
    page = ns.http.get(f"{ns.control_url}/coverage?format=html")
    style = re.search("<style>(.*)</style>", page.text, re.DOTALL)[1]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = page.headers["content-security-policy"]
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'")
    inside = re.search('Content-Security-Policy" content="(.*?)"', page.text)[1]
    assert policy.startswith(inside.replace("&#39;", "'"))
    assert "<script" not in page.text
    assert "http" not in re.sub("http-equiv", "", page.text)


def test_an_unknown_namespace_and_an_unknown_format_are_refused(ns):
    assert ns.http.get(f"{ns.url}/_emulator/ns/never-made/coverage").status_code == 404
    assert ns.http.delete(f"{ns.url}/_emulator/ns/never-made/coverage").status_code == 404
    assert ns.control("GET", "/coverage?format=pdf", status=400)["error"]["type"] == "control_error"


def test_clearing_over_http(ns, start):
    start()
    assert ns.control("DELETE", "/coverage") == {"namespace": ns.name, "deleted": True}
    assert ns.control("GET", "/coverage")["percent"] == 0
