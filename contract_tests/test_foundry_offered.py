"""What a run offers of Foundry's tools is more than their types: the names of functions, operations, agents, servers."""

import pytest

from contract_tests import test_foundry_tools
from contract_tests.test_foundry_tools import OFFERED

agents = test_foundry_tools.agents  # the fixture


def openapi(**paths):
    tool = OFFERED["openapi"]
    return {**tool, "openapi": {**tool["openapi"], "spec": {"openapi": "3.1.0", "paths": paths}}}


TIDES = {"get": {"operationId": "next_tide"}, "parameters": [], "summary": "Tides", "x-get": {"operationId": "no"}}
PAPERS = {"type": "mcp", "server_label": "papers", "server_url": "https://p.example", "allowed_tools": ["read_paper"]}
ANY_MCP = {"type": "mcp", "server_label": "weather", "server_url": "https://w.example"}
CALLS = "calls {} of {}, which the run does not offer{}"

NOT_OFFERED = {
    "a function in Azure": (
        ["azure_function"],
        {"tool": "azure_function", "name": "tol"},
        CALLS.format("tol", "azure_function", ", did you mean toll?"),
    ),
    "an agent": (
        ["connected_agent"],
        {"tool": "connected_agent", "name": "pilo"},
        CALLS.format("pilo", "connected_agent", ", did you mean pilot?"),
    ),
    "a tool that its server is not allowed": (
        ["mcp"],
        {"tool": "mcp", "name": "dpth_at", "approve": False},
        CALLS.format("dpth_at", "mcp", ", did you mean depth_at?"),
    ),
    "a tool like none": (
        ["mcp"],
        {"tool": "mcp", "name": "whatever", "approve": False},
        CALLS.format("whatever", "mcp", ""),
    ),
    "a tool that another server is allowed": (
        ["mcp", PAPERS],
        {"tool": "mcp", "name": "read_paper", "approve": False, "details": {"server_label": "charts"}},
        CALLS.format("read_paper", "mcp", ""),
    ),
    "a server": (
        ["mcp", ANY_MCP],
        {"tool": "mcp", "name": "depth_at", "approve": False, "details": {"server_label": "chart"}},
        "calls the server chart of mcp, which the run does not offer, did you mean charts?",
    ),
    "an operation": (
        [openapi(**{"/tides": TIDES, "/odd": None})],
        {"tool": "openapi", "name": "nxt_tide"},
        CALLS.format("nxt_tide", "openapi", ", did you mean next_tide?"),
    ),
    "what is no operation of a path": (
        [openapi(**{"/tides": TIDES})],
        {"tool": "openapi", "name": "no"},
        CALLS.format("no", "openapi", ""),
    ),
    "a second call": (
        ["azure_function"],
        {"tool": "azure_function", "calls": [{"name": "toll"}, {"name": "tolls"}]},
        CALLS.format("tolls", "azure_function", ", did you mean toll?"),
    ),
}


def tools(named):
    return [OFFERED[one] if isinstance(one, str) else one for one in named]


@pytest.mark.parametrize("what", NOT_OFFERED)
def test_a_name_that_the_run_does_not_offer_is_played_and_reported(ns, agents, what):
    offered, step, message = NOT_OFFERED[what]
    ns.play(step, {"say": "So."})
    assert agents.begin(agents.agent(*tools(offered)))["status"] == "completed"
    (line,) = ns.report()["script"]
    assert line["message"] == message
    assert line["offered"]


@pytest.mark.parametrize("what", NOT_OFFERED)
def test_a_strict_namespace_fails_a_run_whose_script_calls_a_name_that_it_does_not_offer(ns, agents, what):
    offered, step, message = NOT_OFFERED[what]
    ns.put(strict=True)
    ns.play(step, {"say": "So."})
    run = agents.begin(agents.agent(*tools(offered)))
    assert (run["status"], run["last_error"]["message"]) == ("failed", f"[emulator] script {message}")
    assert agents.calls(run) == []


