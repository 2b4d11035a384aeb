"""Files that code wrote and a message names: the message attaches them."""

import pytest

from contract_tests.harness import MODEL, parse_events
from contract_tests.raw_api import assert_refused, raw_api

PIXEL = "data:image/png;base64,iVBORw0KGgo="
NAMES = ("first", "second")
FIXTURES = {
    "files": {name: {"text": name, "id": f"file-{name}", "purpose": "assistants_output"} for name in NAMES},
}


def path_to(name, start):
    path = f"sandbox:/mnt/data/{name}"
    place = {"start_index": start, "end_index": start + len(path)}
    return {"type": "file_path", "text": path, **place, "file_path": {"file_id": f"file-{name}"}}


def attached(*names):
    return [{"file_id": f"file-{name}", "tools": [{"type": "code_interpreter"}]} for name in names]


@pytest.fixture
def api(ns):
    return raw_api(ns)


def run(api, **more):
    """Run on a new thread; return the thread's id and its newest message."""
    tools = [{"type": "code_interpreter"}]
    assistant = api.post_json("/assistants", {"model": MODEL, "instructions": "x", "tools": tools})["id"]
    thread = api.post_json("/threads", {})["id"]
    response = api.post(f"/threads/{thread}/runs", {"assistant_id": assistant, **more})
    assert response.status_code == 200
    return thread, api.get_json(f"/threads/{thread}/messages")["data"][0], response


def test_a_message_attaches_the_files_that_code_wrote(ns, api):
    annotations = [path_to("first", 0), path_to("second", 30), path_to("first", 60)]
    ns.play({"say": " " * 90, "annotations": annotations}, fixtures=FIXTURES)
    thread, message, _ = run(api)
    assert message["attachments"] == attached("first", "second")
    assert api.get_json(f"/threads/{thread}/messages/{message['id']}") == message


def test_files_that_code_wrote_are_file_ids_on_v1(ns, api):
    ns.play({"say": " " * 60, "annotations": [path_to("first", 0), path_to("second", 30)]}, fixtures=FIXTURES)
    thread, message, _ = run(api)
    v1 = raw_api(ns, "v1")
    assert v1.get_json(f"/threads/{thread}/messages")["data"][0]["file_ids"] == ["file-first", "file-second"]
    files = v1.get_json(f"/threads/{thread}/messages/{message['id']}/files", params={"order": "asc"})["data"]
    assert [file["id"] for file in files] == ["file-first", "file-second"]


def test_images_and_citations_are_not_attached(ns, api):
    cited = {
        "type": "file_citation",
        "text": "x",
        "start_index": 0,
        "end_index": 1,
        "file_citation": {"file_id": "file-first"},
    }
    ns.play({"say": "xy", "images": [PIXEL], "annotations": [cited]}, fixtures=FIXTURES)
    assert run(api)[1]["attachments"] == []


def test_files_that_code_wrote_do_not_become_files_of_the_thread(ns, api):
    ns.play({"say": " " * 30, "annotations": [path_to("first", 0)]}, fixtures=FIXTURES)
    thread, message, _ = run(api)
    assert message["attachments"] == attached("first")
    resources = {"code_interpreter": {"file_ids": []}}
    assert api.get_json(f"/threads/{thread}")["tool_resources"] == resources
    assistant = api.post_json("/assistants", {"model": MODEL, "instructions": "x"})["id"]
    ns.play({"say": "{{ files | length }} files"})
    api.post_json(f"/threads/{thread}/runs", {"assistant_id": assistant})
    newest = api.get_json(f"/threads/{thread}/messages")["data"][0]
    assert newest["content"][0]["text"]["value"] == "0 files"


def test_the_event_of_a_completed_message_shows_its_files(ns, api):
    ns.play({"say": " " * 30, "annotations": [path_to("first", 0)]}, fixtures=FIXTURES)
    shown = {name: data["attachments"] for name, data in parse_events(run(api, stream=True)[2].text)
             if name in ("thread.message.created", "thread.message.in_progress", "thread.message.completed")}  # fmt: skip
    assert shown == {
        "thread.message.created": [],
        "thread.message.in_progress": [],
        "thread.message.completed": attached("first"),
    }


def test_an_incomplete_message_attaches_what_its_text_has_reached(ns, api):
    ns.play(
        {"say": " " * 30, "annotations": [path_to("first", 0)]}, {"stop": "max_completion_tokens"}, fixtures=FIXTURES
    )
    assert run(api)[1]["attachments"] == attached("first")


@pytest.mark.parametrize("path", [{}, {"file_path": {}}, {"file_path": "x"}, {"file_path": {"file_id": ["x"]}}])
def test_an_annotation_that_names_no_file_attaches_none(ns, api, path):
    ns.play({"say": "x", "annotations": [{"type": "file_path", **path}]})
    assert run(api)[1]["attachments"] == []


# --- attachments of clients -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["message", "thread", "run"])
def test_a_message_has_at_most_ten_attachments(ns, api, place):
    files = [api.upload(f"{number}.txt")["id"] for number in range(11)]

    def post(count):
        attachments = [{"file_id": file, "tools": [{"type": "file_search"}]} for file in files[:count]]
        message = {"role": "user", "content": "x", "attachments": attachments}
        if place == "thread":
            return "messages[0].", api.post("/threads", {"messages": [message]})
        thread = api.post_json("/threads", {})["id"]
        if place == "message":
            return "", api.post(f"/threads/{thread}/messages", message)
        assistant = api.post_json("/assistants", {"model": MODEL, "instructions": "x"})["id"]
        body = {"assistant_id": assistant, "additional_messages": [message]}
        return "additional_messages[0].", api.post(f"/threads/{thread}/runs", body)

    where, response = post(11)
    message = (
        f"Invalid '{where}attachments': array too long. Expected an array with maximum length 10, but got an array with"
        " length 11 instead."
    )
    assert_refused(response, 400, message, f"{where}attachments", "array_above_max_length")
    assert post(10)[1].status_code == 200
