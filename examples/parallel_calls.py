"""Parallel calls: the app runs three calls of one step in parallel, and the answer depends on their outputs."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from server import client, newest

FERRIES = {"Lindholm": "9:40", "Grasoe": "11:05"}
sea = {"metres": 0.6}


def next_ferry(island: str) -> str:
    time.sleep(0.2)
    return FERRIES[island]


def swell() -> str:
    time.sleep(0.2)
    return json.dumps(sea)


def tool(name: str, **properties: Any) -> Any:
    parameters = {"type": "object", "properties": properties, "required": list(properties)}
    return {"type": "function", "function": {"name": name, "parameters": parameters}}


TOOLS = [tool("next_ferry", island={"type": "string"}), tool("swell")]
HANDLERS: dict[str, Any] = {"next_ferry": next_ferry, "swell": swell}


def run_call(call: Any) -> Any:
    output = HANDLERS[call.function.name](**json.loads(call.function.arguments))
    print(f"  {call.function.name}({call.function.arguments}) = {output}")
    return {"tool_call_id": call.id, "output": output}


def ask(question: str) -> None:
    print(f"\n> {question}")
    thread = api.beta.threads.create(messages=[{"role": "user", "content": question}])
    run = api.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    calls = run.required_action.submit_tool_outputs.tool_calls
    started = time.perf_counter()
    with ThreadPoolExecutor() as pool:
        outputs = list(pool.map(run_call, calls))
    print(f"  {len(calls)} calls took {time.perf_counter() - started:.1f} s together")
    api.beta.threads.runs.submit_tool_outputs_and_poll(run_id=run.id, thread_id=thread.id, tool_outputs=outputs)
    print(f"  {newest(api, thread.id)}")


with client("parallel_calls.yaml") as api:
    assistant = api.beta.assistants.create(model="gpt-4o", name="Ferries", tools=TOOLS)
    ask("Shall I go to Lindholm or to Grasoe?")
    sea["metres"] = 3.1
    ask("Shall I go to Lindholm or to Grasoe?")
