"""Moving a run by hand: the control API watches a run without moving it on."""

import pytest

from contract_tests.harness import WEATHER

STORY = ({"call": "look_outside", "args": {}}, {"say": "Fog."})


@pytest.fixture
def run(ns, client, thread):
    """A run that shows each status for three polls."""
    ns.control("PUT", "/pace", {"progression": "polls", "times": 3})
    ns.play(*STORY)
    assistant = client.beta.assistants.create(model="gpt-4o", tools=[WEATHER])
    return client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)


def step(ns, run, **body):
    return ns.control("POST", f"/runs/{run.id}/step", body)


def test_a_step_is_one_status_at_the_pace_of_polls(ns, run):
    first = step(ns, run)
    assert (first["run"]["status"], first["fired"][0]) == ("in_progress", "thread.run.in_progress")
    second = step(ns, run)
    assert second["run"]["status"] == "requires_action"


def test_a_step_until_a_status_goes_no_further(ns, run):
    stepped = step(ns, run, until="in_progress")
    assert (stepped["run"]["status"], stepped["reached"]) == ("in_progress", True)


@pytest.mark.parametrize(
    "until,says",
    [
        ("complete", "did you mean completed?"),
        ("event:thread.run.done", "a run has no event 'thread.run.done'"),
        ("step:second", "takes a number of steps"),
        ("hold:", "takes the name of a hold"),
    ],
)
def test_a_step_until_something_that_never_comes_is_refused_and_moves_nothing(ns, run, poll, until, says):
    answer = ns.control("POST", f"/runs/{run.id}/step", {"until": until}, status=400)
    assert says in answer["error"]["message"]
    assert answer["error"]["param"] == "until"
    assert poll(run).status == "queued"


def test_only_the_clients_own_polls_move_it(ns, run, poll):
    for _ in range(5):
        ns.report()
        ns.control("GET", "/requests")
    statuses = [poll(run).status for _ in range(4)]
    assert statuses == ["queued"] * 3 + ["in_progress"]


def test_a_clients_stream_moves_it(ns, raw, client, thread):
    ns.control("PUT", "/pace", {"progression": "polls", "times": 3})
    ns.play({"say": "Fog."})
    assistant = client.beta.assistants.create(model="gpt-4o")
    body = {"assistant_id": assistant.id, "stream": True}
    assert "thread.run.completed" in raw.post(f"/threads/{thread.id}/runs", json=body).text
