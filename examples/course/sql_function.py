"""A function with SQL: the model calls it, the program runs the query, and the answer depends on the rows."""

import json
import sqlite3

from notebook import MODEL, function, newest, open_client

api = open_client("sql_function.yaml")

database = sqlite3.connect(":memory:")
database.execute("CREATE TABLE sales (day TEXT, bread TEXT, price REAL, loaves INTEGER)")
database.executemany(
    "INSERT INTO sales VALUES (?, ?, ?, ?)",
    [("Friday", "rye", 4.25, 20), ("Friday", "spelt", 4.75, 12), ("Saturday", "rye", 4.25, 34)],
)


def ask_database(query):
    return json.dumps(database.execute(query).fetchall())


# %%
assistant = api.beta.assistants.create(
    model=MODEL,
    instructions="Answer from the table sales(day, bread, price, loaves).",
    tools=[function("ask_database", query="string")],
)
thread = api.beta.threads.create()


def wait_on_run(run):
    while run.status in ("queued", "in_progress"):
        run = api.beta.threads.runs.retrieve(run.id, thread_id=thread.id)
    return run


def ask(question):
    api.beta.threads.messages.create(thread.id, role="user", content=question)
    waiting = wait_on_run(api.beta.threads.runs.create(thread.id, assistant_id=assistant.id))
    (call,) = waiting.required_action.submit_tool_outputs.tool_calls
    rows = ask_database(**json.loads(call.function.arguments))
    submitted = api.beta.threads.runs.submit_tool_outputs(
        waiting.id, thread_id=thread.id, tool_outputs=[{"tool_call_id": call.id, "output": rows}]
    )
    finished = wait_on_run(submitted)
    answer = newest(api, thread.id)
    print(f"> {question}\n  {call.function.arguments}\n  {rows}\n  {answer}")
    return waiting, submitted, finished, answer


# %% one question, through all statuses
waiting, submitted, finished, answer = ask("What did we take on Friday?")
print(waiting.status, "→", submitted.status, "→", finished.status)
step = api.beta.threads.runs.steps.list(finished.id, thread_id=thread.id, order="asc").data[0]
print(step.step_details.tool_calls[0].function)

# %% another question on the same thread
ask("How many loaves are sold on average?")
