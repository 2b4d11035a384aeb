"""Polling: start a run, poll it until it ends, read the answer; one run completes and one fails."""

import time

from server import client, newest

BUSY = ("queued", "in_progress", "cancelling")

with client("polling.yaml") as api:
    assistant = api.beta.assistants.create(model="gpt-4o", name="Bakery", instructions="You answer for the bakery.")
    thread = api.beta.threads.create()

    for question in ("Are you open on Sunday?", "Do you make a wedding cake for two hundred?"):
        print(f"\n> {question}")
        api.beta.threads.messages.create(thread.id, role="user", content=question)
        run = api.beta.threads.runs.create(thread_id=thread.id, assistant_id=assistant.id)
        statuses = [run.status]
        while run.status in BUSY:
            time.sleep(0.05)
            run = api.beta.threads.runs.retrieve(run.id, thread_id=thread.id)
            if run.status != statuses[-1]:
                statuses.append(run.status)
        print("  " + " → ".join(statuses))
        if run.status == "completed":
            print(f"  {newest(api, thread.id)}")
            print(f"  ({run.usage.prompt_tokens} tokens read, {run.usage.completion_tokens} written)")
        else:
            print(f"  {run.last_error.code}: {run.last_error.message}")
