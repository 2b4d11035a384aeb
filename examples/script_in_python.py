"""A script in Python: where a scenario would need too many ifs, the model is a function."""

import json
from typing import Any

from server import client, newest

from scripted_models import Call, Calls, Context, Remember, Say, Script

script = Script("lending-desk")
DESK: Any = {
    "type": "function",
    "function": {
        "name": "shelf",
        "description": "How many copies of a title are on the shelf.",
        "parameters": {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]},
    },
}


@script.turn(message={"contains": "borrow"})
def lend(t: Context) -> Any:
    """Ask for all titles at once, then reason about what came back, in plain Python."""
    titles = [title.strip(" .?") for title in t.message.partition("borrow ")[2].split(" and ")]
    found = yield Calls(*(Call("shelf", {"title": title}, as_=title) for title in titles))
    there = [title for title in titles if found.data(title)["copies"] > 0]
    gone = [title for title in titles if title not in there]
    yield Remember({"lent": t.vars.get("lent", 0) + len(there)})
    yield Say(f"Here {'is' if len(there) == 1 else 'are'} {' and '.join(there) or 'nothing'}.")
    if gone:
        yield Say(f"{' and '.join(gone)} will be back next week.")


@script.turn(message={"contains": "How many"})
def count(t: Context) -> Any:
    return [Say(f"You have {t.vars.get('lent', 0)} of our books.")]


SHELF = {"Moby-Dick": 1, "Middlemarch": 0, "Emma": 2}

with client(script) as api:
    assistant = api.beta.assistants.create(model="gpt-4o", name="Lending desk", tools=[DESK])
    thread = api.beta.threads.create()
    for question in ("May I borrow Moby-Dick and Middlemarch and Emma?", "How many books do I have?"):
        print(f"\n> {question}")
        api.beta.threads.messages.create(thread.id, role="user", content=question)
        run = api.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
        if run.status == "requires_action":
            outputs: list[Any] = []
            for call in run.required_action.submit_tool_outputs.tool_calls:
                title = json.loads(call.function.arguments)["title"]
                print(f"  shelf: {SHELF[title]} of {title}")
                outputs.append({"tool_call_id": call.id, "output": json.dumps({"copies": SHELF[title]})})
            run = api.beta.threads.runs.submit_tool_outputs_and_poll(
                run_id=run.id, thread_id=thread.id, tool_outputs=outputs
            )
        for message in api.beta.threads.messages.list(thread.id, run_id=run.id, order="asc"):
            print(f"  {message.content[0].text.value}")
    assert newest(api, thread.id).startswith("You have 2")
