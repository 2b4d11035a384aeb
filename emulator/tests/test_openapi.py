import json
import re
import subprocess
import sys

import jsonschema
import pytest
import schemathesis

from emulator.api.endpoints import ALL
from emulator.api.openapi import document, every_shape, name
from emulator.wire.shapes import SHAPES

# Every endpoint that there ever was: path -> its methods.
EVER = """
/assistants GET POST
/assistants/{assistant_id} GET POST DELETE
/assistants/{assistant_id}/files GET POST
/assistants/{assistant_id}/files/{file_id} GET DELETE
/threads POST
/threads/{thread_id} GET POST DELETE
/threads/{thread_id}/messages GET POST
/threads/{thread_id}/messages/{message_id} GET POST DELETE
/threads/{thread_id}/messages/{message_id}/files GET
/threads/{thread_id}/messages/{message_id}/files/{file_id} GET
/threads/runs POST
/threads/{thread_id}/runs GET POST
/threads/{thread_id}/runs/{run_id} GET POST
/threads/{thread_id}/runs/{run_id}/cancel POST
/threads/{thread_id}/runs/{run_id}/submit_tool_outputs POST
/threads/{thread_id}/runs/{run_id}/steps GET
/threads/{thread_id}/runs/{run_id}/steps/{step_id} GET
/files GET POST
/files/{file_id} GET DELETE
/files/{file_id}/content GET
/uploads POST
/uploads/{upload_id}/parts POST
/uploads/{upload_id}/complete POST
/uploads/{upload_id}/cancel POST
/vector_stores GET POST
/vector_stores/{vector_store_id} GET POST DELETE
/vector_stores/{vector_store_id}/search POST
/vector_stores/{vector_store_id}/files GET POST
/vector_stores/{vector_store_id}/files/{file_id} GET POST DELETE
/vector_stores/{vector_store_id}/files/{file_id}/content GET
/vector_stores/{vector_store_id}/file_batches POST
/vector_stores/{vector_store_id}/file_batches/{batch_id} GET
/vector_stores/{vector_store_id}/file_batches/{batch_id}/cancel POST
/vector_stores/{vector_store_id}/file_batches/{batch_id}/files GET
/models GET
/models/{model} GET DELETE
"""
# What the twin of a port is asked for.
OF_RESPONSES = """
/responses POST
/responses/input_tokens POST
/responses/{response_id} GET DELETE
/responses/{response_id}/cancel POST
/responses/{response_id}/input_items GET
/conversations POST
/conversations/{conversation_id} GET POST DELETE
/conversations/{conversation_id}/items GET POST
/conversations/{conversation_id}/items/{item_id} GET DELETE
/containers GET POST
/containers/{container_id} GET DELETE
/containers/{container_id}/files GET POST
/containers/{container_id}/files/{file_id} GET DELETE
/containers/{container_id}/files/{file_id}/content GET
"""
OPERATIONS = {
    "assistants": "create listing retrieve modify delete",
    "v1_files": "attach of_assistant retrieve detach of_message retrieve_of_message",
    "threads": "create retrieve modify delete",
    "messages": "create listing retrieve modify delete",
    "runs": "create create_with_thread listing retrieve modify cancel submit_tool_outputs",
    "steps": "listing retrieve",
    "files": "create listing retrieve delete content",
    "uploads": "create add_part complete cancel",
    "vector_stores": "create listing retrieve modify delete search add_file list_files retrieve_file modify_file"
    " delete_file file_content create_batch retrieve_batch cancel_batch list_batch_files",
    "models": "listing retrieve delete",
    "responses": "create retrieve delete cancel",
    "response_inputs": "input_tokens input_items",
    "conversations": "create retrieve modify delete add_items list_items retrieve_item delete_item",
    "containers": "create listing retrieve delete create_file list_files retrieve_file file_content delete_file",
}


@pytest.fixture(scope="module")
def doc():
    return document(ALL)


def operations(doc):
    return [
        (path, method, operation) for path, methods in doc["paths"].items() for method, operation in methods.items()
    ]


