"""Function calls in a stream: the handler submits the outputs while the first stream is still open."""

from notebook import MODEL, function, open_client
from openai import AssistantEventHandler

api = open_client("streaming_outputs.yaml")
outputs_by_name = {"weather_on": "dry and mild", "rolls_left": "24"}
created, events, texts = [], [], []


class SubmittingHandler(AssistantEventHandler):
    def on_event(self, event):
        events.append(event.event)
        if event.event == "thread.run.requires_action":
            self.submit_outputs(event.data)

    def on_tool_call_created(self, tool_call):
        created.append(tool_call.function.name)

    def on_text_delta(self, delta, snapshot):
        texts.append(delta.value)

    def submit_outputs(self, run):
        calls = run.required_action.submit_tool_outputs.tool_calls
        outputs = [{"tool_call_id": call.id, "output": outputs_by_name[call.function.name]} for call in calls]
        # A handler belongs to one stream, so the next stream needs a new handler.
        with api.beta.threads.runs.submit_tool_outputs_stream(
            run_id=self.current_run.id,
            thread_id=self.current_run.thread_id,
            tool_outputs=outputs,
            event_handler=SubmittingHandler(),
        ) as stream:
            stream.until_done()


assistant = api.beta.assistants.create(
    model=MODEL, tools=[function("weather_on", day="string"), function("rolls_left")]
)
thread = api.beta.threads.create(messages=[{"role": "user", "content": "Shall we have a picnic on Sunday?"}])
with api.beta.threads.runs.stream(
    thread_id=thread.id, assistant_id=assistant.id, event_handler=SubmittingHandler()
) as stream:
    stream.until_done()
run = api.beta.threads.runs.list(thread.id).data[0]
print(created, "".join(texts), run.status)
