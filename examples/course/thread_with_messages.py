"""A thread that is created together with messages: its fields, and the order of the list."""

from notebook import open_client

api = open_client()

# %% create an empty thread and retrieve it
empty = api.beta.threads.create()
retrieved = api.beta.threads.retrieve(empty.id)
print(empty.to_dict())
print(retrieved.to_dict())

# %% three messages within one second
thread = api.beta.threads.create(
    messages=[
        {"role": "user", "content": "What is in a pretzel?"},
        {"role": "assistant", "content": "Flour, water, yeast, salt, and a bath in lye."},
        {"role": "user", "content": "Lye? Is that safe?"},
    ]
)
page = api.beta.threads.messages.list(thread.id)
for message in page.data:
    print(f"{message.created_at}  {message.role:<10} {message.content[0].text.value}")
print(page.first_id, page.last_id, page.has_more)
