"""What Foundry's documents look like where they differ from the API's: fields, lifetimes, resources of runs."""

import pytest

from contract_tests.harness import parse_events
from contract_tests.raw_api import RawApi, raw_api

FOUNDRY = "/api/projects/harbour"
CHARTS = {"type": "mcp", "server_label": "charts", "server_url": "https://charts.example/mcp"}
TOLL = {"type": "function", "function": {"name": "toll", "parameters": {"type": "object", "properties": {}}}}
ASKED = {"messages": [{"role": "user", "content": "How deep is it?"}]}


@pytest.fixture
def agents(ns):
    return RawApi(ns, {"Authorization": "Bearer entra-token"}, f"/ns/{ns.name}{FOUNDRY}")


def begin(agents, *tools, **more):
    agent = agents.post_json("/assistants", {"model": "gpt-4o", "tools": list(tools)})
    return agents.post_json("/threads/runs", {"assistant_id": agent["id"], "thread": ASKED, **more})


def path(run):
    return f"/threads/{run['thread_id']}/runs/{run['id']}"


def poll(agents, run):
    return agents.get(path(run)).json()


def lifetime(run):
    return run["expires_at"] - run["created_at"]


def test_agents_and_runs_have_no_reasoning_effort(ns, agents):
    ns.play({"say": "Four metres."})
    agent = agents.post_json("/assistants", {"model": "gpt-4o"})
    run = begin(agents)
    assert list(agent)[-5:] == ["top_p", "temperature", "tool_resources", "metadata", "response_format"]
    assert "reasoning_effort" not in poll(agents, run)
    assert "reasoning_effort" in raw_api(ns).get(f"/assistants/{agent['id']}").json()


def test_usage_has_no_details_of_completion_tokens(ns, agents):
    ns.play({"say": "Four metres."})
    run = begin(agents)
    (step,) = agents.get(f"{path(run)}/steps").json()["data"]
    for usage in (poll(agents, run)["usage"], step["usage"]):
        assert list(usage) == ["prompt_tokens", "completion_tokens", "total_tokens", "prompt_token_details"]


@pytest.mark.parametrize(
    "sent, shown",
    [
        ({}, {"type": "file_search"}),
        ({"file_search": {"max_num_results": 7}}, {"type": "file_search", "file_search": {"max_num_results": 7}}),
        (
            {"file_search": {"ranking_options": {"score_threshold": 0.5}}},
            {
                "type": "file_search",
                "file_search": {"ranking_options": {"ranker": "default_2024_08_21", "score_threshold": 0.5}},
            },
        ),
    ],
    ids=["bare", "with a number of results", "with ranking options"],
)
def test_a_search_of_files_is_shown_with_no_more_options_than_it_was_sent(agents, sent, shown):
    agent = agents.post_json("/assistants", {"model": "gpt-4o", "tools": [{"type": "file_search", **sent}]})
    assert agent["tools"] == [shown]
    again = agents.post_json("/assistants", {"model": "gpt-4o", "tools": agent["tools"]})
    assert again["tools"] == [shown]


def test_stores_have_no_description_and_their_files_no_attributes(agents):
    file_id = agents.upload("tides.txt", b"High water at five.")["id"]
    store = agents.post_json("/vector_stores", {"name": "tides", "file_ids": [file_id]})
    assert list(store) == [
        "id", "object", "name", "status", "usage_bytes", "created_at", "file_counts", "metadata", "expires_after",
        "expires_at", "last_active_at",
    ]  # fmt: skip
    (file,) = agents.get(f"/vector_stores/{store['id']}/files").json()["data"]
    assert "attributes" not in file
    sent = {"attributes": {"pier": "north"}}
    assert agents.post(f"/vector_stores/{store['id']}/files/{file_id}", sent).json()["attributes"] == sent["attributes"]


def test_citations_do_not_name_the_file(ns, agents):
    found = {"file_id": "file-tides", "file_name": "tides.txt", "score": 1, "content": []}
    ns.play({"search": "tides", "results": [found]}, {"say": "At five{{ cite(hits.results[0]) }}."})
    run = begin(agents)
    (message, _) = agents.get(f"/threads/{run['thread_id']}/messages").json()["data"]
    assert message["content"][0]["text"]["value"] == "At five【4:0†source】."


def test_it_speaks_v2_on_any_day(ns, agents):
    ns.put(wire="2023-12-01")
    assert agents.post("/assistants", {"model": "gpt-4o", "tools": [{"type": "file_search"}]}).status_code == 200


# --- lifetimes ------------------------------------------------------------------------------------------------------


