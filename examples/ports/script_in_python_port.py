"""The port of script_in_python.py: stateless, so the program sends everything that was said."""

import json
from typing import Any

from openai import OpenAI

TOOL: Any = {
    "type": "function",
    "name": "count_copies",
    "description": "Return how many copies of a title are available.",
    "parameters": {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]},
    "strict": False,
}
COPIES = {"Moby-Dick": 1, "Middlemarch": 0, "Emma": 2}
client = OpenAI()
history: list[Any] = []
for question in ("May I borrow Moby-Dick and Middlemarch and Emma?", "How many books do I have?"):
    print(f"\n> {question}")
    history.append({"role": "user", "content": question})
    while True:
        response = client.responses.create(model="gpt-4o", tools=[TOOL], input=history, store=False)
        history += response.output
        calls = [item for item in response.output if item.type == "function_call"]
        if not calls:
            break
        for call in calls:
            output = json.dumps({"copies": COPIES[json.loads(call.arguments)["title"]]})
            history.append({"type": "function_call_output", "call_id": call.call_id, "output": output})
    print(f"  {response.output_text}")
