"""Six thinking hats in seven turns: each turn has its own assistant and thread, and gets the previous answers."""
# ruff: noqa: RUF001 - Chinese sentences have Chinese punctuation

from hats import ORDER, QUESTION, outputs_of, tools_of
from notebook import MODEL, newest, open_client

api = open_client("hats.yaml")
transcript = [QUESTION]
turns = []

for number, hat in enumerate(ORDER, 1):
    task = "请总结整场讨论。" if number == len(ORDER) else "请从你的角度发言。"
    assistant = api.beta.assistants.create(
        model=MODEL, name=hat, instructions=f"你戴着{hat}。{task}", tools=tools_of(hat)
    )
    thread = api.beta.threads.create(messages=[{"role": "user", "content": "\n".join(transcript)}])
    run = api.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    if run.status == "requires_action":
        run = api.beta.threads.runs.submit_tool_outputs_and_poll(
            run_id=run.id, thread_id=thread.id, tool_outputs=outputs_of(run)
        )
    transcript.append(f"{hat}：{newest(api, thread.id)}")
    turns.append(run)
    print(transcript[-1])
