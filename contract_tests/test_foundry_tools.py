"""The tools that only Foundry's agents have: offered there alone, called by scripts, approved by clients."""

import json
from functools import reduce

import httpx
import pytest

from contract_tests.harness import parse_events

INDEX = {"index_name": "quays", "top_k": 3, "filter": None, "index_asset_id": None}
CONNECTION = {"connection_id": "/subscriptions/s/connections/harbour"}
MCP = {"type": "mcp", "server_label": "charts", "server_url": "https://charts.example/mcp"}
# One of each kind, as it is shown; what was left out and is shown nevertheless: test_foundry_definitions.py.
OFFERED = {
    "azure_ai_search": {"type": "azure_ai_search"},
    "azure_function": {
        "type": "azure_function",
        "azure_function": {
            "function": {"name": "toll", "description": "The toll.", "parameters": {"type": "object"}},
            "input_binding": {
                "type": "storage_queue",
                "storage_queue": {"queue_service_endpoint": "https://q.example", "queue_name": "in"},
            },
            "output_binding": {
                "type": "storage_queue",
                "storage_queue": {"queue_service_endpoint": "https://q.example", "queue_name": "out"},
            },
        },
    },
    "bing_custom_search": {
        "type": "bing_custom_search",
        "bing_custom_search": {"search_configurations": [{**CONNECTION, "count": 3, "instance_name": "ports"}]},
    },
    "bing_grounding": {
        "type": "bing_grounding",
        "bing_grounding": {"search_configurations": [{**CONNECTION, "market": "de-DE", "count": 7}]},
    },
    "browser_automation": {"type": "browser_automation", "browser_automation": {"connection": {"id": "/c/browsers"}}},
    "computer_use_preview": {
        "type": "computer_use_preview",
        "computer_use_preview": {"display_width": 1024, "display_height": 768, "environment": "browser"},
    },
    "connected_agent": {
        "type": "connected_agent",
        "connected_agent": {"id": "asst_pilot", "name": "pilot", "description": "Knows the fairway."},
    },
    "deep_research": {
        "type": "deep_research",
        "deep_research": {"deep_research_model": "o3-deep-research", "bing_grounding_connections": [CONNECTION]},
    },
    "fabric_dataagent": {
        "type": "fabric_dataagent",
        "fabric_dataagent": {"instructions": None, "connections": [{**CONNECTION, "instructions": "Count ships."}]},
    },
    "mcp": {**MCP, "allowed_tools": ["depth_at", "buoys"]},
    "openapi": {
        "type": "openapi",
        "openapi": {
            "name": "tides",
            "spec": {"openapi": "3.1.0", "paths": {}},
            "auth": {"type": "connection", "security_scheme": {"connection_id": "/c/tides"}},
            "functions": [],
            "default_params": ["unit"],
        },
    },
    "sharepoint_grounding": {"type": "sharepoint_grounding", "sharepoint_grounding": {"connections": [CONNECTION]}},
}
# What a script says, and what the call shows of it beside id and type, in the order of the recordings.
USED = {
    "azure_ai_search": (
        {"query": "quay 4", "output": "Quay 4 is closed."},
        {"azure_ai_search": {"input": "quay 4", "output": "Quay 4 is closed."}},
    ),
    "azure_function": (
        {"name": "toll", "args": {"tons": 12}, "output": "40 euros"},
        {"azure_function": {"name": "toll", "arguments": '{"tons":12}', "output": "40 euros"}},
    ),
    "bing_custom_search": (
        {"query": "ferry times"},
        {
            "bing_custom_search": {
                "requesturl": "https://api.bing.microsoft.com/v7.0/search?q=ferry times",
                "response_metadata": None,
            }
        },
    ),
    "bing_grounding": (
        {"query": "ferry & tide", "output": {"num_docs_retrieved": 5}},
        {
            "bing_grounding": {
                "requesturl": "https://api.bing.microsoft.com/v7.0/search?q=ferry & tide",
                "response_metadata": "{'num_docs_retrieved': 5}",
            }
        },
    ),
    "browser_automation": (
        {"input": "Open the timetable.", "output": "It is open.", "details": {"steps": [{"next_step": "read"}]}},
        {
            "browser_automation": {
                "input": "Open the timetable.",
                "output": "It is open.",
                "steps": [{"next_step": "read"}],
            }
        },
    ),
    "connected_agent": (
        {
            "name": "pilot",
            "args": "Where is the fairway?",
            "output": "East.",
            "details": {"thread_id": "thread_1", "run_id": "run_1"},
        },
        {
            "connected_agent": {
                "name": "pilot",
                "arguments": "Where is the fairway?",
                "output": "East.",
                "run_id": "run_1",
                "thread_id": "thread_1",
                "assistant_id": "asst_pilot",
            }
        },
    ),
    "deep_research": (
        {"query": "silting", "output": "It is slow."},
        {"deep_research": {"input": "silting", "output": "It is slow."}},
    ),
    "fabric_dataagent": (
        {"query": "ships in May", "output": "31"},
        {"fabric_dataagent": {"input": "ships in May", "output": "31"}},
    ),
    "mcp": (
        {"name": "depth_at", "args": {"pier": "north"}, "output": "4 m", "approve": False},
        {"arguments": '{"pier":"north"}', "name": "depth_at", "server_label": "charts", "output": "4 m"},
    ),
    "openapi": (
        {"name": "tides_now", "args": {"town": "Husum"}, "output": {"low": "six"}},
        {"function": {"name": "tides_now", "arguments": '{"town":"Husum"}', "output": "{'low': 'six'}"}},
    ),
    "sharepoint_grounding": (
        {"query": "rota", "output": "Ada is on duty."},
        {"sharepoint_grounding": {"input": "rota", "output": "[redacted]"}},
    ),
}
NOTHING = {"input": None, "output": None}
# What the deltas of each call show beside index, id and type; the first one has the id.
STREAMED = {
    "azure_ai_search": [NOTHING, {"input": "quay 4"}, {"output": "Quay 4 is closed."}],
    "azure_function": [
        {"name": "toll", "arguments": "", "output": None},
        {"arguments": '{"tons":12}'},
        {"output": "40 euros"},
    ],
    "bing_custom_search": [
        {"requesturl": "", "response_metadata": None},
        {"requesturl": "https://api.bing.microsoft.com/v7.0/search?q=ferry times"},
    ],
    "bing_grounding": [
        {"requesturl": "", "response_metadata": None},
        {"requesturl": "https://api.bing.microsoft.com/v7.0/search?q=ferry & tide"},
        {"response_metadata": "{'num_docs_retrieved': 5}"},
    ],
    "browser_automation": [
        NOTHING,
        {"input": "Open"},
        {"input": " the"},
        {"input": " timetable."},
        {"output": "It is open.", "steps": [{"next_step": "read"}]},
    ],
    "connected_agent": [
        {
            "name": "pilot",
            "arguments": "",
            "output": "",
            "run_id": None,
            "thread_id": None,
            "assistant_id": None,
        },
        {"arguments": "Where"},
        {"arguments": " is"},
        {"arguments": " the"},
        {"arguments": " fairway?"},
        {"output": "East.", "run_id": "run_1", "thread_id": "thread_1", "assistant_id": "asst_pilot"},
    ],
    "deep_research": [NOTHING, {"input": "silting"}, {"output": "It is slow."}],
    "fabric_dataagent": [NOTHING, {"input": "ships"}, {"input": " in"}, {"input": " May"}, {"output": "31"}],
    "mcp": [
        {"arguments": '{"pier":"north"}', "name": "depth_at", "server_label": "charts", "output": None},
        {"output": "4 m"},
    ],
    "openapi": [
        {"name": "tides_now", "arguments": "", "output": ""},
        {"arguments": '{"town":"Husum"}'},
        {"output": "{'low': 'six'}"},
    ],
    "sharepoint_grounding": [{"input": None, "output": "[redacted]"}, {"input": "rota"}],
}


