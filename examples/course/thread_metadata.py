"""A thread of the first version and what is noted on it, in Chinese: made, read, changed, deleted."""

from notebook import open_v1
from v1 import RefusedError

api = open_v1()

# %% an empty one has four fields
empty = api.post("/threads")
print(empty)

# %% a customer's thread
made = api.post("/threads", metadata={"顾客": "周小满", "最爱": "黑麦面包"})
read = api.get(f"/threads/{made['id']}")
print(read["metadata"])

# %% an update replaces all of the notes
api.post(f"/threads/{made['id']}", metadata={"顾客": "周小满", "会员": "是"})
changed = api.get(f"/threads/{made['id']}")
print(changed["metadata"])

# %% once it is deleted nobody finds it
deleted = api.delete(f"/threads/{made['id']}")
try:
    api.get(f"/threads/{made['id']}")
except RefusedError as error:
    refusal = error
print(refusal)
