"""The client's own poll loop: one call that returns when the run has ended."""

from notebook import MODEL, newest, open_client

api = open_client("create_and_poll.yaml")
assistant = api.beta.assistants.create(model=MODEL, instructions="You are a baker.")
thread = api.beta.threads.create(messages=[{"role": "user", "content": "How do I get a shiny crust?"}])

# %%
run = api.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
if run.status == "completed":
    answer = newest(api, thread.id)
    print(answer)
else:
    print(run.status)

# %% the server tells the client how long to wait between two polls
response = api.beta.threads.runs.with_raw_response.retrieve(
    run.id, thread_id=thread.id, extra_headers={"X-Stainless-Poll-Helper": "true"}
)
print(response.headers["openai-poll-after-ms"], "ms")
