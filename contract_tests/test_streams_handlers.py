"""Streams through the client's own helper, which keeps snapshots and calls handlers."""

import openai
import pytest
from openai import AssistantEventHandler, AsyncAssistantEventHandler
from typing_extensions import override

from contract_tests.harness import WEATHER

TOOLS = [WEATHER, {"type": "code_interpreter"}]


class Diary(AssistantEventHandler):
    """Writes down which of its methods were called, and with what."""

    def __init__(self, client=None):
        super().__init__()
        self.client = client
        self.lines = []

    @override
    def on_text_created(self, text):
        self.lines.append(("text created", text.value))

    @override
    def on_text_delta(self, delta, snapshot):
        self.lines.append(("text delta", delta.value))

    @override
    def on_text_done(self, text):
        self.lines.append(("text done", text.value))

    @override
    def on_message_created(self, message):
        self.lines.append(("message created", message.role))

    @override
    def on_message_done(self, message):
        self.lines.append(("message done", message.status))

    @override
    def on_tool_call_created(self, tool_call):
        self.lines.append(("tool created", tool_call.type))

    @override
    def on_tool_call_delta(self, delta, snapshot):
        told = delta.code_interpreter if delta.type == "code_interpreter" else delta.function
        self.lines.append(
            ("tool delta", (told.input or told.outputs[0].logs) if delta.type == "code_interpreter" else told.arguments)
        )

    @override
    def on_tool_call_done(self, tool_call):
        self.lines.append(("tool done", tool_call.type))

    @override
    def on_run_step_created(self, run_step):
        self.lines.append(("step created", run_step.type))

    @override
    def on_run_step_done(self, run_step):
        self.lines.append(("step done", run_step.status))

    @override
    def on_exception(self, exception):
        self.lines.append(("exception", type(exception).__name__))

    @override
    def on_end(self):
        self.lines.append(("end", None))

    @override
    def on_event(self, event):
        if event.event == "thread.run.requires_action" and self.client is not None:
            # As the course notes do: answered from inside the first stream, by a handler of its own.
            run = event.data
            outputs = [
                {"tool_call_id": call.id, "output": "fog"}
                for call in run.required_action.submit_tool_outputs.tool_calls
            ]
            inner = Diary(self.client)
            with self.client.beta.threads.runs.submit_tool_outputs_stream(
                run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs, event_handler=inner
            ) as stream:
                stream.until_done()
            self.lines.append(("nested", inner.lines))
            self.lines.append(("nested run", inner.current_run.status))

    def of(self, *kinds):
        return [line for line in self.lines if line[0] in kinds]


@pytest.fixture
def listen(client, thread, assistant):
    def begin(diary, **more):
        with client.beta.threads.runs.stream(
            thread_id=thread.id, assistant_id=assistant.id, event_handler=diary, **more
        ) as stream:
            stream.until_done()
        return diary

    return begin


def test_a_handler_hears_a_text_from_its_beginning_to_its_end(ns, listen):
    ns.plays({"say": "Low tide now."})
    diary = listen(Diary())
    assert diary.lines == [
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


def test_a_handler_hears_all_the_code_and_what_it_printed(ns, listen):
    ns.plays({"code": "print(1)", "logs": "1", "stream": {"chunk": ["print", "(1)"]}}, {"say": "One."})
    diary = listen(Diary(), tools=TOOLS)
    # How often the client says that a call is done is a matter of its own.
    assert ("tool done", "code_interpreter") in diary.lines
    assert diary.of("tool created", "tool delta") == [
        ("tool created", "code_interpreter"),
        ("tool delta", "print"),
        ("tool delta", "(1)"),
        ("tool delta", "1"),
    ]


def test_a_handler_answers_a_call_from_inside_the_first_stream(ns, client, listen):
    ns.plays({"call": "look_outside", "args": {"town": "Husum"}}, {"say": "{{ outputs.look_outside }}!"})
    diary = listen(Diary(client), tools=TOOLS)
    ((_, inner),) = diary.of("nested")
    assert ("text done", "fog!") in inner
    assert inner[-1] == ("end", None)
    assert diary.of("nested run") == [("nested run", "completed")]
    assert diary.of("tool created") == [("tool created", "function")]
    assert diary.of("tool delta") == [("tool delta", '{"town":"Husum"}')]


def test_two_calls_are_created_twice(ns, client, listen):
    ns.plays({"call": [{"name": "look_outside"}, {"name": "look_outside", "as": "b"}]}, {"say": "ok"})
    diary = listen(Diary(client), tools=TOOLS)
    assert len(diary.of("tool created")) == 2


def test_nested_handlers_answer_call_after_call(ns, client, listen):
    ns.plays({"call": "look_outside"}, {"call": "look_outside", "as": "again"}, {"say": "both"})
    diary = listen(Diary(client), tools=TOOLS)
    ((_, first),) = diary.of("nested")
    ((_, second),) = [line for line in first if line[0] == "nested"]
    assert ("text done", "both") in second


def test_the_final_run_messages_and_steps_can_be_asked_for(ns, client, thread, assistant):
    ns.plays({"say": "Plan."}, {"code": "1", "logs": "1"}, {"say": "Deed."})
    with client.beta.threads.runs.stream(thread_id=thread.id, assistant_id=assistant.id, tools=TOOLS) as stream:
        run = stream.get_final_run()
        messages = stream.get_final_messages()
        steps = stream.get_final_run_steps()
    assert run.status == "completed"
    assert [message.content[0].text.value for message in messages] == ["Plan.", "Deed."]
    assert [step.type for step in steps] == ["message_creation", "tool_calls", "message_creation"]
    polled = client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id, order="asc").data
    assert [step.id for step in polled] == [step.id for step in steps]