IS_OFFERED = {
    "an operation": ([openapi(**{"/tides": TIDES})], {"tool": "openapi", "name": "next_tide"}),
    "an operation by its tool": ([openapi(**{"/tides": TIDES})], {"tool": "openapi", "name": "tides_next_tide"}),
    "any operation of a document that names none": (
        [openapi(**{"/tides": {"get": {"summary": "Tides"}}})],
        {"tool": "openapi", "name": "tides_get"},
    ),
    "any tool of a server that names none": ([ANY_MCP], {"tool": "mcp", "name": "x", "approve": False}),
    "any tool of a server with an empty list": (
        [{**ANY_MCP, "allowed_tools": []}],
        {"tool": "mcp", "name": "x", "approve": False},
    ),
    "any tool where one of the servers names none": (
        ["mcp", ANY_MCP],
        {"tool": "mcp", "name": "x", "approve": False},
    ),
    "the second of two functions": (
        ["azure_function", {**OFFERED["connected_agent"]}],
        {"tool": "connected_agent", "name": "pilot"},
    ),
    "a server that is named": (
        ["mcp", PAPERS],
        {"tool": "mcp", "name": "read_paper", "approve": False, "details": {"server_label": "papers"}},
    ),
    "a search, which has no names": (["bing_grounding"], {"tool": "bing_grounding", "query": "x", "name": "web"}),
}


@pytest.mark.parametrize("what", IS_OFFERED)
def test_a_name_that_the_run_offers_is_not_reported(ns, agents, what):
    offered, step = IS_OFFERED[what]
    ns.put(strict=True)
    ns.play(step, {"say": "So."})
    assert agents.begin(agents.agent(*tools(offered)))["status"] == "completed"
    assert ns.report()["script"] == []


def test_a_function_of_the_clients_is_no_tool_of_its_name(ns, agents):
    function = {"type": "function", "function": {"name": "azure_function"}}
    ns.play({"tool": "azure_function", "name": "toll"}, {"say": "So."})
    agents.begin(agents.agent(function))
    (line,) = ns.report()["script"]
    assert line["message"] == "uses azure_function, which the run does not offer"


def test_a_misspelt_function_of_the_clients_is_reported_with_the_nearest_one(ns, agents):
    ns.play({"call": "dpth"})
    agents.begin(agents.agent({"type": "function", "function": {"name": "depth"}}))
    (line,) = ns.report()["script"]
    assert line["message"] == "calls dpth, which the run does not offer, did you mean depth?"


# --- calls that are never answered ----------------------------------------------------------------------------------

UNANSWERED = {
    "mcp": {"name": "depth_at", "args": {"pier": "north"}},
    "computer_use_preview": {"input": "screenshot"},
    "azure_function": {"name": "toll", "args": {"tons": 1}},
    "connected_agent": {"name": "pilot", "args": "East?"},
    "openapi": {"name": "tides_now"},
    "bing_grounding": {"query": "ferry"},
    "browser_automation": {"input": "Go."},
    "deep_research": {"query": "ferry"},
}


def fields_of(call):
    """Return the object that holds what a call says of itself."""
    return call if call["type"] == "mcp" else call["function" if call["type"] == "openapi" else call["type"]]


@pytest.mark.parametrize("several", [False, True], ids=["one call", "two calls"])
@pytest.mark.parametrize("kind", UNANSWERED)
def test_a_run_fails_while_its_tool_has_not_answered(ns, agents, kind, several):
    asked = UNANSWERED[kind]
    step = {"tool": kind, "calls": [asked, asked]} if several else {"tool": kind, **asked}
    ns.play({**step, "fail": "rate_limit_exceeded", "message": "busy"})
    run = agents.begin(agents.agent(OFFERED[kind]))
    assert (run["status"], run["required_action"]) == ("failed", None)
    assert run["last_error"] == {"code": "rate_limit_exceeded", "message": "busy"}
    *listed, made = agents.steps(run)
    assert [one["type"] for one in listed] == (["activities"] if kind == "mcp" else [])
    assert (made["status"], made["last_error"]["code"]) == ("failed", "rate_limit_exceeded")
    calls = made["step_details"]["tool_calls"]
    assert [call["type"] for call in calls] == [kind] * (1 + several)
    assert not any(fields_of(call).get("output") for call in calls)
    assert ns.report()["script"] == []


@pytest.mark.parametrize("step", [{"call": "dpth"}, {"tool": "mcp", "name": "dpth_at"}], ids=str)
def test_a_call_beside_a_failure_has_to_be_offered_too(ns, agents, step):
    ns.play({**step, "fail": "server_error", "message": "busy"})
    function = {"type": "function", "function": {"name": "depth"}}
    run = agents.begin(agents.agent(OFFERED["mcp"], function))
    assert run["last_error"]["message"] == "busy"
    (line,) = ns.report()["script"]
    assert "which the run does not offer" in line["message"]
    ns.put(strict=True)
    run = agents.begin(agents.agent(OFFERED["mcp"], function))
    assert run["last_error"]["message"].startswith("[emulator] script calls dpth")
    assert agents.calls(run) == []
