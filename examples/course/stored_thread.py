"""A thread that outlives the program: the program stores only its id, and continues the conversation on another day."""

import tempfile
from pathlib import Path

from notebook import MODEL, close_all, newest, open_client

with tempfile.TemporaryDirectory() as folder:
    # %% the first day
    api = open_client("stored_thread.yaml", db=Path(folder) / "bakery.sqlite")
    assistant = api.beta.assistants.create(model=MODEL)
    thread = api.beta.threads.create(messages=[{"role": "user", "content": "Hello, my name is Leyla."}])
    api.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    print(newest(api, thread.id))
    stored_ids = (thread.id, assistant.id)
    close_all()

    # %% the next day: a new server and a new client, the same thread
    api = open_client("stored_thread.yaml", db=Path(folder) / "bakery.sqlite")
    thread_id, assistant_id = stored_ids
    api.beta.threads.messages.create(thread_id, role="user", content="Do you remember who I am?")
    run = api.beta.threads.runs.create_and_poll(thread_id=thread_id, assistant_id=assistant_id)
    messages = list(api.beta.threads.messages.list(thread_id, order="asc"))
    answer = newest(api, thread_id)
    print(answer)
    close_all()
