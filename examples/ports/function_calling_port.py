"""The port of function_calling.py: a chain, whose loop the program runs by itself."""

import json
import sqlite3
from typing import Any

from openai import OpenAI

TOOL: Any = {
    "type": "function",
    "name": "ask_database",
    "description": "Run a query on the table sales(title, month, price, copies).",
    "parameters": {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]},
    "strict": False,
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
client = OpenAI()
previous: str | None = None


def send(input: Any) -> Any:  # noqa: A002 - the API's name
    global previous  # noqa: PLW0603 - the program holds one dialogue
    response = client.responses.create(model="gpt-4o", tools=[TOOL], previous_response_id=previous, input=input)
    previous = response.id
    return response


def ask(question: str) -> None:
    print(f"\n> {question}")
    response = send(question)
    while calls := [item for item in response.output if item.type == "function_call"]:
        outputs = []
        for call in calls:
            rows = json.dumps(shop.execute(json.loads(call.arguments)["query"]).fetchall())
            outputs.append({"type": "function_call_output", "call_id": call.call_id, "output": rows})
        response = send(outputs)
    print(f"  {response.output_text}")


ask("What did we earn in March?")
ask("Which book sells best?")
print("\nA customer buys thirty copies of a book about bees.")
shop.execute("INSERT INTO sales VALUES ('Bees for Beginners', 'April', 15.75, 30)")
ask("And which book sells best now?")
