"""The code interpreter in a stream: the handler reads code and outputs from each delta, without checking its type."""

from notebook import MODEL, open_client
from openai import AssistantEventHandler

api = open_client("streaming_code.yaml")


class Screen(AssistantEventHandler):
    def __init__(self):
        super().__init__()
        self.created, self.code, self.logs, self.text = [], "", [], ""

    def on_tool_call_created(self, tool_call):
        self.created.append(tool_call.type)

    def on_tool_call_delta(self, delta, snapshot):
        # No check of delta.type: every delta of this call has a code_interpreter.
        if delta.code_interpreter.input:
            self.code += delta.code_interpreter.input
            print(delta.code_interpreter.input, end="", flush=True)
        if delta.code_interpreter.outputs:
            for output in delta.code_interpreter.outputs:
                self.logs.append(output.logs)
                print(f"\n> {output.logs}")

    def on_text_delta(self, delta, snapshot):
        self.text += delta.value
        print(delta.value, end="", flush=True)


assistant = api.beta.assistants.create(model=MODEL, tools=[{"type": "code_interpreter"}])
thread = api.beta.threads.create(messages=[{"role": "user", "content": "How many rolls are seventeen dozen?"}])
screen = Screen()
with api.beta.threads.runs.stream(thread_id=thread.id, assistant_id=assistant.id, event_handler=screen) as stream:
    stream.until_done()
print()
