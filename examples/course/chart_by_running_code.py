"""The same table with code that is really executed, in a sandbox, if the machine supports it; the file is in /mnt/data."""

from notebook import MODEL, open_client
from sales_table import SALES

from scripted_models import RunCode, Say, Script

script = Script("real chart")


@script.turn(message={"contains": "chart"}, tools=["code_interpreter"])
def draw(t):
    """The file is stored in /mnt/data under its id, without an extension."""
    result = yield RunCode(CODE.format(path=f"/mnt/data/{t.view.files[0].id}"), execute=True)
    yield Say(f"Added up: {result.logs}")


CODE = """
import collections, csv
import matplotlib.pyplot as plt

days = collections.Counter()
with open("{path}") as table:
    for row in csv.DictReader(table):
        days[row["day"]] += int(row["loaves"])
plt.bar(list(days), list(days.values()))
plt.show()
dict(days)
""".lstrip()

api = open_client(script, execute_code=True)
file = api.files.create(file=("sales.csv", SALES), purpose="assistants")
assistant = api.beta.assistants.create(
    model=MODEL,
    tools=[{"type": "code_interpreter"}],
    tool_resources={"code_interpreter": {"file_ids": [file.id]}},
)


def ask(question):
    thread = api.beta.threads.create(messages=[{"role": "user", "content": question}])
    run = api.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    step = api.beta.threads.runs.steps.list(run.id, thread_id=thread.id, order="asc").data[0]
    return run, step.step_details.tool_calls[0].code_interpreter


# %%
run, code = ask("Draw a chart of the loaves of each day.")
print(run.status, run.last_error, code.input)

# %% the outputs
logs = [output.logs for output in code.outputs if output.type == "logs"]
images = [output.image.file_id for output in code.outputs if output.type == "image"]
pictures = [api.files.content(file_id).read() for file_id in images]
print(logs, [len(picture) for picture in pictures])
