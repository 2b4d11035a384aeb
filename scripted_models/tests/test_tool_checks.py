"""What lint says about the tools that scripts use."""

import pytest

from emulator.domain.tool_rules import RULES

CLEAN = {
    **dict.fromkeys(
        ("azure_ai_search", "bing_custom_search", "bing_grounding", "deep_research", "fabric_dataagent"), "query: x"
    ),
    "sharepoint_grounding": "query: '{{ message }}'",
    "browser_automation": "input: Go., details: {steps: [{next_step: read}]}",
    "computer_use_preview": "input: {type: click, x: 1}, details: {pending_safety_checks: [{id: a}]}",
    "mcp": "name: f, args: {a: 1}, approve: true, details: {server_label: s, tools: {f: {description: d}}}",
    "openapi": "name: f, args: '{', output: y",
    "azure_function": "name: f",
    "connected_agent": "name: f, args: hello, details: {run_id: r, thread_id: t}",
}


def turn(step):
    return f"turns:\n- name: a\n  steps:\n  - {step}"


@pytest.mark.parametrize("kind", RULES)
def test_a_call_that_says_what_its_tool_needs_is_clean(linted, kind):
    assert linted(turn(f"{{tool: {kind}, {CLEAN[kind]}}}")) == []
    assert linted(turn(f"{{tool: {kind}, calls: [{{{CLEAN[kind]}}}]}}")) == []


@pytest.mark.parametrize(
    "name,near",
    [
        ("bing_grouding", "bing_grounding"),
        ("mpc", "mcp"),
        ("MCP", "mcp"),
        ("sharepoint", "sharepoint_grounding"),
        ("fabric", "fabric_dataagent"),
        ("bing", "bing_grounding"),
        ("open_api", "openapi"),
        ("computer-use", "computer_use_preview"),
        ("file_serach", "file_search"),
    ],
)
def test_a_misspelt_type_is_warned_about_with_the_nearest_one(scenario, linted, name, near):
    text = turn(f"{{tool: {name}, query: x}}")
    assert linted(text) == [
        f'file.yaml:6: turns[0].steps[0].tool: no tool of the name "{name}" is known, did you mean {near}?'
    ]
    assert scenario(text)


def test_a_type_that_is_near_to_none_may_be_one_of_the_users_own(scenario, linted):
    text = turn("{tool: weather_map, input: x}")
    assert linted(text) == ['file.yaml:6: turns[0].steps[0].tool: no tool of the name "weather_map" is known']
    assert linted(text, tools=["weather_map"]) == []
    assert scenario(text).notes == []


def test_a_type_that_depends_on_the_run_is_not_judged(linted):
    assert linted(turn("{tool: 'bing_{{ message }}', input: x}")) == []


@pytest.mark.parametrize(
    "name,near", [("bing_groundin", "bing_grounding"), ("mpc", "mcp"), ("file_serch", "file_search")]
)
def test_a_condition_that_names_nearly_a_tool_is_warned_about(linted, name, near):
    said = f'no tool of the name "{name}" is known, did you mean {near}?'
    found = linted(f"turns:\n- when: {{tools: [get_weather, {name}]}}\n  steps: []")
    assert found == [f"file.yaml:4: turns[0].when.tools[1]: {said}"]
    assert linted(f"turns:\n- when: {{tools: {name}}}\n  steps: []")[0].endswith(said)


@pytest.mark.parametrize("name", ["search", "file_reader", "web_search", "research", "function", "mcp", "retrieval"])
def test_a_condition_may_name_any_function(linted, name):
    assert linted(f"turns: [{{when: {{tools: [{name}]}}, steps: []}}]") == []


def test_a_condition_may_name_a_function_that_is_called_or_offered_elsewhere(linted):
    assert linted("turns: [{when: {tools: [mpc]}, steps: [{call: mpc}]}]") == []
    offered = "fixtures: {assistants: {a: {model: m, tools: [{type: function, function: {name: mpc}}]}}}\n"
    assert linted(f"{offered}turns: [{{when: {{tools: [mpc]}}, steps: []}}]") == []


NAMELESS = "needs name, the function that it calls"
QUERY = "needs query, what it searches for"
ACTION = "computer_use_preview needs input, an action such as {type: screenshot}"