def test_the_document_is_one_of_openapi_3_1(doc):
    loaded = schemathesis.openapi.from_dict(doc)
    loaded.validate()
    assert len(list(loaded.get_all_operations())) == 57 + 23


def listed(text):
    return {(path, method.lower()) for path, *methods in map(str.split, text.split("\n")[1:-1]) for method in methods}


def test_all_57_endpoints_ever_are_in_it_and_those_of_responses(doc):
    assert (len(listed(EVER)), len(listed(OF_RESPONSES))) == (57, 23)
    assert {(path, method) for path, method, _ in operations(doc)} == listed(EVER) | listed(OF_RESPONSES)


def test_all_operations_have_the_names_that_they_are_known_by(doc):
    known = {f"{room}.{verb}" for room, verbs in OPERATIONS.items() for verb in verbs.split()}
    assert {operation["operationId"] for _, _, operation in operations(doc)} == known
    assert len({name(endpoint) for endpoint in ALL}) == 57 + 23


def test_reading_it_is_what_imports_responses():
    code = "import sys, emulator.api.endpoints; print([name for name in sys.modules if 'wire.responses.' in name])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_every_operation_says_what_it_does_in_a_few_words(doc):
    for _, _, operation in operations(doc):
        assert re.fullmatch(r"[A-Z][a-z0-9 -]{4,40}", operation["summary"])


def test_both_apis_have_bodies_of_their_own(doc):
    schemas = doc["components"]["schemas"]
    assert "function" in schemas["FunctionTool"]["properties"]
    assert "parameters" in schemas["responses.FunctionTool"]["properties"]
    assert not [name for name in schemas if "__" in name]


def test_every_reference_leads_somewhere(doc):
    text = json.dumps(doc)
    for kind in ("schemas", "responses"):
        referenced = set(re.findall(rf'"#/components/{kind}/([^"]+)"', text))
        there = set(doc["components"][kind])
        assert referenced <= there
        assert kind == "responses" or there - referenced == set()


def test_every_link_leads_to_an_operation_and_fills_its_path(doc):
    paths = {operation["operationId"]: re.findall(r"{(\w+)}", path) for path, _, operation in operations(doc)}
    links = [
        link for _, _, operation in operations(doc) for link in operation["responses"]["200"].get("links", {}).values()
    ]
    assert len(links) > 200
    for link in links:
        assert sorted(link.get("parameters", {})) == sorted(paths[link["operationId"]])


def test_only_what_needs_the_beta_header_requires_it(doc):
    for path, _, operation in operations(doc):
        beta = next(parameter for parameter in operation["parameters"] if parameter["name"] == "OpenAI-Beta")
        assert beta["required"] is path.startswith(("/assistants", "/threads"))


def test_what_is_here_only_to_be_refused_is_not_offered(doc):
    schemas = doc["components"]["schemas"]
    assert not {"AnyTool", "AnyPart", "responses.OtherTool"} & set(schemas)
    assert schemas["AutoChunking"]["properties"]["type"]["const"] == "auto"
    assert "json_schema" not in schemas["PlainFormat"]["properties"]["type"]["enum"]


def test_every_shape_is_a_schema_that_can_be_checked_against():
    for shape in every_shape().values():
        jsonschema.Draft202012Validator.check_schema(shape)


def test_a_shape_lets_nothing_else_through(sample_run):
    checked = jsonschema.Draft202012Validator(SHAPES["thread.run"])
    assert not list(checked.iter_errors(sample_run))
    assert list(checked.iter_errors({**sample_run, "more": 1}))
    assert list(checked.iter_errors({key: value for key, value in sample_run.items() if key != "status"}))


@pytest.fixture
def sample_run():
    from emulator.wire.assistants import assistant
    from emulator.wire.history.wires import wire
    from emulator.wire.projection import project
    from emulator.wire.runs import CreateRun, run

    of = assistant("asst_1", now=1, fields={"model": "m"}, resources={})
    doc = run("run_1", thread_id="thread_1", now=1, body=CreateRun(assistant_id="asst_1"), assistant=of)
    return project(doc, wire("v2", "2026-08-25"))
