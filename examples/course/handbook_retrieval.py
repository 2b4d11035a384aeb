"""Retrieval in v1: a question in Chinese about an English PDF, and a follow-up question with more tools."""
# ruff: noqa: RUF001 - Chinese sentences have Chinese punctuation

from handbook import HANDBOOK
from notebook import function, open_v1

api = open_v1("handbook_retrieval.yaml")

# %% an assistant without a name, with one tool and one file
handbook = api.upload("handbook.pdf", HANDBOOK)
assistant = api.post(
    "/assistants", model="gpt-4-turbo-preview", tools=[{"type": "retrieval"}], file_ids=[handbook["id"]]
)
print(assistant)

# %%
thread = api.post("/threads", messages=[{"role": "user", "content": "酸种闻起来有醋味，怎么办？"}])
run = api.wait_for(api.post(f"/threads/{thread['id']}/runs", assistant_id=assistant["id"]))
steps = api.steps(run)
answer = api.get(f"/threads/{thread['id']}/messages")["data"][0]["content"][0]["text"]
print(steps[0]["step_details"])
print(answer["value"])

# %% a follow-up on the same thread, with all three tools and two files; the model uses none of them
prices = api.upload("prices.csv", b"bread,price\nrye,4.25\n")
equipped = api.post(
    f"/assistants/{assistant['id']}",
    tools=[{"type": "code_interpreter"}, {"type": "retrieval"}, function("weigh", bread="string")],
    file_ids=[handbook["id"], prices["id"]],
)
api.post(f"/threads/{thread['id']}/messages", role="user", content="两次之间要隔多久？")
second_run = api.wait_for(api.post(f"/threads/{thread['id']}/runs", assistant_id=assistant["id"]))
second_steps = api.steps(second_run)
second_answer = api.newest(thread["id"])
print(second_answer)
