"""The code interpreter in v1 computes a root; two more turns on the same thread build on it."""

from notebook import open_v1

api = open_v1("square_root.yaml")
assistant = api.post("/assistants", model="gpt-4-1106-preview", tools=[{"type": "code_interpreter"}])
thread = api.post("/threads")


def ask(question):
    api.post(f"/threads/{thread['id']}/messages", role="user", content=question)
    run = api.wait_for(api.post(f"/threads/{thread['id']}/runs", assistant_id=assistant["id"]))
    answer = api.newest(thread["id"])
    print(f"> {question}\n  {answer}")
    return run, api.steps(run), answer


# %%
first_run, first_steps, first_answer = ask("What is the square root of 7654321?")
print(first_steps[0]["step_details"]["tool_calls"][0]["code_interpreter"])

# %%
second_run, second_steps, second_answer = ask("And if you square that?")

# %%
third_run, third_steps, third_answer = ask("Thank you!")
