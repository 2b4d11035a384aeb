"""Two independent functions, called in one step and answered in one request."""

import json

from notebook import MODEL, function, newest, open_client

api = open_client("parallel_functions.yaml")
assistant = api.beta.assistants.create(
    model=MODEL, tools=[function("count_loaves", kind="string"), function("count_guests", day="string")]
)
stock = {"rye": 9, "spelt": 4}
bookings = {"Saturday": 22, "Sunday": 31}
handlers = {
    "count_loaves": lambda kind: json.dumps([[stock[kind]]]),
    "count_guests": lambda day: json.dumps([[bookings[day]]]),
}

# %%
run = api.beta.threads.create_and_run_poll(
    assistant_id=assistant.id,
    thread={"messages": [{"role": "user", "content": "Do we have enough rye for Sunday?"}]},
)
calls = run.required_action.submit_tool_outputs.tool_calls
outputs = [
    {"tool_call_id": call.id, "output": handlers[call.function.name](**json.loads(call.function.arguments))}
    for call in calls
]
print(outputs)

# %%
finished = api.beta.threads.runs.submit_tool_outputs_and_poll(
    run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs
)
steps = api.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id, order="asc").data
answer = newest(api, run.thread_id)
print(answer)
