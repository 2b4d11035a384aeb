"""Porting: a program on the Assistants API and its port to Responses and Conversations, tested with the same scenario.

The server plays the scenario over both APIs, so every difference between the two records comes from the program.
"""

import json
from typing import Any

from openai import OpenAI
from server import client, newest

INSTRUCTIONS = "You work in a library. Look titles up."
QUESTIONS = ("Do you have Emma and Moby-Dick?", "Good, thank you.")
STOCK = {"Emma": "two copies", "Moby-Dick": "lent out"}
LOOK_UP: Any = {
    "name": "look_up_title",
    "parameters": {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]},
}
Record = list[tuple[str, str]]


def look_up_title(arguments: str, record: Record) -> str:
    record.append(("call", arguments))
    return STOCK[json.loads(arguments)["title"]]


# --- before: the server runs the loop ---------------------------------------------------------------------------------


def before(api: OpenAI) -> Record:
    record: Record = []
    tools: Any = [{"type": "function", "function": LOOK_UP}]
    assistant = api.beta.assistants.create(model="gpt-4o", instructions=INSTRUCTIONS, tools=tools)
    thread = api.beta.threads.create()
    for question in QUESTIONS:
        api.beta.threads.messages.create(thread.id, role="user", content=question)
        run = api.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
        while run.status == "requires_action":
            calls = run.required_action.submit_tool_outputs.tool_calls
            outputs: list[Any] = [
                {"tool_call_id": call.id, "output": look_up_title(call.function.arguments, record)} for call in calls
            ]
            run = api.beta.threads.runs.submit_tool_outputs_and_poll(
                run_id=run.id, thread_id=thread.id, tool_outputs=outputs
            )
        record.append(("answer", newest(api, thread.id)))
    return record


# --- after: the program runs the loop, and sends instructions and tools each time -------------------------------------


def after(api: OpenAI) -> Record:
    record: Record = []
    # Functions are flat, and strict unless it is said that they are not.
    tools: Any = [{"type": "function", "strict": False, **LOOK_UP}]
    conversation = api.conversations.create()
    for question in QUESTIONS:
        sent: list[Any] = [{"role": "user", "content": question}]
        while sent:
            response = api.responses.create(
                model="gpt-4o", instructions=INSTRUCTIONS, tools=tools, conversation=conversation.id, input=sent
            )
            sent = [
                {
                    "type": "function_call_output",
                    "call_id": call.call_id,
                    "output": look_up_title(call.arguments, record),
                }
                for call in response.output
                if call.type == "function_call"
            ]
        record.append(("answer", response.output_text))
    return record


with client("migrating.yaml") as api:
    record_before = before(api)
    record_after = after(api)
for (kind, old), (_, new) in zip(record_before, record_after, strict=True):
    print(f"{'=' if old == new else '≠'} {kind:<6} {old}" + ("" if old == new else f"\n         {new}"))
same = record_before == record_after
print("\nThe port behaves the same." if same else "\nThe port behaves differently.")
