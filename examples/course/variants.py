"""Assistants with and without names, tools and instructions, on the models of three years."""

from notebook import open_client, open_v1

api = open_client()

# %% only a model; a name and a description; one tool; an explicitly empty list of tools
bare = api.beta.assistants.create(model="gpt-4-turbo")
described = api.beta.assistants.create(model="gpt-4-turbo", name="Miller", description="Knows every kind of flour.")
with_tool = api.beta.assistants.create(model="gpt-4-turbo", tools=[{"type": "code_interpreter"}])
without_tools = api.beta.assistants.create(model="gpt-4-turbo", instructions="Only talk.", tools=[])
for assistant in (bare, described, with_tool, without_tools):
    print(assistant.name, assistant.description, assistant.instructions, [tool.type for tool in assistant.tools])

# %% the models of the time
models = ["gpt-4-turbo-preview", "gpt-4-1106-preview", "gpt-3.5-turbo-1106", "gpt-4-turbo", "gpt-4o"]
accepted = [api.beta.assistants.create(model=model).model for model in models]

# %% the same variants in v1
v1 = open_v1()
v1_assistants = [v1.post("/assistants", model=model, description="Knows every oven.") for model in models[:4]]
print(v1_assistants[0])
