"""File search of today's API: a vector store filled by a batch, an assistant that gets it later, an answer that cites."""

import io

from handbook import HANDBOOK
from notebook import MODEL, open_client

api = open_client("handbook_search.yaml")

# %% an assistant that can search, and has nothing to search in yet
assistant = api.beta.assistants.create(model=MODEL, name="Master baker", tools=[{"type": "file_search"}])

# %% a store, filled by uploading and waiting
store = api.vector_stores.create(name="House papers")
batch = api.vector_stores.file_batches.upload_and_poll(
    vector_store_id=store.id,
    files=[("handbook.pdf", io.BytesIO(HANDBOOK)), ("notes.txt", io.BytesIO(b"Buy a new broom in spring."))],
)
print(batch.status, batch.file_counts)

# %% now the assistant may use it
assistant = api.beta.assistants.update(assistant.id, tool_resources={"file_search": {"vector_store_ids": [store.id]}})
print(assistant.tool_resources)

# %%
run = api.beta.threads.create_and_run_poll(
    assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": "How hot must the oven be?"}]}
)
steps = api.beta.threads.runs.steps.list(
    run.id, thread_id=run.thread_id, order="asc", include=["step_details.tool_calls[*].file_search.results[*].content"]
).data
text = api.beta.threads.messages.list(run.thread_id).data[0].content[0].text
print(text.value)

# %% citations as footnotes, as every app has to do it
readable = text.value
for number, mark in enumerate(text.annotations, 1):
    source = api.files.retrieve(mark.file_citation.file_id)
    readable = readable.replace(mark.text, f"[{number}]") + f"\n[{number}] {source.filename}"
print(readable)

# %% and tidy up
deleted = api.beta.assistants.delete(assistant.id)
api.vector_stores.delete(store.id)
