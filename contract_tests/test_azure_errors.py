"""Refusals that Azure and Foundry worded in their own way."""

import pytest

from contract_tests.harness import MODEL
from contract_tests.raw_api import RawApi, assert_refused, raw_api

FIRST = "Retrieval tools are not supported."
LATER = (
    "Azure OpenAI Retrieval v1 tool is not supported in favor of the more advanced v2 file_search tool. Please use"
    " `file_search` in the v2 api."
)
OLD = {"api-version": "2024-02-15-preview"}
NEW = {"api-version": "2024-10-21"}
RETRIEVAL = [{"type": "retrieval"}]


def api_at(ns, mount):
    return RawApi(ns, {"api-key": "k"}, f"/ns/{ns.name}{mount}")


@pytest.mark.parametrize("mount", ["/openai", "/api/projects/harbour"])
@pytest.mark.parametrize(
    "model, engine",
    [
        ("gpt-5.1", "gpt-5.1-2025-11-13"),
        ("gpt-5.1-2025-11-13", "gpt-5.1-2025-11-13"),
        ("gpt-3.5-turbo-0301", "gpt-3.5-turbo-0301"),
    ],
)
def test_a_refused_model_is_named_with_its_engine(ns, mount, model, engine):
    message = f"The requested model '{model}' with engine '{engine}' cannot be used with the Assistants API."
    api = api_at(ns, mount)
    assistant = api.post_json("/assistants", {"model": MODEL, "instructions": "x"}, params=NEW)["id"]
    for path, body in (
        ("/assistants", {"model": model}),
        (f"/assistants/{assistant}", {"model": model}),
        ("/threads/runs", {"assistant_id": assistant, "model": model}),
    ):
        assert_refused(api.post(path, body, params=NEW), 400, message, "model", "unsupported_model")


def test_a_refused_model_has_no_engine_on_openai(ns):
    message = "The requested model 'gpt-5.1' cannot be used with the Assistants API."
    response = raw_api(ns).post("/assistants", {"model": "gpt-5.1"})
    assert_refused(response, 400, message, "model", "unsupported_model")


@pytest.mark.parametrize("day, message", [("2024-02-20", FIRST), ("2024-09-30", FIRST), ("2024-10-01", LATER)])
def test_azure_never_had_the_retrieval_of_v1(ns, day, message):
    ns.put(wire=day)
    api = api_at(ns, "/openai")
    assistant = api.post_json("/assistants", {"model": "gpt-4", "instructions": "x"}, params=OLD)["id"]
    thread = api.post_json("/threads", {}, params=OLD)["id"]
    for path, body in (
        ("/assistants", {"model": "gpt-4", "tools": RETRIEVAL}),
        (f"/assistants/{assistant}", {"tools": [{"type": "code_interpreter"}, *RETRIEVAL]}),
        (f"/threads/{thread}/runs", {"assistant_id": assistant, "tools": RETRIEVAL}),
        ("/threads/runs", {"assistant_id": assistant, "tools": RETRIEVAL}),
    ):
        assert_refused(api.post(path, body, params=OLD), 400, message)
    assert raw_api(ns, "v1").post("/assistants", {"model": "gpt-4", "tools": RETRIEVAL}).status_code == 200


def test_file_search_is_a_tool_of_azures_v2(ns):
    body = {"model": "gpt-4o", "tools": [{"type": "file_search"}]}
    assert api_at(ns, "/openai").post_json("/assistants", body, params=NEW)["tools"][0]["type"] == "file_search"


def test_missing_files_were_invalid_on_azures_v1(ns):
    ns.put(wire="2024-02-20")
    body = {"model": "gpt-4", "tools": [{"type": "code_interpreter"}], "file_ids": ["assistant-abc123"]}
    response = api_at(ns, "/openai").post("/assistants", body, params=OLD)
    assert response.status_code == 400
    assert response.json()["error"] == {
        "message": "Files [assistant-abc123] are invalid",
        "type": "invalid_request",
        "param": None,
        "code": None,
    }
    plain = raw_api(ns, "v1").post("/assistants", body)
    assert_refused(plain, 404, "Files [assistant-abc123] were not found")


def test_missing_files_are_not_found_on_azures_v2(ns):
    body = {"file_ids": ["assistant-abc123"]}
    response = api_at(ns, "/openai").post("/vector_stores", body, params=NEW)
    assert_refused(response, 404, "Files [assistant-abc123] were not found")
