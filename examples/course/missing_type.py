"""A tool without a type: the service refuses the assistant and names the missing parameter."""

from notebook import MODEL, function, open_client
from openai import BadRequestError

api = open_client()
count_loaves = function("count_loaves", kind="string")

# %% without a type
try:
    api.beta.assistants.create(model=MODEL, tools=[{"function": count_loaves["function"]}])
except BadRequestError as error:
    refusal = error
print(refusal.status_code, refusal.body)

# %% with the type it is accepted
assistant = api.beta.assistants.create(model=MODEL, tools=[count_loaves])
print(assistant.tools)