class Agents:
    """A project of Foundry's, as raw HTTP."""

    def __init__(self, http):
        self.http = http

    def post(self, path, body, status=200):
        response = self.http.post(path, json=body)
        assert response.status_code == status, response.text
        return response.json()

    def get(self, path, **query):
        return self.http.get(path, params=query).json()

    def refusal(self, path, body):
        return self.post(path, body, 400)["error"]

    def agent(self, *tools, **more):
        return self.post("/assistants", {"model": "gpt-4o", "tools": list(tools), **more})

    def begin(self, agent, **more):
        """Begin a run on a new thread, and return it as the first poll shows it."""
        thread = {"messages": [{"role": "user", "content": "How deep is it?"}]}
        run = self.post("/threads/runs", {"assistant_id": agent["id"], "thread": thread, **more})
        return self.poll(run)

    def path(self, run):
        return f"/threads/{run['thread_id']}/runs/{run['id']}"

    def poll(self, run):
        return self.get(self.path(run))

    def answer(self, run, status=200, **body):
        return self.post(f"{self.path(run)}/submit_tool_outputs", body, status)

    def steps(self, run):
        return self.get(f"{self.path(run)}/steps", order="asc")["data"]

    def calls(self, run):
        details = [step["step_details"] for step in self.steps(run)]
        return [call for one in details for call in one.get("tool_calls", ())]

    def stream(self, agent, **more):
        thread = {"messages": [{"role": "user", "content": "How deep is it?"}]}
        body = {"assistant_id": agent["id"], "thread": thread, "stream": True, **more}
        return parse_events(self.http.post("/threads/runs", json=body).text)

    def text(self, run):
        return self.get(f"/threads/{run['thread_id']}/messages")["data"][0]["content"][0]["text"]


@pytest.fixture
def agents(ns):
    headers = {"Authorization": "Bearer entra-token"}
    params = {"api-version": "v1"}
    with httpx.Client(
        base_url=f"{ns.url}/ns/{ns.name}/api/projects/harbour",
        headers=headers,
        params=params,
        trust_env=False,
        timeout=60,
    ) as http:
        yield Agents(http)


def pending(run):
    """Return the only call that a run waits for."""
    required = run["required_action"]
    (call,) = required[required["type"]]["tool_calls"]
    return call


def deltas_of(events):
    return [data["delta"]["step_details"] for name, data in events if name == "thread.run.step.delta"]


def summed(whole, delta):
    """Return what clients have of a call after a further delta: texts grow, and other values replace earlier ones."""
    if isinstance(whole, dict):
        return {**whole, **{name: summed(whole.get(name), value) for name, value in delta.items()}}
    return whole + delta if isinstance(whole, str) and whole not in USED else delta


# --- offering -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", OFFERED)
def test_foundry_shows_each_of_its_tools_again_as_it_was_shown(agents, kind):
    agent = agents.agent(OFFERED[kind])
    assert agent["tools"] == [OFFERED[kind]]
    assert agents.get(f"/assistants/{agent['id']}")["tools"] == [OFFERED[kind]]


