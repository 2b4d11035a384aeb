"""Structured output needs a model that has it, and functions as the only tools."""

import openai
import pytest

from contract_tests.harness import MODEL
from contract_tests.raw_api import RawApi, assert_refused, json_of, raw_api

FORMAT = {"type": "json_schema", "json_schema": {"name": "tide", "schema": {"type": "object"}, "strict": True}}
TOOLS = [{"type": "file_search"}]
OLDER = [
    "gpt-4", "gpt-4-0613", "gpt-4-turbo", "gpt-4-1106-preview", "gpt-3.5-turbo", "gpt-3.5-turbo-0125", "gpt-4o-2024-05-13",
    "ft:gpt-3.5-turbo-0125:org::abc",
]  # fmt: skip
LATER = [
    "gpt-4o", "gpt-4o-2024-08-06", "gpt-4o-mini", "gpt-4o-mini-2024-07-18", "gpt-4.1", "gpt-4.1-nano", "o1", "gpt-5",
    "ft:gpt-4o-mini-2024-07-18:org::abc", "our-gpt-4",
]  # fmt: skip


def refusal(model):
    return (
        400,
        f"Invalid parameter: 'response_format' of type 'json_schema' is not supported with model version `{model}`.",
        "response_format",
        None,
    )


@pytest.fixture
def api(ns):
    return raw_api(ns)


@pytest.mark.parametrize("model", OLDER)
def test_an_older_model_has_no_structured_output(api, model):
    body = {"model": model, "response_format": FORMAT}
    # It is refused before a tool is, which would not go with it either.
    assert_refused(api.post("/assistants", {**body, "tools": TOOLS}), *refusal(model))
    assistant = api.post_json("/assistants", {"model": MODEL, "instructions": "x"})["id"]
    assert_refused(api.post(f"/assistants/{assistant}", body), *refusal(model))
    assert_refused(api.post("/threads/runs", {"assistant_id": assistant, **body}), *refusal(model))
    assert api.get_json(f"/assistants/{assistant}")["model"] == MODEL


def test_what_the_assistant_has_counts_too(api):
    assistant = api.post_json("/assistants", {"model": LATER[0], "instructions": "x", "response_format": FORMAT})["id"]
    assert_refused(api.post(f"/assistants/{assistant}", {"model": "gpt-4"}), *refusal("gpt-4"))
    assert_refused(api.post("/threads/runs", {"assistant_id": assistant, "model": "gpt-4"}), *refusal("gpt-4"))
    run = api.post_json("/threads/runs", {"assistant_id": assistant, "model": "gpt-4", "response_format": "auto"})
    assert run["model"] == "gpt-4"


@pytest.mark.parametrize("model", LATER)
def test_a_later_model_has_it(api, model):
    assert api.post_json("/assistants", {"model": model, "response_format": FORMAT})["response_format"] == FORMAT


@pytest.mark.parametrize("chosen", ["auto", {"type": "text"}, {"type": "json_object"}], ids=str)
def test_other_formats_go_with_any_model(api, chosen):
    assert api.post_json("/assistants", {"model": "gpt-4", "response_format": chosen})["response_format"] == chosen


def test_azure_has_it_later(ns):
    azure = RawApi(ns, {"api-key": ns.key}, mount="/openai")
    body, query = {"model": LATER[0], "response_format": FORMAT}, {"api-version": "2024-08-01-preview"}
    ns.put(wire="2024-09-11")
    text = "Invalid value: 'json_schema'. Supported values are: 'json_object' and 'text'."
    assert_refused(azure.post("/assistants", body, params=query), 400, text, "response_format.type", "invalid_value")
    assert raw_api(ns).post_json("/assistants", body)["response_format"] == FORMAT
    ns.put(wire="2024-12-01")
    assert json_of(azure.post("/assistants", body, params=query))["response_format"] == FORMAT


def test_the_client_raises_the_refusal(client):
    with pytest.raises(openai.BadRequestError, match="model version `gpt-4`") as excinfo:
        client.beta.assistants.create(model="gpt-4", response_format=FORMAT)
    assert excinfo.value.param == "response_format"
