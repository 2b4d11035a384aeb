"""A stream with an event handler: the words of an answer while they come, and the tool before them."""

from notebook import MODEL, open_client
from openai import AssistantEventHandler

api = open_client("words_as_they_come.yaml")


class Listener(AssistantEventHandler):
    def __init__(self):
        super().__init__()
        self.heard = []

    def on_text_created(self, text):
        self.heard.append("text created")
        print("\nbaker > ", end="")

    def on_text_delta(self, delta, snapshot):
        self.heard.append(delta.value)
        print(delta.value, end="", flush=True)

    def on_tool_call_created(self, tool_call):
        self.heard.append(tool_call.type)
        print(f"\n({tool_call.type})", end="")


assistant = api.beta.assistants.create(model=MODEL, tools=[{"type": "file_search"}])
thread = api.beta.threads.create()


def ask(question):
    api.beta.threads.messages.create(thread.id, role="user", content=question)
    listener = Listener()
    with api.beta.threads.runs.stream(thread_id=thread.id, assistant_id=assistant.id, event_handler=listener) as stream:
        stream.until_done()
    return listener.heard, stream.get_final_messages()[0]


# %%
recipe, recipe_message = ask("Give me your recipe, in Chinese.")

# %%
hours, hours_message = ask("When does the shop open?")
print()
