"""How Foundry's agents show the definitions of their tools: fields in a fixed order, some though they were not sent."""

import json

import pytest

from contract_tests.harness import MODEL
from contract_tests.raw_api import RawApi

CONNECTION = {"connection_id": "/c/harbour"}
MCP = {"type": "mcp", "server_label": "charts", "server_url": "https://charts.example/mcp"}
TOWN = {"name": "town", "in": "path", "required": True, "description": "Where.", "schema": {"type": "string"}}
UNIT = {"name": "unit", "in": "query", "description": "m or ft.", "schema": {"type": "string", "default": "m"}}
SPEC = {
    "openapi": "3.1.0",
    "paths": {
        "/tides/{town}": {
            "get": {"operationId": "low_water", "description": "The next low.", "parameters": [TOWN, UNIT]}
        }
    },
}
TOWN_SHOWN = {"type": "string", "description": "Where."}
UNIT_SHOWN = {"type": "string", "default": "m", "description": "m or ft."}
ANONYMOUS = {"type": "anonymous", "security_scheme": {}}


def tool(kind, fields):
    return {"type": kind, kind: fields}


def search(kind, **fields):
    return tool(kind, {"search_configurations": [{**CONNECTION, **fields}]})


def queue(name):
    sent = {
        "storage_queue": {"queue_name": name, "queue_service_endpoint": "https://q.example"},
        "type": "storage_queue",
    }
    shown = {
        "type": "storage_queue",
        "storage_queue": {"queue_service_endpoint": "https://q.example", "queue_name": name},
    }
    return sent, shown


def function(properties, required):
    parameters = {"type": "object", "properties": properties, "required": required}
    return {"name": "tides_low_water", "description": "The next low.", "parameters": parameters}


def service(functions, **more):
    """Return a service as it is shown."""
    fields = {"name": "tides", "description": "The tides.", "spec": SPEC, "auth": ANONYMOUS, "functions": functions}
    return tool("openapi", {**fields, **more})


SERVICE = {"auth": {"type": "anonymous"}, "spec": SPEC, "description": "The tides.", "name": "tides"}
BOTH = function({"town": TOWN_SHOWN, "unit": UNIT_SHOWN}, ["town"])
(IN, IN_SHOWN), (OUT, OUT_SHOWN) = queue("in"), queue("out")
TOLL = {"name": "toll", "description": "The toll.", "parameters": {"type": "object", "properties": {}}}
PILOT = {"name": "pilot", "description": "Knows the fairway.", "id": "asst_pilot"}
NO_TEXTS = {"market": "", "set_lang": "", "freshness": ""}
# What is sent, and what is shown of it.
DEFINITIONS = {
    "mcp that allows all": (MCP, {**MCP, "allowed_tools": None}),
    "mcp with null": ({**MCP, "allowed_tools": None}, {**MCP, "allowed_tools": None}),
    "mcp that allows some": (
        {"allowed_tools": ["depth_at"], **dict(reversed(MCP.items()))},
        {**MCP, "allowed_tools": ["depth_at"]},
    ),
    "mcp with another field": ({"colour": "blue", **MCP}, {**MCP, "allowed_tools": None, "colour": "blue"}),
    "openapi": (tool("openapi", SERVICE), service([BOTH])),
    "openapi with an empty list": (tool("openapi", {**SERVICE, "default_params": []}), service([BOTH])),
    "openapi with defaults": (
        tool("openapi", {**SERVICE, "default_params": ["unit"]}),
        service([function({"town": TOWN_SHOWN}, ["town"])], default_params=["unit"]),
    ),
    "openapi with other functions": (tool("openapi", {**SERVICE, "functions": "none"}), service([BOTH])),
    "bing_grounding": (search("bing_grounding", **NO_TEXTS, count=7), search("bing_grounding", count=7)),
    "bing_grounding without a count": (search("bing_grounding"), search("bing_grounding")),
    "bing_grounding with texts": (
        search("bing_grounding", freshness="Week", market="de-DE"),
        search("bing_grounding", market="de-DE", freshness="Week"),
    ),
    "bing_custom_search": (
        search("bing_custom_search", count=5, **NO_TEXTS, instance_name="ports"),
        search("bing_custom_search", instance_name="ports", count=5),
    ),
    "bing_custom_search without a count": (
        search("bing_custom_search", instance_name="ports"),
        search("bing_custom_search", instance_name="ports"),
    ),
    "connected_agent": (
        tool("connected_agent", dict(reversed(PILOT.items()))),
        tool("connected_agent", PILOT),
    ),
    "azure_function": (
        tool("azure_function", {"function": TOLL, "input_binding": IN, "output_binding": OUT}),
        tool("azure_function", {"input_binding": IN_SHOWN, "output_binding": OUT_SHOWN, "function": TOLL}),
    ),
    "deep_research": (
        tool("deep_research", {"deep_research_model": "o3", "bing_grounding_connections": [CONNECTION]}),
        tool("deep_research", {"bing_grounding_connections": [CONNECTION], "deep_research_model": "o3"}),
    ),
    "fabric_dataagent": (
        tool("fabric_dataagent", {"connections": [CONNECTION]}),
        tool("fabric_dataagent", {"instructions": None, "connections": [{**CONNECTION, "instructions": None}]}),
    ),
    "sharepoint_grounding": (
        tool("sharepoint_grounding", {"connections": [CONNECTION]}),
        tool("sharepoint_grounding", {"connections": [CONNECTION]}),
    ),
    "browser_automation": (
        tool("browser_automation", {"connection": {"id": "/c/browsers"}}),
        tool("browser_automation", {"connection": {"id": "/c/browsers"}}),
    ),
    "computer_use_preview": (
        tool("computer_use_preview", {"environment": "browser", "display_height": 600, "display_width": 800}),
        tool("computer_use_preview", {"display_width": 800, "display_height": 600, "environment": "browser"}),
    ),
    "azure_ai_search": ({"type": "azure_ai_search"}, {"type": "azure_ai_search"}),
}
INDEXES = {
    "all": (
        {"filter": "", "top_k": 3, "query_type": "simple", "index_name": "quays", "index_connection_id": "/c/search"},
        {
            "index_connection_id": "/c/search",
            "index_name": "quays",
            "query_type": "simple",
            "top_k": 3,
            "filter": "",
            "index_asset_id": None,
        },
    ),
    "few": ({"index_name": "quays"}, {"index_name": "quays", "top_k": 5, "filter": None, "index_asset_id": None}),
    "nulls": (
        {"index_asset_id": "/a/quays", "top_k": None, "filter": None, "colour": "blue"},
        {"top_k": 5, "filter": None, "index_asset_id": "/a/quays", "colour": "blue"},
    ),
}


