"""Migrating: a program before and after its migration from the Assistants API, tested with the same scenario.

Before, the server stores the thread and runs the loop. After, the program stores the messages and runs the loop itself,
around a function that calls some model. Here the scenario plays that model too, so every difference between the two
records comes from the program.
"""

import json
from collections.abc import Callable
from typing import Any

from openai import OpenAI
from server import HERE, client, newest

from scripted_models import Call, Calls, ModelView, Outputs, Say, Scenario, load_scenario

QUESTIONS = ("Do you have Emma and Moby-Dick?", "Good, thank you.")
STOCK = {"Emma": "two copies", "Moby-Dick": "lent out"}
LOOK_UP: Any = {
    "type": "function",
    "function": {
        "name": "look_up_title",
        "parameters": {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]},
    },
}
Record = list[tuple[str, str]]


def look_up_title(arguments: str, record: Record) -> str:
    record.append(("call", arguments))
    return STOCK[json.loads(arguments)["title"]]


# --- before: the server runs the loop -------------------------------------------------------------------------------


def before(api: OpenAI) -> Record:
    record: Record = []
    assistant = api.beta.assistants.create(model="gpt-4o", name="Library", tools=[LOOK_UP])
    thread = api.beta.threads.create()
    for question in QUESTIONS:
        api.beta.threads.messages.create(thread.id, role="user", content=question)
        run = api.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
        if run.status == "requires_action":
            calls = run.required_action.submit_tool_outputs.tool_calls
            outputs: list[Any] = [
                {"tool_call_id": call.id, "output": look_up_title(call.function.arguments, record)} for call in calls
            ]
            api.beta.threads.runs.submit_tool_outputs_and_poll(run_id=run.id, thread_id=thread.id, tool_outputs=outputs)
        record.append(("answer", newest(api, thread.id)))
    return record


# --- after: the program runs the loop ---------------------------------------------------------------------------------

Reply = str | list[tuple[str, str]]  # a text, or (call id, arguments) for each function call
Model = Callable[[list[dict[str, Any]]], Reply]


def after(model: Model) -> Record:
    record: Record = []
    messages: list[dict[str, Any]] = []
    for question in QUESTIONS:
        messages.append({"role": "user", "content": question})
        while not isinstance(reply := model(messages), str):
            messages.append({"role": "assistant", "calls": reply})
            messages += [{"role": "tool", "id": key, "content": look_up_title(args, record)} for key, args in reply]
        messages.append({"role": "assistant", "content": reply})
        record.append(("answer", reply))
    return record


def scripted_model(scenario: Scenario) -> Model:
    """Return the scenario as a model: a function from a list of messages to a reply."""
    actions: Any = None
    turns = 0

    def reply_to(messages: list[dict[str, Any]]) -> Reply:
        nonlocal actions, turns
        result = None
        if messages[-1]["role"] == "user":
            turns += 1
            actions = scenario.turn(_view(messages[-1]["content"], turns)).actions
        else:
            result = Outputs({message["id"]: message["content"] for message in messages if message["role"] == "tool"})
        match actions.send(result):
            case Say(text=text):
                return text
            case Calls(calls=calls):
                return [(call.key, call.arguments) for call in calls]
            case Call() as call:
                return [(call.key, call.arguments)]
            case other:
                raise TypeError(f"this program does not support {other}")

    return reply_to


def _view(question: str, turn: int) -> ModelView:
    from scripted_models import ContextMessage

    return ModelView(
        run_id=f"turn-{turn}",
        thread_id="local",
        model="gpt-4o",
        instructions=None,
        assistant={"id": "local", "name": "Library", "instructions": None, "metadata": {}},
        messages=(ContextMessage("user", question),),
        tools=(LOOK_UP,),
        turn=turn,
    )


with client("migrating.yaml") as api:
    record_before = before(api)
record_after = after(scripted_model(load_scenario(HERE / "migrating.yaml")))
for (kind, old), (_, new) in zip(record_before, record_after, strict=True):
    print(f"{'=' if old == new else '≠'} {kind:<6} {old}" + ("" if old == new else f"\n         {new}"))
same = record_before == record_after
print("\nThe program behaves the same after the migration." if same else "\nThe program behaves differently.")
