"""A thread that is made together with a conversation: what it looks like, and in which order it is listed."""

from notebook import open_client

api = open_client()

# %% made empty, and read again
empty = api.beta.threads.create()
again = api.beta.threads.retrieve(empty.id)
print(empty.to_dict())
print(again.to_dict())

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
