"""A tool that does not say what it is: the service refuses the assistant, and names the parameter that is missing."""

from notebook import MODEL, function, open_client
from openai import BadRequestError

api = open_client()
count_loaves = function("count_loaves", kind="string")

# %% the type was forgotten
try:
    api.beta.assistants.create(model=MODEL, tools=[{"function": count_loaves["function"]}])
except BadRequestError as error:
    refusal = error
print(refusal.status_code, refusal.body)

# %% and this is how it is accepted
assistant = api.beta.assistants.create(model=MODEL, tools=[count_loaves])
print(assistant.tools)
