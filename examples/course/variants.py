"""Assistants of many kinds: with and without names, tools and instructions, on the models of three years."""

from notebook import open_client, open_v1

api = open_client()

# %% only a model; a name and a description; one tool; no tools, and said so
bare = api.beta.assistants.create(model="gpt-4-turbo")
described = api.beta.assistants.create(model="gpt-4-turbo", name="Miller", description="Knows every kind of flour.")
counting = api.beta.assistants.create(model="gpt-4-turbo", tools=[{"type": "code_interpreter"}])
talking = api.beta.assistants.create(model="gpt-4-turbo", instructions="Only talk.", tools=[])
for assistant in (bare, described, counting, talking):
    print(assistant.name, assistant.description, assistant.instructions, [tool.type for tool in assistant.tools])

# %% the models of the time
models = ["gpt-4-turbo-preview", "gpt-4-1106-preview", "gpt-3.5-turbo-1106", "gpt-4-turbo", "gpt-4o"]
accepted = [api.beta.assistants.create(model=model).model for model in models]

# %% the first version had the same variants
old = open_v1()
older = [old.post("/assistants", model=model, description="Knows every oven.") for model in models[:4]]
print(older[0])