@pytest.mark.parametrize("kind", OFFERED)
@pytest.mark.parametrize("mount", ["/v1", "/openai"])
def test_every_other_mount_refuses_them_by_their_type(ns, http, kind, mount):
    headers = {"Authorization": f"Bearer {ns.key}", "OpenAI-Beta": "assistants=v2", "api-key": ns.key}
    url = f"{ns.url}/ns/{ns.name}{mount}/assistants?api-version=2024-05-01-preview"
    refused = http.post(url, json={"model": "gpt-4o", "tools": [OFFERED[kind]]}, headers=headers)
    assert refused.status_code == 400
    supported = "Supported values are: 'code_interpreter', 'function', and 'file_search'."
    assert refused.json()["error"]["message"] == f"Invalid value: '{kind}'. {supported}"
    assert refused.json()["error"]["param"] == "tools[0].type"


def test_a_tool_that_is_no_good_is_refused_by_its_type_first_where_it_is_unknown(ns, raw):
    refused = raw.post("/assistants", json={"model": "gpt-4o", "tools": [{"type": "mcp"}]})
    assert refused.json()["error"]["message"].startswith("Invalid value: 'mcp'.")


@pytest.mark.parametrize(
    "tool,message",
    [
        ({"type": "mcp", "server_label": "x"}, "Missing required parameter: 'tools[0].server_url'."),
        (
            {"type": "bing_grounding", "bing_grounding": {"search_configurations": [{}]}},
            "Missing required parameter: 'tools[0].bing_grounding.search_configurations[0].connection_id'.",
        ),
        (
            {**MCP, "allowed_tools": "all"},
            "Invalid type for 'tools[0].allowed_tools': expected an array of objects, but got a string instead.",
        ),
        (
            {"type": "openapi", "openapi": {"name": "x", "spec": {}, "auth": {"type": "password"}}},
            "Invalid value: 'password'. Supported values are: 'anonymous', 'connection', and 'managed_identity'.",
        ),
    ],
)
def test_foundry_refuses_what_does_not_fit_in_the_words_of_the_api(agents, tool, message):
    assert agents.refusal("/assistants", {"model": "gpt-4o", "tools": [tool]})["message"] == message


def test_an_unknown_type_is_refused_with_all_that_foundry_knows(agents):
    message = agents.refusal("/assistants", {"model": "gpt-4o", "tools": [{"type": "radar"}]})["message"]
    assert message.startswith("Invalid value: 'radar'. Supported values are: 'code_interpreter', 'function',")
    assert all(f"'{kind}'" in message for kind in OFFERED)


def test_fields_that_the_public_models_do_not_have_are_kept(agents):
    tool = {**OFFERED["mcp"], "colour": "blue"}
    assert agents.agent(tool)["tools"] == [tool]


def test_a_tool_may_be_chosen_on_foundry_alone(ns, agents, raw):
    ns.play({"say": "It is deep."})
    agent = agents.agent(OFFERED["bing_grounding"])
    chosen = {"type": "bing_grounding"}
    assert agents.begin(agent, tool_choice=chosen)["tool_choice"] == chosen
    body = {"assistant_id": agent["id"], "thread": {}, "tool_choice": chosen}
    assert raw.post("/threads/runs", json=body).json()["error"]["message"] == (
        "Invalid value: 'bing_grounding'. Supported values are: 'function', 'code_interpreter', and 'file_search'."
    )


def test_resources_are_shown_without_their_secrets(agents, raw, ns):
    resources = {
        "azure_ai_search": {"indexes": [INDEX]},
        "mcp": [{"server_label": "charts", "headers": {"Authorization": "Bearer pirate"}}],
    }
    agent = agents.agent(OFFERED["mcp"], tool_resources=resources)
    assert agent["tool_resources"]["azure_ai_search"] == resources["azure_ai_search"]
    assert agent["tool_resources"]["mcp"] == [
        {"server_label": "charts", "headers": {}, "require_approval": "always"},
    ]
    for path, body in (("/assistants", {"model": "gpt-4o", "tool_resources": resources}), ("/threads", {})):
        unknown = raw.post(path, json={**body, "tool_resources": {"mcp": []}})
        assert unknown.json()["error"]["message"] == "Unknown parameter: 'tool_resources.mcp'."


def test_runs_take_resources_on_foundry_alone(ns, agents, raw):
    ns.play({"say": "It is deep."})
    agent = agents.agent()
    thread = agents.post("/threads", {"messages": [{"role": "user", "content": "?"}]})
    body = {"assistant_id": agent["id"], "tool_resources": {"mcp": []}}
    refused = raw.post(f"/threads/{thread['id']}/runs", json=body)
    assert refused.json()["error"]["message"] == "Unknown parameter: 'tool_resources'."
    assert agents.post(f"/threads/{thread['id']}/runs", body)["tool_resources"] == {}


def test_scenarios_may_pin_an_agent_with_such_tools(ns, agents):
    ns.load(
        {
            "emulator": 1,
            "fixtures": {"assistants": {"pilot": {"id": "asst_pilot", "model": "gpt-4o", "tools": [MCP]}}},
            "turns": [{"steps": [{"say": "Aye."}]}],
        }
    )
    assert agents.get("/assistants/asst_pilot")["tools"] == [{**MCP, "allowed_tools": None}]


def test_scenarios_may_pin_resources_too_in_the_shape_of_the_api(ns, agents):
    server = {"server_label": "charts", "headers": {"A": "b"}, "require_approval": "never"}
    resources = {"mcp": [server], "azure_ai_search": {"indexes": [INDEX]}}
    pilot = {"id": "asst_pilot", "model": "gpt-4o", "tools": [MCP], "tool_resources": resources}
    thread = {"id": "thread_pier", "tool_resources": resources}
    fixtures = {"assistants": {"pilot": pilot}, "threads": {"pier": thread}}
    ns.load({"emulator": 1, "fixtures": fixtures, "turns": []})
    shown = {**resources, "mcp": [{**server, "headers": {}}]}
    assert agents.get("/assistants/asst_pilot")["tool_resources"] == shown
    assert agents.get("/threads/thread_pier")["tool_resources"] == {"code_interpreter": {"file_ids": []}, **shown}


