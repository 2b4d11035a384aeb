"""Every endpoint is walked over once on each wire in which it existed, and answers 200 there."""

import re

import pytest

from contract_tests.lines import line
from emulator.api.endpoints import ENDPOINTS

CALL = {"call": "look_up", "args": {"word": "tide"}}
# Kinds of endpoints that a wire did not have, by a piece of their path. Deleting messages came with v2.
ABSENT = {
    "v1": ("/vector_stores", "/uploads"),
    "v2": ("/assistants/{assistant_id}/files", "/messages/{message_id}/files"),
}


def existed(endpoint, beta):
    deletes_message = (endpoint.method, endpoint.path) == ("DELETE", "/threads/{thread_id}/messages/{message_id}")
    return not any(part in endpoint.path for part in ABSENT[beta]) and not (beta == "v1" and deletes_message)


def met(ns):
    """Return the endpoints that have answered 200, by method and path."""
    seen = {(r["method"], r["path"]) for r in ns.requests() if r["status"] == 200}
    return {
        (endpoint.method, endpoint.path)
        for endpoint in ENDPOINTS
        for method, path in seen
        if method == endpoint.method and re.fullmatch(re.sub(r"{[a-z_]+(:path)?}", "[^/]+", endpoint.path), path)
    }


def walk_common(ask, file_id):
    """Walk over what both wires have; return an assistant, a thread and a message."""
    assistant = ask.make("/assistants", {"model": "gpt-4-turbo", "instructions": "Be brief."})["id"]
    ask.read("/assistants")
    ask.read(f"/assistants/{assistant}")
    ask.make(f"/assistants/{assistant}", {"name": "Tide"})
    thread = ask.make("/threads", {})["id"]
    ask.read(f"/threads/{thread}")
    ask.make(f"/threads/{thread}", {"metadata": {"a": "b"}})
    message = ask.make(f"/threads/{thread}/messages", {"role": "user", "content": "When is high water?"})["id"]
    ask.read(f"/threads/{thread}/messages")
    ask.read(f"/threads/{thread}/messages/{message}")
    ask.make(f"/threads/{thread}/messages/{message}", {"metadata": {"a": "b"}})
    walk_runs(ask, assistant, thread)
    ask.read("/files")
    ask.read(f"/files/{file_id}")
    drawn = ask.upload("picture.png", b"png", "vision")["id"]
    assert ask.get(f"/files/{drawn}/content").content == b"png"
    ask.read("/models")
    ask.read("/models/gpt-4o")
    assert ask.delete("/models/ft:gpt-4o:mine").status_code == 200
    return assistant, thread, message


def walk_runs(ask, assistant, thread):
    whole = ask.make("/threads/runs", {"assistant_id": assistant, "thread": {"messages": []}})
    ask.make(f"/threads/{whole['thread_id']}/runs/{whole['id']}/cancel")
    run = ask.make(f"/threads/{thread}/runs", {"assistant_id": assistant})["id"]
    here = f"/threads/{thread}/runs/{run}"
    call = ask.read(here)["required_action"]["submit_tool_outputs"]["tool_calls"][0]["id"]
    ask.make(f"{here}/submit_tool_outputs", {"tool_outputs": [{"tool_call_id": call, "output": "noon"}]})
    ask.read(f"/threads/{thread}/runs")
    ask.make(here, {"metadata": {"a": "b"}})
    step = ask.read(f"{here}/steps")["data"][0]["id"]
    ask.read(f"{here}/steps/{step}")


def walk_v1(ask, file_id, assistant, thread):
    ask.make(f"/assistants/{assistant}/files", {"file_id": file_id})
    ask.read(f"/assistants/{assistant}/files")
    ask.read(f"/assistants/{assistant}/files/{file_id}")
    assert ask.delete(f"/assistants/{assistant}/files/{file_id}").status_code == 200
    with_file = {"role": "user", "content": "See this.", "file_ids": [file_id]}
    message = ask.make(f"/threads/{thread}/messages", with_file)["id"]
    ask.read(f"/threads/{thread}/messages/{message}/files")
    ask.read(f"/threads/{thread}/messages/{message}/files/{file_id}")


def walk_v2(ask, file_id, thread, message):
    store = ask.make("/vector_stores", {"name": "tides"})["id"]
    here = f"/vector_stores/{store}"
    ask.read("/vector_stores")
    ask.read(here)
    ask.make(here, {"name": "more tides"})
    ask.make(f"{here}/files", {"file_id": file_id})
    ask.read(f"{here}/files")
    ask.read(f"{here}/files/{file_id}")
    ask.make(f"{here}/files/{file_id}", {"attributes": {"year": 2025}})
    ask.read(f"{here}/files/{file_id}/content")
    ask.make(f"{here}/search", {"query": "high water"})
    batch = ask.make(f"{here}/file_batches", {"file_ids": [file_id]})["id"]
    ask.read(f"{here}/file_batches/{batch}")
    ask.read(f"{here}/file_batches/{batch}/files")
    ask.make(f"{here}/file_batches/{batch}/cancel")
    assert ask.delete(f"{here}/files/{file_id}").status_code == 200
    assert ask.delete(here).status_code == 200
    announced = {"filename": "a.jsonl", "purpose": "batch", "bytes": 3, "mime_type": "text/jsonl"}
    upload = ask.make("/uploads", announced)["id"]
    part = ask.make(f"/uploads/{upload}/parts", files={"data": b"abc"})["id"]
    ask.make(f"/uploads/{upload}/complete", {"part_ids": [part]})
    ask.make(f"/uploads/{ask.make('/uploads', announced)['id']}/cancel")
    assert ask.delete(f"/threads/{thread}/messages/{message}").status_code == 200


@pytest.mark.parametrize("beta, day, count", [("v1", "2024-04-20", 36), ("v2", "2026-08-25", 51)])
def test_every_endpoint_answers_on_the_wires_in_which_it_existed(ns, beta, day, count):
    ns.put(wire=day, models=["gpt-4-turbo", "gpt-4o", "ft:gpt-4o:mine"])
    ns.plays(CALL, {"say": "At noon."})
    ask = line(ns, beta)
    file_id = ask.upload()["id"]
    assistant, thread, message = walk_common(ask, file_id)
    if beta == "v1":
        walk_v1(ask, file_id, assistant, thread)
    else:
        walk_v2(ask, file_id, thread, message)
    assert ask.delete(f"/files/{file_id}").status_code == 200
    assert ask.delete(f"/threads/{thread}").status_code == 200
    assert ask.delete(f"/assistants/{assistant}").status_code == 200
    wanted = {(endpoint.method, endpoint.path) for endpoint in ENDPOINTS if existed(endpoint, beta)}
    assert len(wanted) == count
    assert wanted - met(ns) == set()


def test_there_were_57_endpoints():
    assert len(ENDPOINTS) == 57
