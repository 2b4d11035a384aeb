"""Streams through the client's own helper, which accumulates snapshots and calls handlers."""

import openai
import pytest
from openai import AssistantEventHandler, AsyncAssistantEventHandler
from typing_extensions import override

from contract_tests.harness import WEATHER

TOOLS = [WEATHER, {"type": "code_interpreter"}]


class RecordingHandler(AssistantEventHandler):
    """Records which of its methods were called, and with what."""

    def __init__(self, client=None):
        super().__init__()
        self.client = client
        self.calls = []

    @override
    def on_text_created(self, text):
        self.calls.append(("text created", text.value))

    @override
    def on_text_delta(self, delta, snapshot):
        self.calls.append(("text delta", delta.value))

    @override
    def on_text_done(self, text):
        self.calls.append(("text done", text.value))

    @override
    def on_message_created(self, message):
        self.calls.append(("message created", message.role))

    @override
    def on_message_done(self, message):
        self.calls.append(("message done", message.status))

    @override
    def on_tool_call_created(self, tool_call):
        self.calls.append(("tool created", tool_call.type))

    @override
    def on_tool_call_delta(self, delta, snapshot):
        payload = delta.code_interpreter if delta.type == "code_interpreter" else delta.function
        self.calls.append(
            (
                "tool delta",
                (payload.input or payload.outputs[0].logs) if delta.type == "code_interpreter" else payload.arguments,
            )
        )

    @override
    def on_tool_call_done(self, tool_call):
        self.calls.append(("tool done", tool_call.type))

    @override
    def on_run_step_created(self, run_step):
        self.calls.append(("step created", run_step.type))

    @override
    def on_run_step_done(self, run_step):
        self.calls.append(("step done", run_step.status))

    @override
    def on_exception(self, exception):
        self.calls.append(("exception", type(exception).__name__))

    @override
    def on_end(self):
        self.calls.append(("end", None))

    @override
    def on_event(self, event):
        if event.event == "thread.run.requires_action" and self.client is not None:
            # As in the course notes: outputs are submitted from inside the first stream, with a new handler.
            run = event.data
            outputs = [
                {"tool_call_id": call.id, "output": "fog"}
                for call in run.required_action.submit_tool_outputs.tool_calls
            ]
            inner = RecordingHandler(self.client)
            with self.client.beta.threads.runs.submit_tool_outputs_stream(
                run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs, event_handler=inner
            ) as stream:
                stream.until_done()
            self.calls.append(("nested", inner.calls))
            self.calls.append(("nested run", inner.current_run.status))

    def of(self, *kinds):
        return [call for call in self.calls if call[0] in kinds]


@pytest.fixture
def stream_to(client, thread, assistant):
    def run_stream(handler, **more):
        with client.beta.threads.runs.stream(
            thread_id=thread.id, assistant_id=assistant.id, event_handler=handler, **more
        ) as stream:
            stream.until_done()
        return handler

    return run_stream


def test_a_handler_receives_a_text_from_start_to_end(ns, stream_to):
    ns.play({"say": "Low tide now."})
    handler = stream_to(RecordingHandler())
    assert handler.calls == [
        ("step created", "message_creation"),
        ("message created", "assistant"),
        ("text created", "Low"),
        ("text delta", "Low"),
        ("text delta", " tide"),
        ("text delta", " now."),
        ("text done", "Low tide now."),
        ("message done", "completed"),
        ("step done", "completed"),
        ("end", None),
    ]


def test_a_handler_receives_all_the_code_and_its_output(ns, stream_to):
    ns.play({"code": "print(1)", "logs": "1", "stream": {"chunk": ["print", "(1)"]}}, {"say": "One."})
    handler = stream_to(RecordingHandler(), tools=TOOLS)
    # How often the client reports that a call is done depends on its version.
    assert ("tool done", "code_interpreter") in handler.calls
    assert handler.of("tool created", "tool delta") == [
        ("tool created", "code_interpreter"),
        ("tool delta", "print"),
        ("tool delta", "(1)"),
        ("tool delta", "1"),
    ]


def test_a_handler_answers_a_call_from_inside_the_first_stream(ns, client, stream_to):
    ns.play({"call": "look_outside", "args": {"town": "Husum"}}, {"say": "{{ outputs.look_outside }}!"})
    handler = stream_to(RecordingHandler(client), tools=TOOLS)
    ((_, inner),) = handler.of("nested")
    assert ("text done", "fog!") in inner
    assert inner[-1] == ("end", None)
    assert handler.of("nested run") == [("nested run", "completed")]
    assert handler.of("tool created") == [("tool created", "function")]
    assert handler.of("tool delta") == [("tool delta", '{"town":"Husum"}')]


def test_two_calls_are_created_twice(ns, client, stream_to):
    ns.play({"call": [{"name": "look_outside"}, {"name": "look_outside", "as": "b"}]}, {"say": "ok"})
    handler = stream_to(RecordingHandler(client), tools=TOOLS)
    assert len(handler.of("tool created")) == 2


