"""What was recorded of the Assistants API is played to its port, whichever way that keeps its dialogues."""

import pytest

from contract_tests.harness import MODEL

REFUND = """emulator: 1
name: refund
turns:
- {name: one, chain: refund, when: {message: I want my money back.}, steps: [{say: Why?}]}
- name: two
  chain: refund
  when: {message: It was broken.}
  steps: [{call: look_up, args: {order: 7}, recorded: found}, {say: "Here you are."}]
- {name: again, chain: second, when: {message: I want my money back.}, steps: [{say: And you?}]}
"""
TOOL = {"type": "function", "name": "look_up", "parameters": {"type": "object", "properties": {}}, "strict": False}
ASKED = {"model": MODEL, "tools": [TOOL]}


class ByChain:
    """Each request names the response before it."""

    def __init__(self, client):
        self.client = client
        self.last = None

    def send(self, items):
        more = {} if self.last is None else {"previous_response_id": self.last}
        response = self.client.responses.create(input=items, **ASKED, **more)
        self.last = response.id
        return response


class InConversation:
    """All responses belong to one conversation."""

    def __init__(self, client):
        self.client = client
        self.conversation = client.conversations.create().id

    def send(self, items):
        return self.client.responses.create(input=items, conversation=self.conversation, **ASKED)


class Stateless:
    """Each request brings everything that was said."""

    def __init__(self, client):
        self.client = client
        self.said = []

    def send(self, items):
        self.said += items
        response = self.client.responses.create(input=self.said, store=False, **ASKED)
        self.said += [item.model_dump(exclude_none=True, exclude={"id", "status"}) for item in response.output]
        return response


def ask(style, message, output="found"):
    response = style.send([{"role": "user", "content": message}])
    while calls := [item for item in response.output if item.type == "function_call"]:
        outputs = [{"type": "function_call_output", "call_id": call.call_id, "output": output} for call in calls]
        response = style.send(outputs)
    return response.output_text


@pytest.mark.parametrize("style", [ByChain, InConversation, Stateless])
def test_dialogues_play_the_chains_that_they_have_taken(ns, client, style):
    ns.load(REFUND)
    first, second = style(client), style(client)
    assert ask(first, "I want my money back.") == "Why?"
    assert ask(second, "I want my money back.") == "And you?"
    assert ask(first, "It was broken.") == "Here you are."
    assert ns.report()["drift"] == []
    assert ns.report()["unused"] == []


@pytest.mark.parametrize("style", [ByChain, InConversation, Stateless])
def test_another_output_than_the_recorded_one_is_drift_once(ns, client, style):
    ns.load(REFUND)
    program = style(client)
    ask(program, "I want my money back.")
    ask(program, "It was broken.", output="lost")
    (line,) = ns.report()["drift"]
    shown = {name: line[name] for name in ("kind", "turn", "call", "recorded", "got")}
    assert shown == {"kind": "tool_output", "turn": "two", "call": "look_up", "recorded": "found", "got": "lost"}
    assert "turns[1].steps[0].recorded" in line["place"]
