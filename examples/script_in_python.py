"""A script in Python: the model is a function, for logic that would be clumsy in a scenario file."""

import json
from typing import Any

from server import client, newest

from scripted_models import Call, Calls, Context, Remember, Say, Script

script = Script("lending-desk")
COUNT_COPIES: Any = {
    "type": "function",
    "function": {
        "name": "count_copies",
        "description": "Return how many copies of a title are available.",
        "parameters": {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]},
    },
}


@script.turn(message={"contains": "borrow"})
def lend(t: Context) -> Any:
    """Call the function for all titles in parallel, then decide in plain Python."""
    titles = [title.strip(" .?") for title in t.message.partition("borrow ")[2].split(" and ")]
    outputs = yield Calls(*(Call("count_copies", {"title": title}, as_=title) for title in titles))
    available = [title for title in titles if outputs.data(title)["copies"] > 0]
    lent_out = [title for title in titles if title not in available]
    yield Remember({"lent": t.vars.get("lent", 0) + len(available)})
    yield Say(f"Here {'is' if len(available) == 1 else 'are'} {' and '.join(available) or 'nothing'}.")
    if lent_out:
        yield Say(f"{' and '.join(lent_out)} will be back next week.")


@script.turn(message={"contains": "How many"})
def count(t: Context) -> Any:
    return [Say(f"You have {t.vars.get('lent', 0)} of our books.")]


COPIES = {"Moby-Dick": 1, "Middlemarch": 0, "Emma": 2}

with client(script) as api:
    assistant = api.beta.assistants.create(model="gpt-4o", name="Lending desk", tools=[COUNT_COPIES])
    thread = api.beta.threads.create()
    for question in ("May I borrow Moby-Dick and Middlemarch and Emma?", "How many books do I have?"):
        print(f"\n> {question}")
        api.beta.threads.messages.create(thread.id, role="user", content=question)
        run = api.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
        if run.status == "requires_action":
            outputs: list[Any] = []
            for call in run.required_action.submit_tool_outputs.tool_calls:
                title = json.loads(call.function.arguments)["title"]
                print(f"  count_copies({title}) = {COPIES[title]}")
                outputs.append({"tool_call_id": call.id, "output": json.dumps({"copies": COPIES[title]})})
            run = api.beta.threads.runs.submit_tool_outputs_and_poll(
                run_id=run.id, thread_id=thread.id, tool_outputs=outputs
            )
        for message in api.beta.threads.messages.list(thread.id, run_id=run.id, order="asc"):
            print(f"  {message.content[0].text.value}")
    assert newest(api, thread.id).startswith("You have 2")