def test_nested_handlers_answer_several_rounds_of_calls(ns, client, stream_to):
    ns.play({"call": "look_outside"}, {"call": "look_outside", "as": "again"}, {"say": "both"})
    handler = stream_to(RecordingHandler(client), tools=TOOLS)
    ((_, first),) = handler.of("nested")
    ((_, second),) = [line for line in first if line[0] == "nested"]
    assert ("text done", "both") in second


def test_a_stream_returns_the_final_run_messages_and_steps(ns, client, thread, assistant):
    ns.play({"say": "Plan."}, {"code": "1", "logs": "1"}, {"say": "Deed."})
    with client.beta.threads.runs.stream(thread_id=thread.id, assistant_id=assistant.id, tools=TOOLS) as stream:
        run = stream.get_final_run()
        messages = stream.get_final_messages()
        steps = stream.get_final_run_steps()
    assert run.status == "completed"
    assert [message.content[0].text.value for message in messages] == ["Plan.", "Deed."]
    assert [step.type for step in steps] == ["message_creation", "tool_calls", "message_creation"]
    polled = client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id, order="asc").data
    assert [step.id for step in polled] == [step.id for step in steps]


def test_a_stream_can_be_read_as_text_only(ns, client, thread, assistant):
    ns.play({"say": "one two"}, {"say": "three"})
    with client.beta.threads.runs.stream(thread_id=thread.id, assistant_id=assistant.id) as stream:
        assert list(stream.text_deltas) == ["one", " two", "three"]


@pytest.mark.parametrize(
    "step, status",
    [
        ({"fail": "server_error"}, "failed"),
        ({"stop": "max_completion_tokens"}, "incomplete"),
        ({"expire": "now"}, "expired"),
        ({"call": "look_outside"}, "requires_action"),
    ],
)
def test_a_stream_returns_the_final_status(ns, client, assistant, step, status):
    ns.play({"say": "Well,"}, step)
    with client.beta.threads.create_and_run_stream(assistant_id=assistant.id, tools=TOOLS) as stream:
        assert stream.get_final_run().status == status


def test_an_incomplete_message_still_ends_with_message_done(ns, stream_to):
    ns.play({"say": "The tide is"}, {"stop": "max_completion_tokens"})
    handler = stream_to(RecordingHandler())
    assert handler.of("message done", "text done") == [("text done", "The tide is"), ("message done", "incomplete")]


def test_a_thread_can_be_created_together_with_a_stream(ns, client, assistant):
    ns.play({"say": "{{ message }}"})
    with client.beta.threads.create_and_run_stream(
        assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": "Ahoy"}]}
    ) as stream:
        assert "".join(stream.text_deltas) == "Ahoy"
        assert stream.current_run.status == "completed"


def test_an_error_event_reaches_the_handler(ns, stream_to):
    ns.play({"say": "one two three"})
    ns.fault({"cut_stream_after": 8, "error_event": True}, path="/threads/*/runs")
    handler = RecordingHandler()
    with pytest.raises(openai.APIError):
        stream_to(handler)
    assert handler.of("exception") == [("exception", "APIError")]


class AsyncRecordingHandler(AsyncAssistantEventHandler):
    def __init__(self, client):
        super().__init__()
        self.client = client
        self.calls = []

    @override
    async def on_text_delta(self, delta, snapshot):
        self.calls.append(delta.value)

    @override
    async def on_tool_call_created(self, tool_call):
        self.calls.append(tool_call.type)

    @override
    async def on_event(self, event):
        if event.event == "thread.run.requires_action":
            run = event.data
            outputs = [
                {"tool_call_id": call.id, "output": "fog"}
                for call in run.required_action.submit_tool_outputs.tool_calls
            ]
            inner = AsyncRecordingHandler(self.client)
            async with self.client.beta.threads.runs.submit_tool_outputs_stream(
                run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs, event_handler=inner
            ) as stream:
                await stream.until_done()
            self.calls.append(inner.calls)


async def test_async_handlers_answer_calls_too(ns, async_client):
    ns.play({"call": "look_outside"}, {"say": "so {{ outputs.look_outside }}"})
    assistant = await async_client.beta.assistants.create(model="gpt-4o", instructions="x", tools=TOOLS)
    thread = await async_client.beta.threads.create()
    handler = AsyncRecordingHandler(async_client)
    async with async_client.beta.threads.runs.stream(
        thread_id=thread.id, assistant_id=assistant.id, event_handler=handler
    ) as stream:
        await stream.until_done()
    assert handler.calls == ["function", ["so", " fog"]]


async def test_async_streams_can_be_read_event_by_event(ns, async_client):
    ns.play({"say": "one two"})
    assistant = await async_client.beta.assistants.create(model="gpt-4o", instructions="x")
    stream = await async_client.beta.threads.create_and_run(assistant_id=assistant.id, stream=True)
    seen = [event.event async for event in stream]
    assert seen[0] == "thread.created"
    assert seen[-1] == "thread.run.completed"
    async with async_client.beta.threads.create_and_run_stream(assistant_id=assistant.id) as second_stream:
        assert (await second_stream.get_final_run()).status == "completed"
        assert [m.content[0].text.value for m in await second_stream.get_final_messages()] == ["one two"]
        assert [step.type for step in await second_stream.get_final_run_steps()] == ["message_creation"]
