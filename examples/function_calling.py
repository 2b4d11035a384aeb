"""Function calling with a real database: the scripted model calls a function with SQL, and its answer depends on the rows."""

import json
import sqlite3
from typing import Any

from server import client, newest

TOOL: Any = {
    "type": "function",
    "function": {
        "name": "ask_database",
        "description": "Run a query on the table sales(title, month, price, copies).",
        "parameters": {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]},
    },
}
SALES = [
    ("Knots and Splices", "March", 12.5, 8),
    ("The Salt Road", "March", 9.0, 11),
    ("The Salt Road", "April", 9.0, 4),
    ("Bees for Beginners", "April", 15.75, 2),
]

shop = sqlite3.connect(":memory:")
shop.execute("CREATE TABLE sales (title TEXT, month TEXT, price REAL, copies INTEGER)")
shop.executemany("INSERT INTO sales VALUES (?, ?, ?, ?)", SALES)


def ask_database(query: str) -> str:
    return json.dumps(shop.execute(query).fetchall())


def ask(question: str) -> None:
    print(f"\n> {question}")
    api.beta.threads.messages.create(thread.id, role="user", content=question)
    run = api.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    while run.status == "requires_action":
        outputs: list[Any] = []
        for call in run.required_action.submit_tool_outputs.tool_calls:
            query = json.loads(call.function.arguments)["query"]
            rows = ask_database(query)
            print(f"  {query}\n  = {rows}")
            outputs.append({"tool_call_id": call.id, "output": rows})
        run = api.beta.threads.runs.submit_tool_outputs_and_poll(
            run_id=run.id, thread_id=thread.id, tool_outputs=outputs
        )
    print(f"  {newest(api, thread.id)}")


with client("function_calling.yaml") as api:
    assistant = api.beta.assistants.create(model="gpt-4o", name="Bookshop", tools=[TOOL])
    thread = api.beta.threads.create()
    ask("What did we earn in March?")
    ask("Which book sells best?")
    print("\nA customer buys thirty copies of a book about bees.")
    shop.execute("INSERT INTO sales VALUES ('Bees for Beginners', 'April', 15.75, 30)")
    ask("And which book sells best now?")
