"""Every status that a run can have, and every way it can end; ten minutes pass in no time."""

from notebook import MODEL, advance_clock, function, open_client

api = open_client("states.yaml")
assistant = api.beta.assistants.create(model=MODEL, tools=[function("order_flour", kilos="integer")])


def start_run(request):
    thread = api.beta.threads.create(messages=[{"role": "user", "content": request}])
    return api.beta.threads.runs.create(thread.id, assistant_id=assistant.id)


def retrieve(run):
    return api.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)


# %% completed
queued = start_run("bake")
completed = retrieve(queued)
print(queued.status, "→", completed.status)

# %% expired: waiting for outputs that are never submitted
waiting = retrieve(start_run("order flour"))
advance_clock(api, "9m59s")
still_waiting = retrieve(waiting)
advance_clock(api, "2s")
expired = retrieve(waiting)
print(waiting.status, "→", still_waiting.status, "→", expired.status)

# %% cancelled
working = retrieve(start_run("knead"))
cancelling = api.beta.threads.runs.cancel(working.id, thread_id=working.thread_id)
cancelled = retrieve(working)
print(working.status, "→", cancelling.status, "→", cancelled.status)

# %% failed
failed = retrieve(start_run("bake everything"))
print(failed.status, failed.last_error)

# %% incomplete
incomplete = retrieve(start_run("tell me all about bread"))
print(incomplete.status, incomplete.incomplete_details)
