"""What was recorded is played again: the same answers, whatever the program does with polls and streams.

And what has changed since is reported.
"""

import copy

import pytest
from returns import FIND_ORDER, INSTRUCTIONS, ORDERS, ReturnsDesk

REFUND = "Yes, you can return the desk lamp. We will refund 38.5 euros."


# The recording as it is, and the scenario that was distilled from it.
@pytest.mark.parametrize("_file", [
    pytest.param(file, marks=pytest.mark.emulator(file, fail_on_drift=True)) for file in ("returns.jsonl", "returns.yaml")
])  # fmt: skip
def test_the_desk_answers_as_it_did(openai_client, _file):
    desk = ReturnsDesk(openai_client)
    assert desk.ask("Can I return order 4711?") == REFUND
    assert desk.ask("Thank you.") == "You are welcome."
    assert "returns end after 30 days" in ReturnsDesk(openai_client).ask("What about order 4712?")


@pytest.mark.emulator("returns.jsonl", pace={"progression": "polls", "times": 3})
def test_more_polls_than_were_recorded_change_nothing(openai_client):
    assert ReturnsDesk(openai_client).ask("Can I return order 4711?") == REFUND


@pytest.mark.emulator("returns.jsonl")
def test_what_was_polled_can_be_streamed(openai_client):
    desk = ReturnsDesk(openai_client, streams=True)
    assert desk.ask("Can I return order 4711?") == REFUND


@pytest.mark.emulator("returns.jsonl")
def test_a_changed_prompt_is_reported(emulator, openai_client):
    ReturnsDesk(openai_client, instructions=f"{INSTRUCTIONS} Never apologize.").ask("Can I return order 4711?")
    drift = {line["kind"]: line for line in emulator.report().drift}
    assert drift["instructions"]["recorded"] == INSTRUCTIONS
    assert drift["instructions"]["got"].endswith("Never apologize.")


@pytest.mark.emulator("returns.jsonl")
def test_recorded_arguments_that_a_changed_function_does_not_take_are_reported(emulator, openai_client):
    tool = copy.deepcopy(FIND_ORDER)
    tool["function"]["parameters"]["properties"]["number"]["type"] = "integer"
    ReturnsDesk(openai_client, tool=tool).ask("Can I return order 4711?")
    (line,) = [line for line in emulator.report().drift if line["kind"] == "tool_arguments_invalid"]
    assert (line["path"], line["recorded"]) == ("$.number", "4711")


@pytest.mark.emulator("returns.jsonl", drift="template")
def test_answers_can_speak_of_what_the_functions_return_today(openai_client):
    orders = {**ORDERS, "4711": {"item": "floor lamp", "price": 52, "days_since_delivery": 3}}
    answer = ReturnsDesk(openai_client, orders=orders).ask("Can I return order 4711?")
    assert answer == "Yes, you can return the floor lamp. We will refund 52 euros."


@pytest.mark.emulator("returns.jsonl", drift="strict", allow=("drift", "script"))
def test_a_strict_replay_fails_where_a_function_returns_something_else(openai_client):
    assert ReturnsDesk(openai_client, orders={}).ask("Can I return order 4711?") == "Sorry, that did not work (failed)."