# --- calling --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", USED)
def test_a_script_uses_a_tool_and_the_step_shows_the_call(ns, agents, kind):
    step, shown = USED[kind]
    name = step.get("name", kind)
    ns.play({"tool": kind, **step}, {"say": f"It says {{{{ outputs['{name}'] }}}}"})
    run = agents.begin(agents.agent(OFFERED[kind]))
    assert run["status"] == "completed"
    (call,) = agents.calls(run)
    assert json.dumps(call) == json.dumps({"id": call["id"], "type": kind, **shown})
    assert call["id"].startswith("call_")
    used = next(step for step in agents.steps(run) if step["type"] == "tool_calls")
    assert used["usage"]["completion_tokens"] > 0
    assert ns.report()["script"] == []


@pytest.mark.parametrize("kind", STREAMED)
def test_a_stream_shows_a_call_little_by_little(ns, agents, kind):
    step, shown = USED[kind]
    key = None if kind == "mcp" else next(iter(shown))
    ns.play({"tool": kind, **step}, {"say": "So it is."})
    events = agents.stream(agents.agent(OFFERED[kind]))
    first, *rest = deltas = deltas_of(events)
    assert {delta["type"] for delta in deltas} == {"tool_calls"}
    call_id = first["tool_calls"][0]["id"]
    about = [{"index": 0, "id": call_id, "type": kind}, *({"index": 0, "type": kind} for _ in rest)]
    fields = [{key: fields} if key else fields for fields in STREAMED[kind]]
    expected = [{**one, **more} for one, more in zip(about, fields, strict=True)]
    assert [json.dumps(call) for delta in deltas for call in delta["tool_calls"]] == [
        json.dumps(one) for one in expected
    ]
    assert events[-2][0] == "thread.run.completed"


@pytest.mark.parametrize("kind", USED)
def test_the_deltas_of_a_stream_add_up_to_the_step(ns, agents, kind):
    step, _ = USED[kind]
    ns.play({"tool": kind, **step}, {"say": "So it is."})
    events = agents.stream(agents.agent(OFFERED[kind]))
    total = reduce(summed, (call for delta in deltas_of(events) for call in delta["tool_calls"]))
    done = [data for name, data in events if name == "thread.run.step.completed"]
    (call,) = next(data for data in done if data["type"] == "tool_calls")["step_details"]["tool_calls"]
    assert total == {"index": 0, **call}


@pytest.mark.parametrize("kind", ["azure_ai_search", "sharepoint_grounding", "bing_grounding"])
def test_what_is_asked_of_a_search_comes_whole(ns, agents, kind):
    ns.play({"tool": kind, "query": "ships in May"}, {"say": "So it is."})
    deltas = deltas_of(agents.stream(agents.agent(OFFERED[kind])))
    assert len(deltas) == 2
    assert "ships in May" in str(deltas[1])


def test_a_script_may_say_how_the_input_of_a_search_is_streamed(ns, agents):
    ns.play({"tool": "azure_ai_search", "query": "ships in May", "stream": {"chunk": "word"}}, {"say": "So it is."})
    deltas = deltas_of(agents.stream(agents.agent(OFFERED["azure_ai_search"])))
    inputs = [delta["tool_calls"][0]["azure_ai_search"]["input"] for delta in deltas]
    assert inputs == [None, "ships", " in", " May"]


@pytest.mark.parametrize("kind", ["azure_ai_search", "bing_custom_search", "bing_grounding", "openapi"])
@pytest.mark.parametrize(
    "output,text",
    [
        ({"open": True, "until": None, "piers": ["north", 2]}, "{'open': True, 'until': None, 'piers': ['north', 2]}"),
        ([{"a": "it's"}], """[{'a': "it's"}]"""),
        ("{'as': 'it is'}", "{'as': 'it is'}"),
    ],
    ids=["mapping", "list", "text"],
)
def test_some_tools_show_a_structured_output_as_python_writes_it(ns, agents, kind, output, text):
    asked = {"name": "now"} if kind == "openapi" else {"query": "quay"}
    ns.play({"tool": kind, **asked, "output": output})
    (call,) = agents.calls(agents.begin(agents.agent(OFFERED[kind])))
    assert text in call.get(kind, call.get("function")).values()


def test_others_show_it_as_json(ns, agents):
    ns.play({"tool": "azure_function", "name": "toll", "output": {"euros": 40, "due": True}})
    (call,) = agents.calls(agents.begin(agents.agent(OFFERED["azure_function"])))
    assert call["azure_function"]["output"] == '{"euros":40,"due":true}'


def service(name, *operations):
    paths = {f"/{operation}": {"get": {"operationId": operation}} for operation in operations}
    spec = {"openapi": "3.1.0", "info": {"title": name, "version": "1"}, "paths": paths}
    return {"type": "openapi", "openapi": {"name": name, "spec": spec, "auth": {"type": "anonymous"}}}


@pytest.mark.parametrize(
    "name,shown",
    [
        ("low_tide", "tides_low_tide"),
        ("tides_low_tide", "tides_low_tide"),
        ("ports_list", "ports_list"),  # a full name, though another tool has an operation of that name
        ("status", "status"),  # two tools have it
        ("unknown", "unknown"),
    ],
)
def test_an_operation_is_shown_by_its_full_name_where_that_is_certain(ns, agents, name, shown):
    ns.play({"tool": "openapi", "name": name, "output": "six"}, {"say": f"{{{{ outputs['{name}'] }}}}"})
    offered = service("tides", "low_tide", "status", "ports_list"), service("ports", "list", "status")
    run = agents.begin(agents.agent(*offered))
    assert agents.calls(run)[0]["function"]["name"] == shown
    assert agents.text(run)["value"] == "six"