def test_a_run_lives_for_half_an_hour_and_for_ten_once_it_has_asked_its_client(ns, agents):
    ns.freeze()
    ns.play({"call": "toll"}, {"say": "Forty euros."})
    events = parse_events(begin_stream(agents, TOLL))
    first, asked = events[1][1], events[-2][1]
    assert (lifetime(first), asked["status"], lifetime(asked)) == (1_800, "requires_action", 36_000)
    (step,) = agents.get(f"{path(asked)}/steps").json()["data"]
    assert step["expires_at"] == asked["expires_at"]
    ns.advance("9h")
    assert poll(agents, asked)["status"] == "requires_action"
    ns.advance("61m")
    assert poll(agents, asked)["status"] == "expired"


def test_it_keeps_that_time_after_it_was_answered(ns, agents):
    ns.freeze()
    ns.play({"call": "toll"}, {"hold": "until told"})
    run = poll(agents, begin(agents, TOLL))
    (call,) = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    answers = {"tool_outputs": [{"tool_call_id": call["id"], "output": "40"}]}
    answered = agents.post_json(f"{path(run)}/submit_tool_outputs", answers)
    assert (answered["status"], lifetime(answered)) == ("queued", 36_000)
    ns.advance("9h")
    assert poll(agents, run)["status"] == "in_progress"


def test_runs_of_others_live_for_ten_minutes_whatever_happens(ns):
    ns.freeze()
    ns.play({"call": "toll"})
    api = raw_api(ns)
    run = poll(api, begin(api, TOLL))
    assert (run["status"], lifetime(run)) == ("requires_action", 600)


def begin_stream(agents, *tools, **more):
    agent = agents.post_json("/assistants", {"model": "gpt-4o", "tools": list(tools)})
    body = {"assistant_id": agent["id"], "thread": ASKED, "stream": True, **more}
    return agents.post("/threads/runs", body).text


# --- the resources of runs ------------------------------------------------------------------------------------------

SENT = {"mcp": [{"server_label": "charts", "headers": {"X-Pier": "s3cret"}, "require_approval": "always"}]}
SHOWN = {"mcp": [{"server_label": "charts", "headers": {"X-Pier": "REDACTED"}, "require_approval": "always"}]}
DEPTH = {"tool": "mcp", "name": "depth_at", "args": {"pier": "north"}, "output": "4 m"}


def test_a_run_shows_the_servers_that_were_sent_with_it_and_the_names_of_their_headers(ns, agents):
    ns.play(DEPTH, {"say": "Four metres."})
    thread = agents.post_json("/threads", ASKED)
    agent = agents.post_json("/assistants", {"model": "gpt-4o", "tools": [CHARTS]})
    body = {"assistant_id": agent["id"], "tool_resources": SENT}
    run = agents.post_json(f"/threads/{thread['id']}/runs", body)
    assert run["tool_resources"] == poll(agents, run)["tool_resources"] == SHOWN
    assert agents.get(f"/threads/{thread['id']}/runs").json()["data"][0]["tool_resources"] == SHOWN
    assert raw_api(ns).get(path(run)).json()["tool_resources"] == {}


def test_a_stream_does_not_show_them(ns, agents):
    ns.play({"say": "Four metres."})
    run = parse_events(begin_stream(agents, CHARTS, tool_resources=SENT))[1][1]
    assert run["tool_resources"] == {"code_interpreter": {"file_ids": []}}


def test_the_answer_to_an_approval_shows_what_needs_none_any_more(ns, agents):
    ns.play(DEPTH, {"say": "Four metres."})
    run = poll(agents, begin(agents, CHARTS, tool_resources=SENT))
    (call,) = run["required_action"]["submit_tool_approval"]["tool_calls"]
    answers = {"tool_approvals": [{"tool_call_id": call["id"], "approve": True}]}
    answered = agents.post_json(f"{path(run)}/submit_tool_outputs", answers)
    (server,) = answered["tool_resources"]["mcp"]
    assert server["require_approval"] == {"never": {"tool_names": ["depth_at"]}}
    assert poll(agents, run)["tool_resources"] == SHOWN


def test_a_denial_changes_nothing_of_it(ns, agents):
    ns.play(DEPTH, {"say": "You did not let me look."})
    run = poll(agents, begin(agents, CHARTS, tool_resources=SENT))
    (call,) = run["required_action"]["submit_tool_approval"]["tool_calls"]
    answers = {"tool_approvals": [{"tool_call_id": call["id"], "approve": False}]}
    assert agents.post_json(f"{path(run)}/submit_tool_outputs", answers)["tool_resources"] == SHOWN
