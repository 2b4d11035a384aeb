"""Other requests for threads, messages and runs: lists, single objects, updates, and a cancelled run."""

from notebook import MODEL, open_client

api = open_client("updates_and_lists.yaml")
assistant = api.beta.assistants.create(model=MODEL, tools=[{"type": "code_interpreter"}])
order_list = api.files.create(file=("orders.csv", b"name,loaves\nXu,2\n"), purpose="assistants")

# %% update a thread: its metadata, and the files for the code interpreter
thread = api.beta.threads.create(messages=[{"role": "user", "content": "Good morning!"}])
thread = api.beta.threads.update(
    thread.id,
    metadata={"counter": "left"},
    tool_resources={"code_interpreter": {"file_ids": [order_list.id]}},
)
print(thread)

# %% messages: retrieve one, update its metadata, list all
greeting = api.beta.threads.messages.create(thread.id, role="user", content="Two loaves for Ms Xu, please.")
same = api.beta.threads.messages.retrieve(greeting.id, thread_id=thread.id)
updated = api.beta.threads.messages.update(greeting.id, thread_id=thread.id, metadata={"paid": "yes"})
listed = api.beta.threads.messages.list(thread.id, order="asc").data
print(updated.metadata, [message.id for message in listed])

# %% runs: one that completes and gets metadata, and one that is cancelled
first = api.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
first = api.beta.threads.runs.update(first.id, thread_id=thread.id, metadata={"rating": "good"})
api.beta.threads.messages.create(thread.id, role="user", content="And a cake that takes all day.")
second = api.beta.threads.runs.create(thread.id, assistant_id=assistant.id)
cancelling = api.beta.threads.runs.cancel(second.id, thread_id=thread.id)
second = api.beta.threads.runs.retrieve(second.id, thread_id=thread.id)
runs = api.beta.threads.runs.list(thread.id).data
for run in runs:
    print(run.id, run.status, run.metadata)