@pytest.mark.parametrize("paths", [None, [], {"/x": None}, {"/x": {"get": "x", "parameters": []}}], ids=str)
def test_a_document_without_proper_operations_names_none(ns, agents, paths):
    ns.play({"tool": "openapi", "name": "low_tide", "output": "six"})
    offered = service("tides")
    offered["openapi"]["spec"]["paths"] = paths
    assert agents.calls(agents.begin(agents.agent(offered)))[0]["function"]["name"] == "low_tide"


def test_a_connected_agent_has_a_run_and_a_thread_of_its_own_by_their_ids(ns, agents):
    ns.play({"tool": "connected_agent", "name": "pilot", "args": {"query": "Where?"}, "output": "East."})
    run = agents.begin(agents.agent(OFFERED["connected_agent"]))
    shown = agents.calls(run)[0]["connected_agent"]
    assert list(shown) == ["name", "arguments", "output", "run_id", "thread_id", "assistant_id"]
    assert (shown["run_id"][:4], shown["thread_id"][:7], shown["assistant_id"]) == ("run_", "thread_", "asst_pilot")
    assert (shown["run_id"], shown["thread_id"]) != (run["id"], run["thread_id"])


def test_an_agent_that_the_run_does_not_offer_has_no_id_unless_the_script_says_it(ns, agents):
    calls = [{"name": "mate"}, {"name": "cook", "details": {"assistant_id": "asst_cook"}}]
    ns.play({"tool": "connected_agent", "calls": calls})
    shown = [one["connected_agent"] for one in agents.calls(agents.begin(agents.agent(OFFERED["connected_agent"])))]
    assert [one["assistant_id"] for one in shown] == [None, "asst_cook"]


def test_what_sharepoint_finds_is_for_the_model_alone(ns, agents):
    ns.play(
        {"tool": "sharepoint_grounding", "query": "rota", "output": "Ada.", "as": "found"},
        {"say": "On duty: {{ outputs.found }}"},
    )
    run = agents.begin(agents.agent(OFFERED["sharepoint_grounding"]))
    assert agents.calls(run)[0]["sharepoint_grounding"]["output"] == "[redacted]"
    assert agents.text(run)["value"] == "On duty: Ada."


def test_a_stream_tells_of_the_step_of_a_server_twice_before_its_call(ns, agents):
    ns.play({**ASKS[0], "approve": False}, {"say": "Four."})
    events = agents.stream(agents.agent(OFFERED["mcp"]))
    (step_id,) = {data["id"] for name, data in events if name == "thread.run.step.delta"}
    of_step = [(name.rpartition(".")[2], data) for name, data in events[:-1] if data.get("id") == step_id]
    assert [name for name, _ in of_step] == ["created", "in_progress", "created", "delta", "delta", "completed"]
    assert of_step[0][1] == of_step[2][1]


def test_a_message_cites_a_page_of_the_web(ns, agents):
    cited = {
        "type": "url_citation",
        "text": "【3:0†source】",
        "start_index": 8,
        "end_index": 20,
        "url_citation": {"url": "https://ferry.example", "title": "Ferry"},
    }
    ns.play({"tool": "bing_grounding", "query": "ferry"}, {"say": "At nine【3:0†source】.", "annotations": [cited]})
    run = agents.begin(agents.agent(OFFERED["bing_grounding"]))
    assert agents.text(run)["annotations"] == [cited]


def test_a_tool_that_the_run_does_not_offer_is_played_and_reported(ns, agents):
    ns.play({"tool": "mcp", "name": "depth_at", "output": "4 m", "approve": False}, {"say": "Four."})
    assert agents.begin(agents.agent())["status"] == "completed"
    (line,) = ns.report()["script"]
    assert line["message"] == "uses mcp, which the run does not offer"


# --- approvals ------------------------------------------------------------------------------------------------------

ASKS = (
    {"tool": "mcp", "name": "depth_at", "args": {"pier": "north"}, "output": "4 m", "as": "depth"},
    {
        "choose": [
            {"if": "outputs.depth is none", "steps": [{"say": "You did not let me look."}]},
            {"steps": [{"say": "It is {{ outputs.depth }} deep."}]},
        ]
    },
)


@pytest.fixture
def asked(ns, agents):
    """A run that waits for an approval."""
    ns.play(*ASKS)
    run = agents.begin(agents.agent(OFFERED["mcp"]))
    assert run["status"] == "requires_action"
    return run


def test_a_call_of_a_server_has_to_be_approved_unless_the_run_says_otherwise(agents, asked):
    call = pending(asked)
    assert asked["required_action"] == {"type": "submit_tool_approval", "submit_tool_approval": {"tool_calls": [call]}}
    assert call == {
        "id": call["id"],
        "type": "mcp",
        "arguments": '{"pier":"north"}',
        "name": "depth_at",
        "server_label": "charts",
    }
    (shown,) = agents.calls(asked)
    assert (shown["id"], shown["output"]) == (call["id"], None)


def test_an_approved_call_is_made(agents, asked):
    answered = agents.answer(asked, tool_approvals=[{"tool_call_id": pending(asked)["id"], "approve": True}])
    assert (answered["status"], answered["required_action"]) == ("queued", None)
    run = agents.poll(asked)
    assert run["status"] == "completed"
    assert agents.calls(run)[0]["output"] == "4 m"
    assert agents.text(run)["value"] == "It is 4 m deep."


