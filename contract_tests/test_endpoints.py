"""Every endpoint is called once on each wire that had it, and returns 200."""

import re

import pytest

from contract_tests.raw_api import raw_api
from emulator.api.endpoints import ENDPOINTS

CALL = {"call": "look_up", "args": {"word": "tide"}}
# Parts of the paths of endpoints that a wire did not have. Deleting messages was added in v2.
ABSENT = {
    "v1": ("/vector_stores", "/uploads"),
    "v2": ("/assistants/{assistant_id}/files", "/messages/{message_id}/files"),
}


def existed(endpoint, beta):
    deletes_message = (endpoint.method, endpoint.path) == ("DELETE", "/threads/{thread_id}/messages/{message_id}")
    return not any(part in endpoint.path for part in ABSENT[beta]) and not (beta == "v1" and deletes_message)


def covered(ns):
    """Return the endpoints that have returned 200, by method and path."""
    successes = {(r["method"], r["path"]) for r in ns.requests() if r["status"] == 200}
    return {
        (endpoint.method, endpoint.path)
        for endpoint in ENDPOINTS
        for method, path in successes
        if method == endpoint.method and re.fullmatch(re.sub(r"{[a-z_]+(:path)?}", "[^/]+", endpoint.path), path)
    }


def call_common(api, file_id):
    """Call the endpoints that both wires have; return an assistant, a thread and a message."""
    assistant = api.post_json("/assistants", {"model": "gpt-4-turbo", "instructions": "Be brief."})["id"]
    api.get_json("/assistants")
    api.get_json(f"/assistants/{assistant}")
    api.post_json(f"/assistants/{assistant}", {"name": "Tide"})
    thread = api.post_json("/threads", {})["id"]
    api.get_json(f"/threads/{thread}")
    api.post_json(f"/threads/{thread}", {"metadata": {"a": "b"}})
    message = api.post_json(f"/threads/{thread}/messages", {"role": "user", "content": "When is high water?"})["id"]
    api.get_json(f"/threads/{thread}/messages")
    api.get_json(f"/threads/{thread}/messages/{message}")
    api.post_json(f"/threads/{thread}/messages/{message}", {"metadata": {"a": "b"}})
    call_runs(api, assistant, thread)
    api.get_json("/files")
    api.get_json(f"/files/{file_id}")
    image_id = api.upload("picture.png", b"png", "vision")["id"]
    assert api.get(f"/files/{image_id}/content").content == b"png"
    api.get_json("/models")
    api.get_json("/models/gpt-4o")
    assert api.delete("/models/ft:gpt-4o:mine").status_code == 200
    return assistant, thread, message


def call_runs(api, assistant, thread):
    thread_run = api.post_json("/threads/runs", {"assistant_id": assistant, "thread": {"messages": []}})
    api.post_json(f"/threads/{thread_run['thread_id']}/runs/{thread_run['id']}/cancel")
    run = api.post_json(f"/threads/{thread}/runs", {"assistant_id": assistant})["id"]
    path = f"/threads/{thread}/runs/{run}"
    call = api.get_json(path)["required_action"]["submit_tool_outputs"]["tool_calls"][0]["id"]
    api.post_json(f"{path}/submit_tool_outputs", {"tool_outputs": [{"tool_call_id": call, "output": "noon"}]})
    api.get_json(f"/threads/{thread}/runs")
    api.post_json(path, {"metadata": {"a": "b"}})
    step = api.get_json(f"{path}/steps")["data"][0]["id"]
    api.get_json(f"{path}/steps/{step}")


def call_v1(api, file_id, assistant, thread):
    api.post_json(f"/assistants/{assistant}/files", {"file_id": file_id})
    api.get_json(f"/assistants/{assistant}/files")
    api.get_json(f"/assistants/{assistant}/files/{file_id}")
    assert api.delete(f"/assistants/{assistant}/files/{file_id}").status_code == 200
    with_file = {"role": "user", "content": "See this.", "file_ids": [file_id]}
    message = api.post_json(f"/threads/{thread}/messages", with_file)["id"]
    api.get_json(f"/threads/{thread}/messages/{message}/files")
    api.get_json(f"/threads/{thread}/messages/{message}/files/{file_id}")


def call_v2(api, file_id, thread, message):
    store = api.post_json("/vector_stores", {"name": "tides"})["id"]
    path = f"/vector_stores/{store}"
    api.get_json("/vector_stores")
    api.get_json(path)
    api.post_json(path, {"name": "more tides"})
    api.post_json(f"{path}/files", {"file_id": file_id})
    api.get_json(f"{path}/files")
    api.get_json(f"{path}/files/{file_id}")
    api.post_json(f"{path}/files/{file_id}", {"attributes": {"year": 2025}})
    api.get_json(f"{path}/files/{file_id}/content")
    api.post_json(f"{path}/search", {"query": "high water"})
    batch = api.post_json(f"{path}/file_batches", {"file_ids": [file_id]})["id"]
    api.get_json(f"{path}/file_batches/{batch}")
    api.get_json(f"{path}/file_batches/{batch}/files")
    api.post_json(f"{path}/file_batches/{batch}/cancel")
    assert api.delete(f"{path}/files/{file_id}").status_code == 200
    assert api.delete(path).status_code == 200
    announcement = {"filename": "a.jsonl", "purpose": "batch", "bytes": 3, "mime_type": "text/jsonl"}
    upload = api.post_json("/uploads", announcement)["id"]
    part = api.post_json(f"/uploads/{upload}/parts", files={"data": b"abc"})["id"]
    api.post_json(f"/uploads/{upload}/complete", {"part_ids": [part]})
    api.post_json(f"/uploads/{api.post_json('/uploads', announcement)['id']}/cancel")
    assert api.delete(f"/threads/{thread}/messages/{message}").status_code == 200


@pytest.mark.parametrize("beta, day, count", [("v1", "2024-04-20", 36), ("v2", "2026-08-25", 51)])
def test_every_endpoint_answers_on_the_wires_that_had_it(ns, beta, day, count):
    ns.put(wire=day, models=["gpt-4-turbo", "gpt-4o", "ft:gpt-4o:mine"])
    ns.play(CALL, {"say": "At noon."})
    api = raw_api(ns, beta)
    file_id = api.upload()["id"]
    assistant, thread, message = call_common(api, file_id)
    if beta == "v1":
        call_v1(api, file_id, assistant, thread)
    else:
        call_v2(api, file_id, thread, message)
    assert api.delete(f"/files/{file_id}").status_code == 200
    assert api.delete(f"/threads/{thread}").status_code == 200
    assert api.delete(f"/assistants/{assistant}").status_code == 200
    expected = {(endpoint.method, endpoint.path) for endpoint in ENDPOINTS if existed(endpoint, beta)}
    assert len(expected) == count
    assert expected - covered(ns) == set()


def test_there_are_57_endpoints():
    assert len(ENDPOINTS) == 57
