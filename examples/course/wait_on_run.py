"""A question in v1, and a loop that polls the run every half second until it ends."""

from notebook import advance_clock, function, open_v1

api = open_v1("wait_on_run.yaml")

# %% an assistant with a file and two tools; the function has no description
price_list = api.upload("prices.txt", b"rye 4.20\nspelt 4.80\n")
assistant = api.post(
    "/assistants",
    model="gpt-4-1106-preview",
    name="Baker",
    instructions="You explain bread to children.",
    tools=[{"type": "code_interpreter"}, function("count_loaves", kind="string")],
    file_ids=[price_list["id"]],
)

# %% a message
thread = api.post("/threads")
message = api.post(f"/threads/{thread['id']}/messages", role="user", content="Why does sourdough take so long?")
print(message)

# %% a run: it is queued at first, and inherits from the assistant
run = api.post(f"/threads/{thread['id']}/runs", assistant_id=assistant["id"])
print(run)


# %% the loop of every course; instead of sleeping, it advances the server's clock
def wait_on_run(run):
    polls = [run]
    while polls[-1]["status"] in ("queued", "in_progress"):
        polls.append(api.get(f"/threads/{run['thread_id']}/runs/{run['id']}"))
        advance_clock(api, "500ms")
    return polls


polls = wait_on_run(run)
print(" → ".join(poll["status"] for poll in polls))

# %% the steps, oldest first, and the messages, newest first
steps = api.get(f"/threads/{thread['id']}/runs/{run['id']}/steps", order="asc")["data"]
messages = api.get(f"/threads/{thread['id']}/messages")["data"]
print([step["step_details"]["type"] for step in steps])
print(messages[0]["content"][0]["text"]["value"])