def test_a_call_that_is_not_approved_has_no_output_and_the_model_goes_on(agents, asked):
    agents.answer(asked, tool_approvals=[{"tool_call_id": pending(asked)["id"], "approve": False}])
    run = agents.poll(asked)
    assert run["status"] == "completed"
    assert agents.calls(run)[0]["output"] is None
    assert agents.text(run)["value"] == "You did not let me look."


@pytest.mark.parametrize("approvals", [[], [{"tool_call_id": "call_x", "approve": True}], None], ids=str)
def test_exactly_the_calls_that_wait_are_to_be_approved(agents, asked, approvals):
    call = pending(asked)["id"]
    refused = agents.answer(asked, 400, tool_approvals=approvals)["error"]
    got = [one["tool_call_id"] for one in approvals or ()]
    assert refused["message"] == f"Expected tool approvals for call_ids {[call]!r}, got {got!r}"
    assert agents.poll(asked)["status"] == "requires_action"


def test_outputs_are_no_approvals(ns, agents, raw, asked):
    call = pending(asked)["id"]
    agents.answer(asked, 400, tool_outputs=[{"tool_call_id": call, "output": "4 m"}])
    body = {"tool_approvals": [{"tool_call_id": call, "approve": True}]}
    elsewhere = raw.post(f"{agents.path(asked)}/submit_tool_outputs", json=body)
    assert elsewhere.json()["error"]["message"] == "Missing required parameter: 'tool_outputs'."
    assert agents.poll(asked)["status"] == "requires_action"


def test_an_approval_that_does_not_say_yes_or_no_is_refused(agents, asked):
    call = pending(asked)["id"]
    refused = agents.answer(asked, 400, tool_approvals=[{"tool_call_id": call}])["error"]
    assert refused["message"] == "Missing required parameter: 'tool_approvals[0].approve'."


def test_secrets_of_an_approval_are_nowhere(ns, agents, asked):
    call = pending(asked)["id"]
    approval = {"tool_call_id": call, "approve": True, "headers": {"Authorization": "Bearer pirate"}}
    agents.answer(asked, tool_approvals=[approval])
    run = agents.poll(asked)
    assert "pirate" not in f"{run}{agents.steps(run)}{ns.requests()}{ns.control('GET', '')}"


@pytest.mark.parametrize(
    "rule,waits",
    [
        (None, True),
        ("always", True),
        ("never", False),
        ({"never": {"tool_names": ["depth_at"]}}, False),
        ({"never": ["depth_at"]}, False),
        ({"never": {"tool_names": ["buoys"]}}, True),
        ({"always": {"tool_names": ["depth_at"]}}, True),
        ({"always": {"tool_names": ["buoys"]}}, False),
        ({"always": {"tool_names": ["depth_at"]}, "never": {"tool_names": ["buoys"]}}, True),
    ],
)
def test_the_resources_of_the_run_say_which_calls_need_an_approval(ns, agents, rule, waits):
    ns.play(*ASKS)
    server = {"server_label": "charts", "headers": {}, **({"require_approval": rule} if rule else {})}
    run = agents.begin(agents.agent(OFFERED["mcp"]), tool_resources={"mcp": [server]})
    assert run["status"] == ("requires_action" if waits else "completed")


def test_the_resources_of_the_agent_do_not(ns, agents):
    ns.play(*ASKS)
    server = {"server_label": "charts", "headers": {}, "require_approval": "never"}
    agent = agents.agent(OFFERED["mcp"], tool_resources={"mcp": [server]})
    assert agents.begin(agent)["status"] == "requires_action"


def test_a_script_may_decide_it(ns, agents):
    ns.play({**ASKS[0], "approve": True}, ASKS[1])
    server = {"server_label": "charts", "headers": {}, "require_approval": "never"}
    run = agents.begin(agents.agent(OFFERED["mcp"]), tool_resources={"mcp": [server]})
    assert run["status"] == "requires_action"


def test_a_run_that_waits_for_an_approval_can_be_cancelled_and_expires(ns, agents, asked):
    agents.post(f"{agents.path(asked)}/cancel", {})
    assert agents.poll(asked)["status"] == "cancelled"
    ns.freeze()
    run = agents.begin(agents.agent(OFFERED["mcp"]))
    ns.advance("601m")
    assert agents.poll(run)["status"] == "expired"


def test_a_stream_ends_where_an_approval_is_needed_and_goes_on_with_it(ns, agents):
    ns.play(*ASKS)
    events = agents.stream(agents.agent(OFFERED["mcp"]))
    assert [name for name, _ in events[-2:]] == ["thread.run.requires_action", "done"]
    run = events[-2][1]
    body = {"tool_approvals": [{"tool_call_id": pending(run)["id"], "approve": True}], "stream": True}
    rest = parse_events(agents.http.post(f"{agents.path(run)}/submit_tool_outputs", json=body).text)
    names = [name.removeprefix("thread.") for name, _ in rest]
    assert names[:8] == [
        "run.step.completed",
        "run.queued",
        "run.created",
        "run.queued",
        "run.in_progress",
        "run.step.delta",
        "run.step.created",
        "run.step.in_progress",
    ]
    step, delta = rest[0][1], rest[5][1]
    assert (step["step_details"]["tool_calls"][0]["output"], step["usage"]["completion_tokens"] > 0) == (None, True)
    assert delta["id"] == step["id"]
    assert delta["delta"]["step_details"] == {
        "type": "tool_calls",
        "tool_calls": [{"index": 0, "type": "mcp", "output": "4 m"}],
    }
    assert {data["status"] for name, data in rest[1:4]} == {"queued"}
    assert rest[6][1]["type"] == "message_creation"
    assert names[-2:] == ["run.completed", "done"]
    (shown,) = agents.calls(run)
    assert shown["output"] == "4 m"


