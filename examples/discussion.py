"""A discussion: seven runs of six assistants on one thread, then the same with a new thread for each turn.

On one thread every speaker sees the previous messages, although no user writes between the runs. With a new thread for
each turn the app passes the previous messages on itself, and each thread stays short.
"""

import json
from typing import Any

from server import client, newest

QUESTION = "Shall the village build a footbridge at the old mill?"
SPEAKERS = ("Chair", "Surveyor", "Ferryman", "Miller", "Teacher", "Gardener")
ORDER = (*SPEAKERS, "Chair")
FACTS = {"width of the stream": "eleven metres", "price of larch": "80 a metre"}
LOOK_UP: Any = {
    "type": "function",
    "function": {
        "name": "look_up",
        "parameters": {"type": "object", "properties": {"topic": {"type": "string"}}, "required": ["topic"]},
    },
}


def speak(name: str, thread_id: str) -> str:
    run = api.beta.threads.runs.create_and_poll(thread_id=thread_id, assistant_id=council[name])
    if run.status == "requires_action":
        calls = run.required_action.submit_tool_outputs.tool_calls
        topics = [json.loads(call.function.arguments)["topic"] for call in calls]
        print(f"  {name:<9} (looks up: {', '.join(topics)})")
        outputs: list[Any] = [
            {"tool_call_id": call.id, "output": FACTS[topic]} for call, topic in zip(calls, topics, strict=True)
        ]
        run = api.beta.threads.runs.submit_tool_outputs_and_poll(
            run_id=run.id, thread_id=thread_id, tool_outputs=outputs
        )
    assert run.status == "completed", run.last_error
    statement = newest(api, thread_id)
    print(f"  {name:<9} {statement}")
    return statement


with client("discussion.yaml") as api:
    council = {
        name: api.beta.assistants.create(model="gpt-4o", name=name, tools=[LOOK_UP] if name == "Surveyor" else []).id
        for name in SPEAKERS
    }

    print(f"On one thread: {QUESTION}")
    thread = api.beta.threads.create(messages=[{"role": "user", "content": QUESTION}])
    for name in ORDER:
        speak(name, thread.id)
    messages = api.beta.threads.messages.list(thread.id, order="asc", limit=100).data
    speakers = {message.assistant_id for message in messages if message.role == "assistant"}
    print(f"  {len(messages)} messages, {len(speakers)} speakers, one thread")

    print("\nWith a new thread for each turn")
    transcript = [QUESTION]
    for name in ORDER[1:-1]:
        so_far = "\n".join(transcript)
        turn = api.beta.threads.create(messages=[{"role": "user", "content": so_far}])
        transcript.append(f"{name}: {speak(name, turn.id)}")
    print(f"  the last speaker received {len(so_far)} characters")

    for assistant_id in council.values():
        api.beta.assistants.delete(assistant_id)
