"""Every state that a run can be in, and every way in which it can end; ten minutes pass in no time."""

from notebook import MODEL, function, open_client, pass_time

api = open_client("states.yaml")
assistant = api.beta.assistants.create(model=MODEL, tools=[function("order_flour", kilos="integer")])


def begin(wish):
    thread = api.beta.threads.create(messages=[{"role": "user", "content": wish}])
    return api.beta.threads.runs.create(thread.id, assistant_id=assistant.id)


def look(run):
    return api.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)


# %% the short way
queued = begin("bake")
completed = look(queued)
print(queued.status, "→", completed.status)

# %% waiting for outputs that never come
waiting = look(begin("order flour"))
pass_time(api, "9m59s")
patient = look(waiting)
pass_time(api, "2s")
expired = look(waiting)
print(waiting.status, "→", patient.status, "→", expired.status)

# %% called off
working = look(begin("knead"))
cancelling = api.beta.threads.runs.cancel(working.id, thread_id=working.thread_id)
cancelled = look(working)
print(working.status, "→", cancelling.status, "→", cancelled.status)

# %% gone wrong
failed = look(begin("bake everything"))
print(failed.status, failed.last_error)

# %% cut short
incomplete = look(begin("tell me all about bread"))
print(incomplete.status, incomplete.incomplete_details)