def test_texts_alone_can_be_read(ns, client, thread, assistant):
    ns.plays({"say": "one two"}, {"say": "three"})
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
def test_the_final_run_has_the_status_it_ended_with(ns, client, assistant, step, status):
    ns.plays({"say": "Well,"}, step)
    with client.beta.threads.create_and_run_stream(assistant_id=assistant.id, tools=TOOLS) as stream:
        assert stream.get_final_run().status == status


def test_a_message_that_stays_incomplete_is_done_all_the_same(ns, listen):
    ns.plays({"say": "The tide is"}, {"stop": "max_completion_tokens"})
    diary = listen(Diary())
    assert diary.of("message done", "text done") == [("text done", "The tide is"), ("message done", "incomplete")]


def test_a_thread_can_be_made_with_its_stream(ns, client, assistant):
    ns.plays({"say": "{{ message }}"})
    with client.beta.threads.create_and_run_stream(
        assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": "Ahoy"}]}
    ) as stream:
        assert "".join(stream.text_deltas) == "Ahoy"
        assert stream.current_run.status == "completed"


def test_an_error_event_reaches_the_handler(ns, listen):
    ns.plays({"say": "one two three"})
    ns.fault({"cut_stream_after": 8, "error_event": True}, path="/threads/*/runs")
    diary = Diary()
    with pytest.raises(openai.APIError):
        listen(diary)
    assert diary.of("exception") == [("exception", "APIError")]


class AsyncDiary(AsyncAssistantEventHandler):
    def __init__(self, client):
        super().__init__()
        self.client = client
        self.lines = []

    @override
    async def on_text_delta(self, delta, snapshot):
        self.lines.append(delta.value)

    @override
    async def on_tool_call_created(self, tool_call):
        self.lines.append(tool_call.type)

    @override
    async def on_event(self, event):
        if event.event == "thread.run.requires_action":
            run = event.data
            outputs = [
                {"tool_call_id": call.id, "output": "fog"}
                for call in run.required_action.submit_tool_outputs.tool_calls
            ]
            inner = AsyncDiary(self.client)
            async with self.client.beta.threads.runs.submit_tool_outputs_stream(
                run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs, event_handler=inner
            ) as stream:
                await stream.until_done()
            self.lines.append(inner.lines)


async def test_async_handlers_answer_calls_too(ns, async_client):
    ns.plays({"call": "look_outside"}, {"say": "so {{ outputs.look_outside }}"})
    boss = await async_client.beta.assistants.create(model="gpt-4o", instructions="x", tools=TOOLS)
    thread = await async_client.beta.threads.create()
    diary = AsyncDiary(async_client)
    async with async_client.beta.threads.runs.stream(
        thread_id=thread.id, assistant_id=boss.id, event_handler=diary
    ) as stream:
        await stream.until_done()
    assert diary.lines == ["function", ["so", " fog"]]


async def test_async_streams_can_be_read_event_by_event(ns, async_client):
    ns.plays({"say": "one two"})
    boss = await async_client.beta.assistants.create(model="gpt-4o", instructions="x")
    told = await async_client.beta.threads.create_and_run(assistant_id=boss.id, stream=True)
    seen = [event.event async for event in told]
    assert seen[0] == "thread.created"
    assert seen[-1] == "thread.run.completed"
    async with async_client.beta.threads.create_and_run_stream(assistant_id=boss.id) as stream:
        assert (await stream.get_final_run()).status == "completed"
        assert [m.content[0].text.value for m in await stream.get_final_messages()] == ["one two"]
        assert [step.type for step in await stream.get_final_run_steps()] == ["message_creation"]
