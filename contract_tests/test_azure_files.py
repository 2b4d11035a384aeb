"""Ids of files on Azure and Foundry, where they begin with `assistant-`."""

import pytest

from contract_tests.harness import MODEL
from contract_tests.raw_api import RawApi, assert_refused, is_id, raw_api

PIXEL = "data:image/png;base64,iVBORw0KGgo="
KEY = {"api-key": "k", "OpenAI-Beta": "assistants=v2"}
AZURE, FOUNDRY = "/openai", "/api/projects/harbour"
CODE = [{"type": "code_interpreter"}]


def api_at(ns, mount):
    return RawApi(ns, KEY, f"/ns/{ns.name}{mount}")


def drawn(api, thread=None):
    """Let a run draw a picture; return the id of its file."""
    assistant = api.post_json("/assistants", {"model": MODEL, "instructions": "x", "tools": CODE})["id"]
    path = f"/threads/{thread}/runs" if thread else "/threads/runs"
    run = api.post_json(path, {"assistant_id": assistant})
    steps = api.get_json(f"/threads/{run['thread_id']}/runs/{run['id']}/steps", params={"order": "asc"})["data"]
    (output,) = steps[0]["step_details"]["tool_calls"][0]["code_interpreter"]["outputs"]
    return output["image"]["file_id"]


def uploaded_in_parts(api):
    about = {"filename": "a.txt", "purpose": "assistants", "bytes": 2, "mime_type": "text/plain"}
    upload = api.post_json("/uploads", about)["id"]
    part = api.post_json(f"/uploads/{upload}/parts", files={"data": ("a.txt", b"hi")})["id"]
    return api.post_json(f"/uploads/{upload}/complete", {"part_ids": [part]})["file"]["id"]


@pytest.mark.parametrize("mount", [AZURE, "/openai/v1", "/openai/deployments/gpt-4o", FOUNDRY])
@pytest.mark.parametrize("day, length", [("2024-11-30", 24), ("2024-12-01", 22)])
def test_files_of_azure_and_foundry_have_ids_of_their_own(ns, mount, day, length):
    ns.put(wire=day)
    ns.play({"code": "draw()", "images": [PIXEL]}, {"say": "There it is."})
    api = api_at(ns, mount)
    thread = api.post_json("/threads", {})["id"]
    for file_id in (api.upload()["id"], uploaded_in_parts(api), drawn(api), drawn(api, thread)):
        assert is_id(file_id, "assistant-", length)


def test_files_for_other_purposes_are_named_alike_everywhere(ns):
    for mount in ("/v1", AZURE, FOUNDRY):
        assert is_id(api_at(ns, mount).upload("a.jsonl", b"{}", "batch")["id"], "file-", 22)


def test_a_file_has_one_id_whichever_mount_reads_it(ns):
    ns.play({"code": "draw()", "images": [PIXEL]}, {"say": "There it is."})
    openai, azure = raw_api(ns), api_at(ns, AZURE)
    made = {openai.upload()["id"]: "file-", azure.upload()["id"]: "assistant-"}
    made |= {drawn(openai): "file-", drawn(azure): "assistant-"}
    for file_id, prefix in made.items():
        assert file_id.startswith(prefix)
        attached = {"file_id": file_id, "tools": CODE}
        for api in (openai, azure, api_at(ns, FOUNDRY)):
            assert api.get_json(f"/files/{file_id}")["id"] == file_id
            message = {"role": "user", "content": "x", "attachments": [attached]}
            assert api.post("/threads", {"messages": [message]}).status_code == 200


@pytest.mark.parametrize("mount", [AZURE, FOUNDRY])
def test_a_wrong_prefix_is_refused_with_the_one_of_azure(ns, mount):
    api = api_at(ns, mount)
    for wrong in ("file-0", "undefined"):
        message = f"Invalid 'file_ids[0]': '{wrong}'. Expected an ID that begins with 'assistant'."
        response = api.post("/vector_stores", {"file_ids": [wrong]})
        assert_refused(response, 400, message, "file_ids[0]", "invalid_value")
    missing = api.post("/vector_stores", {"file_ids": ["assistant-0"]})
    assert_refused(missing, 404, "Files [assistant-0] were not found")


def test_a_picture_that_azure_names_can_be_shown_again(ns):
    file_id = api_at(ns, AZURE).upload("a.png", b"png", "assistants")["id"]
    ns.play({"say": "There it is.", "images": ["{{ message }}"]})
    api = raw_api(ns)
    assistant = api.post_json("/assistants", {"model": MODEL})["id"]
    thread = {"messages": [{"role": "user", "content": file_id}]}
    thread_id = api.post_json("/threads/runs", {"assistant_id": assistant, "thread": thread})["thread_id"]
    content = api.get_json(f"/threads/{thread_id}/messages")["data"][0]["content"]
    assert content[0]["image_file"]["file_id"] == file_id
