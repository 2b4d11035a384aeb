"""A question to the first version, and a loop that looks at the run every half second until it is over."""

from notebook import function, open_v1, pass_time

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

# %% a run: it begins in the queue, and takes over what the assistant has
run = api.post(f"/threads/{thread['id']}/runs", assistant_id=assistant["id"])
print(run)


# %% what every course shows first; instead of sleeping, the server's clock is moved
def wait_on_run(run):
    looks = [run]
    while looks[-1]["status"] in ("queued", "in_progress"):
        looks.append(api.get(f"/threads/{run['thread_id']}/runs/{run['id']}"))
        pass_time(api, "500ms")
    return looks


looks = wait_on_run(run)
print(" → ".join(look["status"] for look in looks))

# %% the steps, oldest first, and the messages, newest first
steps = api.get(f"/threads/{thread['id']}/runs/{run['id']}/steps", order="asc")["data"]
messages = api.get(f"/threads/{thread['id']}/messages")["data"]
print([step["step_details"]["type"] for step in steps])
print(messages[0]["content"][0]["text"]["value"])
