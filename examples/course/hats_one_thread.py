"""Six thinking hats on one thread: seven runs of six assistants, without user messages between them."""
# ruff: noqa: RUF001 - Chinese sentences have Chinese punctuation

from hats import ORDER, QUESTION, outputs_of, tools_of
from notebook import MODEL, open_client

api = open_client("hats.yaml")
hats = {
    hat: api.beta.assistants.create(model=MODEL, name=hat, instructions=f"你戴着{hat}。", tools=tools_of(hat))
    for hat in dict.fromkeys(ORDER)
}
thread = api.beta.threads.create(messages=[{"role": "user", "content": QUESTION}])
runs = []

# %% the blue hat opens the discussion, and closes it with additional instructions
for number, hat in enumerate(ORDER, 1):
    last = {"additional_instructions": "请总结整场讨论。"} if number == len(ORDER) else {}
    run = api.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=hats[hat].id, **last)
    if run.status == "requires_action":
        run = api.beta.threads.runs.submit_tool_outputs_and_poll(
            run_id=run.id, thread_id=thread.id, tool_outputs=outputs_of(run)
        )
    runs.append(run)

# %%
names = {assistant.id: hat for hat, assistant in hats.items()}
messages = list(api.beta.threads.messages.list(thread.id, order="asc"))
for message in messages:
    print(f"{names.get(message.assistant_id, '我们')}：{message.content[0].text.value}")

# %% delete the assistants
deleted = [api.beta.assistants.delete(assistant.id) for assistant in hats.values()]