def test_a_stream_shows_no_output_of_a_call_that_is_not_approved(ns, agents):
    ns.play(*ASKS)
    run = agents.stream(agents.agent(OFFERED["mcp"]))[-2][1]
    body = {"tool_approvals": [{"tool_call_id": pending(run)["id"], "approve": False}], "stream": True}
    rest = parse_events(agents.http.post(f"{agents.path(run)}/submit_tool_outputs", json=body).text)
    assert rest[0][0] == "thread.run.step.completed"
    assert deltas_of(rest) == []
    assert rest[-2][0] == "thread.run.completed"


def test_an_approval_closes_the_step_before_the_call_is_made(ns, agents):
    ns.freeze()
    ns.play(ASKS[0], {"wait": "5s"}, {"say": "{{ outputs.depth }}"})
    run = agents.begin(agents.agent(OFFERED["mcp"]))
    assert [step["status"] for step in agents.steps(run)] == ["completed", "in_progress"]
    ns.advance("3s")
    answered = agents.answer(run, tool_approvals=[{"tool_call_id": pending(run)["id"], "approve": True}])
    asked_at = agents.steps(run)[1]["completed_at"]
    ns.advance("7s")
    run = agents.poll(run)
    closed = agents.steps(run)[1]
    assert (answered["status"], run["status"]) == ("queued", "completed")
    assert (closed["completed_at"], closed["completed_at"] - closed["created_at"]) == (asked_at, 3)
    assert run["usage"]["completion_tokens"] == sum(step["usage"]["completion_tokens"] for step in agents.steps(run))


def test_a_server_lists_its_tools_once_in_a_step_before_the_first_call(ns, agents):
    described = {"depth_at": {"description": "The depth.", "parameters": {"type": "object", "properties": {}}}}
    ns.play(
        {**ASKS[0], "approve": False, "details": {"tools": described}},
        {"tool": "mcp", "name": "buoys", "approve": False, "output": "nine"},
        {"say": "So."},
    )
    run = agents.begin(agents.agent(OFFERED["mcp"]))
    listing, *rest = agents.steps(run)
    assert [step["type"] for step in rest] == ["tool_calls", "tool_calls", "message_creation"]
    assert (listing["type"], listing["status"]) == ("activities", "completed")
    (activity,) = listing["step_details"]["activities"]
    assert list(activity.items()) == [
        ("id", activity["id"]),
        ("type", "mcp_list_tools"),
        ("server_label", "charts"),
        ("tools", described),
    ]
    assert activity["id"].startswith("activity_")
    nothing = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}
    assert nothing.items() <= listing["usage"].items()
    assert all("tools" not in call for call in agents.calls(run))


def test_a_stream_shows_the_list_of_tools_when_it_is_complete(ns, agents):
    ns.play({**ASKS[0], "approve": False})
    events = agents.stream(agents.agent(OFFERED["mcp"]))
    listing = [(name, data) for name, data in events[:-1] if data.get("type") == "activities"]
    assert [(name.rpartition(".")[2], len(data["step_details"]["activities"])) for name, data in listing] == [
        ("created", 0),
        ("in_progress", 0),
        ("completed", 1),
    ]


def test_what_a_script_does_not_describe_is_described_by_the_call(ns, agents):
    ns.play({"tool": "mcp", "name": "depth_at", "args": {"pier": "north", "tide": 2}, "approve": False})
    run = agents.begin(agents.agent(OFFERED["mcp"]))
    tools = agents.steps(run)[0]["step_details"]["activities"][0]["tools"]
    assert list(tools) == ["depth_at", "buoys"]
    assert {name: one["type"] for name, one in tools["depth_at"]["parameters"]["properties"].items()} == {
        "pier": "string",
        "tide": "integer",
    }


def test_a_call_goes_to_the_server_that_allows_it(ns, agents):
    ns.play({"tool": "mcp", "name": "buoys", "approve": False, "output": "nine"})
    other = {"type": "mcp", "server_label": "weather", "server_url": "https://w.example"}
    run = agents.begin(agents.agent(other, OFFERED["mcp"]))
    assert agents.calls(run)[0]["server_label"] == "charts"


# --- computers ------------------------------------------------------------------------------------------------------


def test_a_client_answers_an_action_on_a_computer_with_a_screenshot(ns, agents):
    action = {"type": "click", "x": 3, "y": 4, "button": "left"}
    check = {"id": "cu_1", "code": "odd", "message": "Sure?"}
    ns.play(
        {"tool": "computer_use_preview", "input": action, "details": {"pending_safety_checks": [check]}},
        {"say": "I see {{ outputs.computer_use_preview.image_url }}."},
    )
    run = agents.begin(agents.agent(OFFERED["computer_use_preview"]))
    call = pending(run)
    assert run["required_action"]["type"] == "submit_tool_outputs"
    assert call["computer_use_preview"] == {"action": action, "pending_safety_checks": [check]}
    refused = agents.answer(run, 400, tool_outputs=[{"tool_call_id": call["id"], "output": "a picture"}])["error"]
    assert refused["message"] == (
        "Invalid type for 'tool_outputs[0].output': expected an object, but got a string instead."
    )
    picture = {"type": "computer_screenshot", "image_url": "https://pictures.example/1.png"}
    output = {"type": "computer_call_output", "tool_call_id": call["id"], "output": picture}
    agents.answer(run, tool_outputs=[{**output, "acknowledged_safety_checks": [check]}])
    run = agents.poll(run)
    assert agents.text(run)["value"] == "I see https://pictures.example/1.png."
    assert agents.calls(run)[0]["computer_use_preview"] == {
        "action": action,
        "pending_safety_checks": [check],
        "output": picture,
        "acknowledged_safety_checks": [check],
    }