@pytest.mark.parametrize(
    "step,path,message",
    [
        ("tool: openapi, args: {a: 1}, output: y", "name", f"openapi {NAMELESS}"),
        ("tool: connected_agent, input: hello", "name", f"connected_agent {NAMELESS}"),
        ("tool: azure_function", "name", f"azure_function {NAMELESS}"),
        ("tool: mcp, query: x", "name", f"mcp {NAMELESS}"),
        ("tool: mcp, name: ' ', output: y", "name", f"mcp {NAMELESS}"),
        ("tool: mcp, name: f, args: [1]", "args", "arguments of mcp are a mapping, or a text that is sent as it is"),
        ("tool: bing_grounding", "query", f"bing_grounding {QUERY}"),
        ("tool: azure_ai_search, output: x", "query", f"azure_ai_search {QUERY}"),
        ("tool: browser_automation", "input", "browser_automation needs input, the task"),
        ("tool: computer_use_preview", "input", ACTION),
        ("tool: computer_use_preview, input: 3", "input", ACTION),
        ("tool: computer_use_preview, input: [click]", "input", ACTION),
        ("tool: computer_use_preview, input: {x: 1}", "input.type", ACTION),
        ("tool: computer_use_preview, args: {type: 3}", "args.type", ACTION),
        (
            "tool: browser_automation, input: x, details: {steps: 3}",
            "details.steps",
            "steps of a call of browser_automation has to be a list of mappings",
        ),
        (
            "tool: mcp, name: f, details: {tools: [f]}",
            "details.tools",
            "tools of a call of mcp has to be a mapping of mappings",
        ),
        (
            "tool: mcp, name: f, details: {server_label: {a: b}}",
            "details.server_label",
            "server_label of a call of mcp has to be a text",
        ),
        (
            "tool: openapi, name: f, approve: true",
            "approve",
            "a client approves no call of openapi, only of mcp",
        ),
        ("tool: browser_automation, input: x, details: {stepps: []}", "details.stepps", "no field stepps of a call of browser_automation is known, did you mean steps?"),
        ("tool: mcp, name: f, details: {server_lable: x}", "details.server_lable", "no field server_lable of a call of mcp is known, did you mean server_label?"),
        ("tool: mcp, name: f, details: {id: zz}", "details.id", "id of a call of mcp is given by the emulator, not in details"),
        ("tool: mcp, name: f, details: {type: hacked}", "details.type", "type of a call of mcp is given by tool, not in details"),
        ("tool: mcp, name: f, details: {name: g}", "details.name", "name of a call of mcp is given by name, not in details"),
        ("tool: openapi, name: f, details: {arguments: g}", "details.arguments", "arguments of a call of openapi is given by args, not in details"),
        ("tool: deep_research, query: q, details: {output: g}", "details.output", "output of a call of deep_research is given by output, not in details"),
        ("tool: computer_use_preview, input: wait, details: {action: {}}", "details.action", "action of a call of computer_use_preview is given by input, not in details"),
    ],
)  # fmt: skip
def test_a_call_that_cannot_be_meant_is_an_error_of_lint_and_of_loading(linted, problems, step, path, message):
    (found,) = problems(turn(f"{{{step}}}"))
    assert found == f"file.yaml:6: turns[0].steps[0].{path}: {message}"
    assert linted(turn(f"{{{step}}}"))[0] == found
    kind, _, rest = step.partition(", ")
    (among,) = problems(turn(f"{{{kind}, calls: [{{{rest}}}]}}"))
    assert among == f"file.yaml:6: turns[0].steps[0].calls[0].{path}: {message}"


@pytest.mark.parametrize(
    "step,path,message",
    [
        ("tool: deep_research, input: x", "input", "deep_research is asked by query, not by input"),
        ("tool: browser_automation, query: x", "query", "browser_automation is asked by input, not by query"),
        ("tool: mcp, name: f, input: {a: 1}", "input", "mcp is asked by args, not by input"),
        ("tool: bing_grounding, name: f, query: x", "name", "bing_grounding has no functions; a name for the output is given by as"),
        ("tool: mcp, name: f, details: {the_label: x}", "details.the_label", 'no field "the_label" of a call of mcp is known, did you mean server_label?'),
        ("tool: computer_use_preview, input: {type: clik}", "input.type", 'no action "clik" is known, did you mean click?'),
        ("tool: computer_use_preview, input: Press it.", "input", 'no action "Press it." is known'),
    ],
)  # fmt: skip
def test_a_call_that_may_be_meant_is_a_warning(scenario, linted, step, path, message):
    assert linted(turn(f"{{{step}}}")) == [f"file.yaml:6: turns[0].steps[0].{path}: {message}"]
    assert scenario(turn(f"{{{step}}}"))


@pytest.mark.parametrize(
    "step",
    [
        "tool: mcp, name: '{{ message }}'",
        "tool: computer_use_preview, input: {type: '{{ message }}'}",
        "tool: computer_use_preview, input: '{{ message }}'",
        "tool: computer_use_preview, input: screenshot",
        "tool: deep_research, query: x, details: {colour: blue}",
        "tool: weather_map, name: x, details: {id: y}, approve: true",
    ],
)
def test_what_only_the_run_decides_and_what_is_not_known_passes(linted, step):
    assert linted(turn(f"{{{step}}}"), tools=["weather_map"]) == []
