"""An assistant in v1 with all three tools: several messages in one run, then a function call on the same thread."""

from notebook import function, open_v1
from sales_table import SALES

api = open_v1("three_tools.yaml")

# %% the upload
file = api.upload("sales.csv", SALES)
print(file)

# %% the assistant
assistant = api.post(
    "/assistants",
    model="gpt-4-1106-preview",
    name="Analyst",
    tools=[{"type": "code_interpreter"}, {"type": "retrieval"}, function("pin_note", text="string")],
    file_ids=[file["id"]],
)
print(assistant["tools"])

# %% a thread with a message; a run has the same fields at any time
thread = api.post("/threads", messages=[{"role": "user", "content": "Which was the best day?"}])
print(list(thread))
queued = api.post(f"/threads/{thread['id']}/runs", assistant_id=assistant["id"])
finished = api.wait_for(queued)
for name in finished:
    print(f"  {name:<13} {finished[name]}")

# %% the run wrote two messages; the newest comes first
messages = api.get(f"/threads/{thread['id']}/messages")["data"]
for message in messages:
    print(f"  {message['role']:<10} {message['content'][0]['text']['value']}")

# %% a second message and run; the output is plain text, not JSON
api.post(f"/threads/{thread['id']}/messages", role="user", content="Leave a note for the bakers, please.")
waiting = api.wait_for(api.post(f"/threads/{thread['id']}/runs", assistant_id=assistant["id"]))
if waiting["status"] == "requires_action":
    calls = waiting["required_action"]["submit_tool_outputs"]["tool_calls"]
    outputs = [
        {"tool_call_id": call["id"], "output": "pinned beside the oven"} for call in calls if call["type"] == "function"
    ]
    path = f"/threads/{thread['id']}/runs/{waiting['id']}/submit_tool_outputs"
    noted_run = api.wait_for(api.post(path, tool_outputs=outputs))
answer = api.newest(thread["id"])
print(answer)