def test_functions_take_outputs_with_the_type_that_newer_libraries_send(ns, agents):
    ns.play({"call": "depth"}, {"say": "{{ outputs.depth }}"})
    run = agents.begin(agents.agent({"type": "function", "function": {"name": "depth"}}))
    output = {"type": "function_call_output", "tool_call_id": pending(run)["id"]}
    refused = agents.answer(run, 400, tool_outputs=[{**output, "output": {"deep": 4}}])["error"]
    assert refused["message"] == (
        "Invalid type for 'tool_outputs[0].output': expected a string, but got an object instead."
    )
    agents.answer(run, tool_outputs=[{**output, "output": "four"}])
    assert agents.text(agents.poll(run))["value"] == "four"


# --- several calls at once ------------------------------------------------------------------------------------------

BOTH = {
    "tool": "mcp",
    "calls": [
        {"name": "depth_at", "args": {"pier": "north"}, "output": "4 m", "as": "north"},
        {"name": "depth_at", "args": {"pier": "south"}, "output": "5 m", "as": "south"},
        {"name": "buoys", "output": "nine"},
    ],
}


def test_several_calls_are_approved_one_by_one(ns, agents):
    ns.play(BOTH, {"say": "{{ outputs.north }}, {{ outputs.south }}, {{ outputs.buoys }}"})
    server = {"server_label": "charts", "headers": {}, "require_approval": {"never": {"tool_names": ["buoys"]}}}
    run = agents.begin(agents.agent(OFFERED["mcp"]), tool_resources={"mcp": [server]})
    north, south = run["required_action"]["submit_tool_approval"]["tool_calls"]
    assert [call["name"] for call in agents.calls(run)] == ["depth_at", "depth_at", "buoys"]
    only_one = [{"tool_call_id": north["id"], "approve": True}]
    agents.answer(run, 400, tool_approvals=only_one)
    agents.answer(run, tool_approvals=[{"tool_call_id": south["id"], "approve": False}, *only_one])
    run = agents.poll(run)
    assert [call["output"] for call in agents.calls(run)] == ["4 m", None, "nine"]
    assert agents.text(run)["value"] == "4 m, None, nine"
    assert len([step for step in agents.steps(run) if step["type"] == "activities"]) == 1


def test_several_calls_are_streamed_one_after_the_other(ns, agents):
    ns.play({"tool": "openapi", "calls": [{"name": "a", "output": "1"}, {"name": "b", "args": "x y", "output": "2"}]})
    events = agents.stream(agents.agent(OFFERED["openapi"]))
    deltas = [call for delta in deltas_of(events) for call in delta["tool_calls"]]
    assert [(call["index"], call["function"].get("output")) for call in deltas] == [
        (0, ""), (0, None), (1, ""), (1, None), (1, None), (0, "1"), (1, "2"),
    ]  # fmt: skip


# --- mistakes in scripts ----------------------------------------------------------------------------------------------


def test_a_tool_that_is_not_known_fails_the_run_at_its_place_with_the_nearest_name(ns, agents):
    ns.load("emulator: 1\nname: x\nturns:\n- steps:\n  - {say: Wait.}\n  - {tool: bing_grouding, query: x}\n")
    run = agents.begin(agents.agent(OFFERED["bing_grounding"]))
    message = "uses bing_grouding, which is no kind of tool that it can be used for, did you mean bing_grounding?"
    (line,) = ns.report()["script"]
    assert line["message"] == message
    assert line["place"].endswith(":6: turns[0].steps[1]")
    assert run["last_error"] == {"code": "server_error", "message": f"[emulator] {line['place']}: {message}"}


def test_a_name_that_the_run_makes_empty_fails_it_at_its_place(ns, agents):
    ns.load("emulator: 1\nname: x\nturns:\n- steps:\n  - tool: mcp\n    calls: [{name: \"{{ '' }}\"}]\n")
    run = agents.begin(agents.agent(MCP))
    assert run["status"] == "failed"
    assert agents.steps(run) == []
    assert run["last_error"]["message"].endswith(":5: turns[0].steps[0]: mcp needs name, the function that it calls")


def test_what_a_script_describes_in_part_is_described_like_the_rest(ns, agents):
    described = {"buoys": {"description": "All of them."}, "depth_at": {"colour": "blue"}}
    ns.play({**ASKS[0], "approve": False, "details": {"tools": described}})
    (activity,) = agents.steps(agents.begin(agents.agent(MCP)))[0]["step_details"]["activities"]
    nothing = {"type": "object", "properties": {}, "required": [], "additionalProperties": False}
    assert activity["tools"]["buoys"] == {"description": "All of them.", "parameters": nothing}
    depth = activity["tools"]["depth_at"]
    assert (depth["colour"], depth["description"], list(depth["parameters"]["properties"])) == ("blue", "", ["pier"])


def test_two_calls_of_one_function_have_outputs_of_their_own(ns, agents):
    calls = [{"name": "x", "output": 1}, {"name": "x", "output": 2}]
    ns.play({"tool": "openapi", "calls": calls}, {"say": "{{ outputs | tojson }}"})
    assert agents.text(agents.begin(agents.agent(OFFERED["openapi"])))["value"] == '{"x": 1, "x_2": 2}'