@pytest.fixture
def agents(ns):
    return RawApi(ns, {"Authorization": "Bearer entra-token"}, f"/ns/{ns.name}/api/projects/harbour")


def texts(*values):
    """Return values as texts, because the order of their fields counts."""
    return [json.dumps(value) for value in values]


@pytest.mark.parametrize("sent, shown", DEFINITIONS.values(), ids=DEFINITIONS)
def test_a_definition_has_its_fields_in_order_and_those_that_are_always_shown(agents, sent, shown):
    agent = agents.post_json("/assistants", {"model": MODEL, "tools": [sent]})
    assert texts(*agent["tools"]) == texts(shown)
    assert texts(*agents.get_json(f"/assistants/{agent['id']}")["tools"]) == texts(shown)


@pytest.mark.parametrize("sent, shown", DEFINITIONS.values(), ids=DEFINITIONS)
def test_runs_show_it_alike(ns, agents, sent, shown):
    ns.play({"say": "Aye."})
    agent = agents.post_json("/assistants", {"model": MODEL, "tools": [sent]})
    thread = {"messages": [{"role": "user", "content": "How deep is it?"}]}
    of_agent = agents.post_json("/threads/runs", {"assistant_id": agent["id"], "thread": thread})
    own = agents.post_json("/threads/runs", {"assistant_id": agent["id"], "thread": thread, "tools": [sent]})
    assert texts(*of_agent["tools"], *own["tools"]) == texts(shown, shown)


@pytest.mark.parametrize("shown", [shown for _, shown in DEFINITIONS.values()], ids=DEFINITIONS)
def test_what_was_shown_may_be_sent_back_and_is_shown_again(agents, shown):
    agent = agents.post_json("/assistants", {"model": MODEL})
    changed = agents.post_json(f"/assistants/{agent['id']}", {"tools": [shown]})
    assert texts(*changed["tools"]) == texts(shown)


@pytest.mark.parametrize("path", ["/assistants", "/threads"])
@pytest.mark.parametrize("sent, shown", INDEXES.values(), ids=INDEXES)
def test_an_index_has_its_fields_in_order_and_their_defaults(agents, path, sent, shown):
    model = {"model": MODEL} if path == "/assistants" else {}
    for index in (sent, shown):
        made = agents.post_json(path, {**model, "tool_resources": {"azure_ai_search": {"indexes": [index]}}})
        for one in (made, agents.get_json(f"{path}/{made['id']}")):
            assert texts(*one["tool_resources"]["azure_ai_search"]["indexes"]) == texts(shown)


def test_a_document_that_repeats_itself_without_end_makes_an_agent_all_the_same(agents):
    grown = {
        f"s{n}": {"properties": {name: {"$ref": f"#/components/schemas/s{n + 1}"} for name in "abcdefgh"}}
        for n in range(30)
    }
    town = {**TOWN, "schema": {"$ref": "#/components/schemas/s0"}}
    operations = {
        "get": {"operationId": "low_water", "parameters": [TOWN]},
        "put": {"operationId": "high_water", "parameters": [town]},
    }
    spec = {"paths": {"/tides": operations}, "components": {"schemas": grown}}
    agent = agents.post_json("/assistants", {"model": MODEL, "tools": [tool("openapi", {**SERVICE, "spec": spec})]})
    (shown,) = agent["tools"]
    assert shown["openapi"]["spec"] == spec
    assert [one["name"] for one in shown["openapi"]["functions"]] == ["tides_low_water"]
