"""Migrating: the program before and after it left the Assistants API, held against the same scenario.

Before, the server keeps the thread and drives the loop. Afterwards the program keeps the messages and drives the loop
itself, around a function that asks some model. Here that function is played by the scenario too, so whatever differs
between the two comes from the program.
"""

import json
from collections.abc import Callable
from typing import Any

from openai import OpenAI
from server import HERE, client, newest

from scripted_models import Call, Calls, ModelView, Outputs, Say, Scenario, load_scenario

QUESTIONS = ("Do you have Emma and Moby-Dick?", "Good, thank you.")
HOLDINGS = {"Emma": "two copies", "Moby-Dick": "lent out"}
SHELF: Any = {
    "type": "function",
    "function": {
        "name": "shelf",
        "parameters": {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]},
    },
}
Record = list[tuple[str, str]]


def shelf(arguments: str, record: Record) -> str:
    record.append(("shelf", arguments))
    return HOLDINGS[json.loads(arguments)["title"]]


# --- before: the server drives --------------------------------------------------------------------------------------


def before(api: OpenAI) -> Record:
    record: Record = []
    assistant = api.beta.assistants.create(model="gpt-4o", name="Library", tools=[SHELF])
    thread = api.beta.threads.create()
    for question in QUESTIONS:
        api.beta.threads.messages.create(thread.id, role="user", content=question)
        run = api.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
        if run.status == "requires_action":
            calls = run.required_action.submit_tool_outputs.tool_calls
            outputs: list[Any] = [
                {"tool_call_id": call.id, "output": shelf(call.function.arguments, record)} for call in calls
            ]
            api.beta.threads.runs.submit_tool_outputs_and_poll(run_id=run.id, thread_id=thread.id, tool_outputs=outputs)
        record.append(("said", newest(api, thread.id)))
    return record


# --- after: the program drives ----------------------------------------------------------------------------------------

Reply = str | list[tuple[str, str]]  # a text, or (call id, arguments) of each call
Model = Callable[[list[dict[str, Any]]], Reply]


def after(model: Model) -> Record:
    record: Record = []
    messages: list[dict[str, Any]] = []
    for question in QUESTIONS:
        messages.append({"role": "user", "content": question})
        while not isinstance(reply := model(messages), str):
            messages.append({"role": "assistant", "calls": reply})
            messages += [{"role": "tool", "id": key, "content": shelf(args, record)} for key, args in reply]
        messages.append({"role": "assistant", "content": reply})
        record.append(("said", reply))
    return record


def scripted(scenario: Scenario) -> Model:
    """Return the scenario as a model that is asked message list by message list."""
    playing: Any = None
    turns = 0

    def ask(messages: list[dict[str, Any]]) -> Reply:
        nonlocal playing, turns
        result = None
        if messages[-1]["role"] == "user":
            turns += 1
            playing = scenario.turn(_view(messages[-1]["content"], turns)).actions
        else:
            result = Outputs({message["id"]: message["content"] for message in messages if message["role"] == "tool"})
        match playing.send(result):
            case Say(text=text):
                return text
            case Calls(calls=calls):
                return [(call.key, call.arguments) for call in calls]
            case Call() as call:
                return [(call.key, call.arguments)]
            case other:
                raise TypeError(f"this program has no use for {other}")

    return ask


def _view(question: str, turn: int) -> ModelView:
    from scripted_models import ContextMessage

    return ModelView(
        run_id=f"turn-{turn}",
        thread_id="local",
        model="gpt-4o",
        instructions=None,
        assistant={"id": "local", "name": "Library", "instructions": None, "metadata": {}},
        messages=(ContextMessage("user", question),),
        tools=(SHELF,),
        turn=turn,
    )


with client("migrating.yaml") as api:
    old = before(api)
new = after(scripted(load_scenario(HERE / "migrating.yaml")))
for (kind, was), (_, now) in zip(old, new, strict=True):
    print(f"{'=' if was == now else '≠'} {kind:<6} {was}" + ("" if was == now else f"\n         {now}"))
print("\nThe program does afterwards what it did before." if old == new else "\nThe program has changed its ways.")
