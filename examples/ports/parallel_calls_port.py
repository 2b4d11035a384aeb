"""The port of parallel_calls.py: the calls of a response are run at once, and their outputs are sent together."""

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from openai import OpenAI

FERRIES = {"Lindholm": "9:40", "Grasoe": "11:05"}
sea = {"metres": 0.6}
HANDLERS: dict[str, Any] = {"next_ferry": lambda island: FERRIES[island], "swell": lambda: json.dumps(sea)}
client = OpenAI()


def tool(name: str, **properties: Any) -> Any:
    parameters = {"type": "object", "properties": properties, "required": list(properties)}
    return {"type": "function", "name": name, "parameters": parameters, "strict": False}


TOOLS = [tool("next_ferry", island={"type": "string"}), tool("swell")]


def run_call(call: Any) -> Any:
    output = HANDLERS[call.name](**json.loads(call.arguments))
    return {"type": "function_call_output", "call_id": call.call_id, "output": output}


def ask(question: str) -> None:
    print(f"\n> {question}")
    response = client.responses.create(model="gpt-4o", tools=TOOLS, input=question)
    with ThreadPoolExecutor() as pool:
        outputs = list(pool.map(run_call, [item for item in response.output if item.type == "function_call"]))
    response = client.responses.create(model="gpt-4o", tools=TOOLS, previous_response_id=response.id, input=outputs)
    print(f"  {response.output_text}")


ask("Shall I go to Lindholm or to Grasoe?")
sea["metres"] = 3.1
ask("Shall I go to Lindholm or to Grasoe?")
