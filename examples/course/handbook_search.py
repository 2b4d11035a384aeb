"""File search in v2: a vector store filled by a batch, attached to an assistant, and an answer with a citation."""

import io

from handbook import HANDBOOK
from notebook import MODEL, open_client

api = open_client("handbook_search.yaml")

# %% an assistant with file search, and nothing to search yet
assistant = api.beta.assistants.create(model=MODEL, name="Master baker", tools=[{"type": "file_search"}])

# %% a store, filled by a batch upload
store = api.vector_stores.create(name="Bakery papers")
batch = api.vector_stores.file_batches.upload_and_poll(
    vector_store_id=store.id,
    files=[("handbook.pdf", io.BytesIO(HANDBOOK)), ("notes.txt", io.BytesIO(b"Buy a new broom in spring."))],
)
print(batch.status, batch.file_counts)

# %% attach the store to the assistant
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

# %% show citations as footnotes, as every app does
readable = text.value
for number, mark in enumerate(text.annotations, 1):
    source = api.files.retrieve(mark.file_citation.file_id)
    readable = readable.replace(mark.text, f"[{number}]") + f"\n[{number}] {source.filename}"
print(readable)

# %% clean up
deleted = api.beta.assistants.delete(assistant.id)
api.vector_stores.delete(store.id)
