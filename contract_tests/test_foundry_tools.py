"""The tools that only Foundry's agents have: offered there alone, called by scripts, approved by clients."""

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
# What a script says, and what the call shows of it beside id and type.
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
        {"bing_custom_search": {"requesturl": "https://api.bing.microsoft.com/v7.0/custom/search?q=ferry+times"}},
    ),
    "bing_grounding": (
        {"query": "ferry & tide", "output": {"num_docs_retrieved": 5}},
        {
            "bing_grounding": {
                "requesturl": "https://api.bing.microsoft.com/v7.0/search?q=ferry+%26+tide",
                "response_metadata": '{"num_docs_retrieved":5}',
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
        {"name": "pilot", "args": "Where is the fairway?", "output": "East.", "details": {"run_id": "run_1"}},
        {
            "connected_agent": {
                "name": "pilot",
                "arguments": "Where is the fairway?",
                "output": "East.",
                "run_id": "run_1",
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
        {"arguments": '{"pier":"north"}', "name": "depth_at", "output": "4 m", "server_label": "charts"},
    ),
    "openapi": (
        {"name": "tides_now", "args": {"town": "Husum"}, "output": {"low": "six"}},
        {"openapi": {"name": "tides_now", "arguments": '{"town":"Husum"}', "output": '{"low":"six"}'}},
    ),
    "sharepoint_grounding": (
        {"query": "rota", "output": "Ada is on duty."},
        {"sharepoint_grounding": {"input": "rota", "output": "Ada is on duty."}},
    ),
}
WORDS = {"type", "id", "index"}


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
        base_url=f"{ns.url}/ns/{ns.name}/api/projects/harbour", headers=headers, params=params, trust_env=False
    ) as http:
        yield Agents(http)


def pending(run):
    """Return the only call that a run waits for."""
    required = run["required_action"]
    (call,) = required[required["type"]]["tool_calls"]
    return call


def deltas_of(events):
    return [data["delta"]["step_details"] for name, data in events if name == "thread.run.step.delta"]


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
    assert call == {"id": call["id"], "type": kind, **shown}
    assert call["id"].startswith("call_")
    used = next(step for step in agents.steps(run) if step["type"] == "tool_calls")
    assert used["usage"]["completion_tokens"] > 0
    assert ns.report()["script"] == []


@pytest.mark.parametrize("kind", USED)
def test_the_deltas_of_a_stream_add_up_to_the_step(ns, agents, kind):
    step, _ = USED[kind]
    ns.play({"tool": kind, **step}, {"say": "So it is."})
    events = agents.stream(agents.agent(OFFERED[kind]))
    deltas = deltas_of(events)
    assert {delta["type"] for delta in deltas} == {kind if kind in ("mcp", "openapi") else "tool_calls"}
    first, *rest = [call for delta in deltas for call in delta["tool_calls"]]
    done = [data for name, data in events if name == "thread.run.step.completed"]
    (call,) = next(data for data in done if data["type"] == "tool_calls")["step_details"]["tool_calls"]
    assert (first["index"], first["id"], first["type"]) == (0, call["id"], kind)
    text = "arguments" if "arguments" in first.get(kind, first) else "input"
    written = "".join(part.get(kind, part).get(text, "") for part in rest)
    assert kind.startswith("bing_") or written == call.get(kind, call)[text]
    assert events[-2][0] == "thread.run.completed"


def test_the_delta_of_a_web_search_has_no_address_yet(ns, agents):
    ns.play({"tool": "bing_grounding", "query": "ferry"}, {"say": "At nine."})
    (delta,) = deltas_of(agents.stream(agents.agent(OFFERED["bing_grounding"])))
    (call,) = delta["tool_calls"]
    assert call["bing_grounding"] == {"requesturl": ""}


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
    ns.advance("11m")
    assert agents.poll(run)["status"] == "expired"


def test_a_stream_ends_where_an_approval_is_needed_and_goes_on_with_it(ns, agents):
    ns.play(*ASKS)
    events = agents.stream(agents.agent(OFFERED["mcp"]))
    assert [name for name, _ in events[-2:]] == ["thread.run.requires_action", "done"]
    run = events[-2][1]
    body = {"tool_approvals": [{"tool_call_id": pending(run)["id"], "approve": True}], "stream": True}
    rest = parse_events(agents.http.post(f"{agents.path(run)}/submit_tool_outputs", json=body).text)
    names = [name for name, _ in rest]
    assert names[:3] == ["thread.run.queued", "thread.run.in_progress", "thread.run.step.completed"]
    assert rest[2][1]["step_details"]["tool_calls"][0]["output"] == "4 m"
    assert names[-2:] == ["thread.run.completed", "done"]


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
    assert activity == {
        "type": "mcp_list_tools",
        "id": activity["id"],
        "server_label": "charts",
        "tools": described,
    }
    assert all("tools" not in call for call in agents.calls(run))


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
    assert [(call["index"], call["openapi"].get("output")) for call in deltas] == [
        (0, None), (0, None), (1, None), (1, None), (1, None), (0, "1"), (1, "2"),
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
