"""Reasoning models take no sampling parameters: neither in a request nor from their assistant."""

import openai
import pytest

from contract_tests.harness import MODEL, resolve
from contract_tests.raw_api import RawApi, assert_refused, json_of, raw_api

REASONING = [
    "o1", "o1-2024-12-17", "o1-mini", "o3", "o3-mini", "o3-mini-2025-01-31", "o4-mini-2025-04-16", "gpt-5",
    "gpt-5-mini", "gpt-5-nano-2025-08-07", "ft:o4-mini-2025-04-16:org::abc",
]  # fmt: skip
OTHERS = [
    "gpt-4o",
    "gpt-4.1",
    "gpt-5-chat-latest",
    "gpt-4o-2024-08-06",
    "o",
    "omni-1",
    "our-o3-mini",
    "ft:gpt-4o:o1::x",
]
SAMPLING = [{"temperature": 0.2}, {"temperature": 1}, {"temperature": 0}, {"top_p": 0.5}]


def text(name):
    return f"Unsupported parameter: '{name}' is not supported with this model."


@pytest.fixture
def api(ns):
    return raw_api(ns)


def new(api, **body):
    return api.post_json("/assistants", {"instructions": "x", **body})["id"]


@pytest.mark.parametrize("model", REASONING)
def test_a_reasoning_model_refuses_a_temperature(api, model):
    body = {"model": model, "temperature": 0.2}
    about = (400, text("temperature"), "temperature", "unsupported_parameter")
    assert_refused(api.post("/assistants", body), *about)
    assistant, thread = new(api, model=MODEL), api.post_json("/threads", {})["id"]
    for path in (f"/threads/{thread}/runs", "/threads/runs"):
        assert_refused(api.post(path, {"assistant_id": assistant, **body}), *about)
        assert_refused(api.post(path, {"assistant_id": assistant, "stream": True, **body}), *about)
    changed = api.post(f"/assistants/{assistant}", {"reasoning_effort": "low", **body})
    assert_refused(changed, 400, text("temperature"), "model", "unsupported_model")
    assert api.get_json(f"/assistants/{assistant}")["model"] == MODEL
    assert api.get_json(f"/threads/{thread}/runs")["data"] == []


@pytest.mark.parametrize("model", OTHERS)
def test_other_models_take_a_temperature(api, model):
    assistant = new(api, model=model, temperature=0.2, top_p=0.2)
    api.post_json(f"/assistants/{assistant}", {"temperature": 0.3})
    assert api.post_json("/threads/runs", {"assistant_id": assistant, "temperature": 0.4})["temperature"] == 0.4


@pytest.mark.parametrize("sampling", SAMPLING, ids=str)
def test_every_value_that_is_sent_is_refused(api, sampling):
    (name,) = sampling
    assert_refused(
        api.post("/assistants", {"model": "o3-mini", **sampling}), 400, text(name), name, "unsupported_parameter"
    )
    assistant = new(api, model="o3-mini")
    run = api.post("/threads/runs", {"assistant_id": assistant, **sampling})
    assert_refused(run, 400, text(name), name, "unsupported_parameter")
    changed = api.post(f"/assistants/{assistant}", sampling)
    assert_refused(changed, 400, text(name), name, "unsupported_parameter")


@pytest.mark.parametrize("sampling", [{"temperature": 0.2}, {"top_p": 0.5}], ids=str)
def test_what_the_assistant_has_is_refused_too(api, sampling):
    (name,) = sampling
    assistant, thread = new(api, model=MODEL, **sampling), api.post_json("/threads", {})["id"]
    changed = api.post(f"/assistants/{assistant}", {"model": "o3-mini", "reasoning_effort": "high"})
    assert_refused(changed, 400, text(name), "model", "unsupported_model")
    for path in (f"/threads/{thread}/runs", "/threads/runs"):
        run = api.post(path, {"assistant_id": assistant, "model": "o3-mini", name: None})
        assert_refused(run, 400, text(name), name, "unsupported_parameter")
    api.post_json(f"/assistants/{assistant}", {name: 1})
    assert api.post_json(f"/assistants/{assistant}", {"model": "o3-mini"})["model"] == "o3-mini"


async def test_a_client_that_sets_nothing_works_with_a_reasoning_model(either, ns):
    assistant = await resolve(
        either.beta.assistants.create(model="o3-mini", instructions="x", temperature=None, reasoning_effort="low")
    )
    assert (assistant.temperature, assistant.top_p) == (1.0, 1.0)
    await resolve(either.beta.assistants.update(assistant.id, name="N", temperature=None, top_p=None))
    run = await resolve(either.beta.threads.create_and_run_poll(assistant_id=assistant.id, temperature=None))
    assert (run.status, run.temperature) == ("completed", 1.0)
    other = await resolve(either.beta.assistants.create(model=MODEL, instructions="x"))
    run = await resolve(either.beta.threads.create_and_run_poll(assistant_id=other.id, model="o1"))
    assert (run.status, run.model) == ("completed", "o1")


def test_a_deployment_of_azure_may_have_any_name(ns):
    azure = RawApi(ns, {"api-key": ns.key}, mount="/openai")
    query = {"api-version": "2024-05-01-preview"}
    body = {"model": "reasoner", "temperature": 0.2}
    assert json_of(azure.post("/assistants", body, params=query))["temperature"] == 0.2
    refused = azure.post("/assistants", {**body, "model": "o3-mini"}, params=query)
    assert_refused(refused, 400, text("temperature"), "temperature", "unsupported_parameter")


def test_the_client_raises_the_refusal(client, assistant, thread):
    with pytest.raises(openai.BadRequestError, match="Unsupported parameter: 'temperature'") as excinfo:
        client.beta.threads.runs.create(thread.id, assistant_id=assistant.id, model="o3-mini", temperature=0.2)
    assert excinfo.value.type == "invalid_request_error"
