"""A table is uploaded and plotted: the scenario contains the output of the code and the image."""

from notebook import MODEL, open_client
from sales_table import SALES

api = open_client("chart_from_csv.yaml")

# %%
file = api.files.create(file=("sales.csv", SALES), purpose="assistants")
print(file)

# %%
assistant = api.beta.assistants.create(
    model=MODEL,
    tools=[{"type": "code_interpreter"}],
    tool_resources={"code_interpreter": {"file_ids": [file.id]}},
)
run = api.beta.threads.create_and_run_poll(
    assistant_id=assistant.id,
    thread={"messages": [{"role": "user", "content": "Draw a chart of the loaves of each day."}]},
)

# %% the outputs of the code
step = api.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id, order="asc").data[0]
outputs = step.step_details.tool_calls[0].code_interpreter.outputs
print([output.type for output in outputs])

# %% the message has an image and a text; the image is a file to download
message = api.beta.threads.messages.list(run.thread_id).data[0]
parts = {part.type: part for part in message.content}
chart = api.files.content(parts["image_file"].image_file.file_id).read()
print(parts["text"].text.value, len(chart), "bytes")
