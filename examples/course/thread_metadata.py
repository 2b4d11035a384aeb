"""A thread in v1 with Chinese metadata: created, retrieved, updated, deleted."""

from notebook import open_v1
from v1 import RequestError

api = open_v1()

# %% an empty thread has four fields
empty = api.post("/threads")
print(empty)

# %% a thread with metadata
created = api.post("/threads", metadata={"顾客": "周小满", "最爱": "黑麦面包"})
retrieved = api.get(f"/threads/{created['id']}")
print(retrieved["metadata"])

# %% an update replaces all metadata
api.post(f"/threads/{created['id']}", metadata={"顾客": "周小满", "会员": "是"})
updated = api.get(f"/threads/{created['id']}")
print(updated["metadata"])

# %% a deleted thread is not found
deleted = api.delete(f"/threads/{created['id']}")
try:
    api.get(f"/threads/{created['id']}")
except RequestError as error:
    refusal = error
print(refusal)
