"""A stream with an event handler: the text of an answer as it arrives, and the tool call before it."""

from notebook import MODEL, open_client
from openai import AssistantEventHandler

api = open_client("streaming_text.yaml")


class PrintingHandler(AssistantEventHandler):
    def __init__(self):
        super().__init__()
        self.received = []

    def on_text_created(self, text):
        self.received.append("text created")
        print("\nbaker > ", end="")

    def on_text_delta(self, delta, snapshot):
        self.received.append(delta.value)
        print(delta.value, end="", flush=True)

    def on_tool_call_created(self, tool_call):
        self.received.append(tool_call.type)
        print(f"\n({tool_call.type})", end="")


assistant = api.beta.assistants.create(model=MODEL, tools=[{"type": "file_search"}])
thread = api.beta.threads.create()


def ask(question):
    api.beta.threads.messages.create(thread.id, role="user", content=question)
    handler = PrintingHandler()
    with api.beta.threads.runs.stream(thread_id=thread.id, assistant_id=assistant.id, event_handler=handler) as stream:
        stream.until_done()
    return handler.received, stream.get_final_messages()[0]


# %%
recipe, recipe_message = ask("Give me your recipe, in Chinese.")

# %%
hours, hours_message = ask("When does the shop open?")
print()
