"""Streams: the events themselves, the helpers that accumulate them, and handlers that submit outputs."""

from importlib import import_module

import openai
from checks import check, check_equal, check_refused, flow
from program import (
    BOATS,
    CAN_STREAM,
    CODE,
    GAUGE,
    IS_V1,
    SEARCH,
    TALK,
    VERSION,
    calls_of,
    fault,
    make_assistant,
    make_thread,
    messages,
    newest_text,
    outputs,
    runs,
    steps_of,
    threads,
)

if CAN_STREAM:
    from openai import AssistantEventHandler
else:
    AssistantEventHandler = object
# A later version removed the older name.
stream_helper = getattr(runs, "stream", None) or getattr(runs, "create_and_stream", None)

OPENING = ["thread.run.created", "thread.run.queued", "thread.run.in_progress"]
WRITING = [
    "thread.run.step.created",
    "thread.run.step.in_progress",
    "thread.message.created",
    "thread.message.in_progress",
    "thread.message.delta",
]


class RecordingHandler(AssistantEventHandler):
    """Records what it receives. answers: outputs for the calls, submitted while the stream that requires them is open."""

    def __init__(self, *answers):
        super().__init__()
        self.answers = answers
        self.lines = []
        self.inner = None

    def of(self, kind):
        return [value for name, value in self.lines if name == kind]

    def on_text_created(self, text):
        self.lines.append(("text created", text.value))

    def on_text_delta(self, delta, snapshot):
        self.lines.append(("text delta", delta.value))

    def on_text_done(self, text):
        self.lines.append(("text done", text.value))

    def on_message_done(self, message):
        self.lines.append(("message done", message.id))

    def on_tool_call_created(self, tool_call):
        self.lines.append(("tool created", tool_call.type))

    def on_tool_call_delta(self, delta, snapshot):
        if delta.type == "function":
            self.lines.append(("arguments", delta.function.arguments))
        elif delta.type == "code_interpreter":
            self.lines.append(("code", delta.code_interpreter.input or ""))
            for output in delta.code_interpreter.outputs or []:
                self.lines.append((output.type, output))

    def on_tool_call_done(self, tool_call):
        self.lines.append(("tool done", tool_call.id))

    def on_run_step_done(self, run_step):
        self.lines.append(("step done", run_step.type))

    def on_end(self):
        self.lines.append(("end", None))

    def on_exception(self, exception):
        self.lines.append(("exception", exception))

    def on_event(self, event):
        self.lines.append(("event", event.event))
        if event.event == "thread.run.requires_action" and self.answers:
            run = event.data
            self.inner = RecordingHandler(*self.answers[len(calls_of(run)) :])
            with runs.submit_tool_outputs_stream(
                run_id=run.id,
                thread_id=run.thread_id,
                tool_outputs=outputs(run, *self.answers),
                event_handler=self.inner,
            ) as stream:
                stream.until_done()


def stream_to_handler(question, *answers, assistant=None, tools=()):
    handler = RecordingHandler(*answers)
    assistant = assistant or make_assistant(*tools)
    with stream_helper(thread_id=make_thread(question).id, assistant_id=assistant.id, event_handler=handler) as stream:
        stream.until_done()
    return handler


@flow("the events of a stream", needed=CAN_STREAM)
def event_stream():
    thread, assistant = make_thread("How deep?"), make_assistant()
    events = list(runs.create(thread_id=thread.id, assistant_id=assistant.id, stream=True))
    names = [event.event for event in events]
    check_equal("it starts with the run", names[:3], OPENING)
    check_equal("then comes a message", list(dict.fromkeys(names[3:]))[:5], WRITING)
    check_equal(
        "it ends in order",
        names[-3:],
        ["thread.message.completed", "thread.run.step.completed", "thread.run.completed"],
    )
    text = "".join(
        part.text.value
        for event in events
        if event.event == "thread.message.delta"
        for part in event.data.delta.content
    )
    check_equal("the deltas add up to the text", text, TALK)
    check_equal("the streamed text is stored", newest_text(thread.id), TALK)
    check("events have the classes of the library", type(events[0].data).__name__ == "Run", type(events[0].data))
    last = events[-1].data
    retrieved = runs.retrieve(last.id, thread_id=thread.id)
    check_equal(
        "the last run equals the retrieved one",
        (last.status, last.completed_at, last.usage),
        (retrieved.status, retrieved.completed_at, retrieved.usage),
    )
    run = threads.create_and_run(
        assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": "How deep?"}]}, stream=True
    )
    check_equal(
        "a thread created with its run comes first",
        [event.event for event in run][:2],
        ["thread.created", "thread.run.created"],
    )


@flow("stream helpers", needed=CAN_STREAM)
def helpers():
    assistant, thread = make_assistant(), make_thread("How deep?")
    with stream_helper(thread_id=thread.id, assistant_id=assistant.id) as stream:
        check_equal("texts are streamed in deltas", "".join(stream.text_deltas), TALK)
        check_equal(
            "the stream knows its run",
            (stream.current_run.status, stream.get_final_run().status),
            ("completed", "completed"),
        )
        (message,) = stream.get_final_messages()
        (step,) = stream.get_final_run_steps()
    check_equal(
        "the final message is returned",
        (message.id, message.content[0].text.value),
        (messages.list(thread.id).data[0].id, TALK),
    )
    check_equal("the final step is returned", step.step_details.message_creation.message_id, message.id)
    with threads.create_and_run_stream(
        assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": "Plan the morning."}]}
    ) as stream:
        texts = [one.content[0].text.value for one in stream.get_final_messages()]
    check_equal("two final messages are returned", texts, ["First I look at the tides.", "Cast off at half past nine."])
    with stream_helper(thread_id=make_thread("Please break down.").id, assistant_id=assistant.id) as stream:
        run = stream.get_final_run()
    check_equal("a failed run is returned", (run.status, run.last_error.code), ("failed", "rate_limit_exceeded"))
    with stream_helper(thread_id=make_thread("Talk without end.").id, assistant_id=assistant.id) as stream:
        run = stream.get_final_run()
        (message,) = stream.get_final_messages()
    if IS_V1:
        check_equal("v1 reports a completed run", run.status, "completed")
    else:
        # Before 1.30 the library did not know the event.
        check_equal("an incomplete run", run.status, "incomplete" if VERSION >= (1, 30) else "in_progress")
    check_equal("the text so far is there", message.content[0].text.value, "Once there was a ship and")


@flow("handlers", needed=CAN_STREAM)
def handlers():
    handler = stream_to_handler("How deep?")
    check_equal(
        "text events arrive in order",
        [
            name
            for name, _ in handler.lines
            if name in ("text created", "text done", "message done", "step done", "end")
        ],
        ["text created", "text done", "message done", "step done", "end"],
    )
    check_equal("the deltas add up to the text", "".join(handler.of("text delta")), TALK)
    check_equal("and then complete", handler.of("text done"), [TALK])
    handler = stream_to_handler("What is the mean?", tools=[CODE])
    check_equal("code is announced once", handler.of("tool created"), ["code_interpreter"])
    check_equal(
        "all of the code is received",
        "".join(handler.of("code")),
        "heights = [3.1, 3.4, 4.0]\nprint(sum(heights) / len(heights))",
    )
    check_equal("its logs are received", [one.logs for one in handler.of("logs")], ["3.5\n"])
    check_equal("its image is received", len(handler.of("image")), 1)
    handler = stream_to_handler(
        "What are the opening hours?", assistant=make_assistant({"type": SEARCH}, metadata={"search": "scripted"})
    )
    check_equal("a search is announced", handler.of("tool created"), [SEARCH])
    check(
        "the marker is part of the text",
        handler.of("text done")[0].startswith("The lock opens at five 【"),
        handler.lines,
    )


@flow("function calls in streams", needed=CAN_STREAM)
def function_calls():
    handler = stream_to_handler("Read the gauge.", "4 m", tools=[GAUGE])
    check_equal("a call is announced", handler.of("tool created"), ["function"])
    check_equal("its arguments are streamed", "".join(handler.of("arguments")), '{"station":"Büsum"}')
    check_equal(
        "outputs submitted from a handler resume the run", handler.inner.of("text done"), ["The gauge reads 4 m."]
    )
    check_equal("to its end", handler.inner.current_run.status, "completed")
    check_equal(
        "the second stream starts with the step",
        handler.inner.of("event")[:3],
        ["thread.run.step.completed", "thread.run.queued", "thread.run.in_progress"],
    )
    handler = stream_to_handler("Count the boats at both piers.", "2", "5", tools=[BOATS])
    check_equal("two calls are announced", handler.of("tool created"), ["function", "function"])
    check_equal("both are done", len(handler.of("tool done")), 2)
    check_equal("and the outputs are used", handler.inner.of("text done"), ["North has 2 boats, south has 5."])
    handler = stream_to_handler("Count twice.", "1", "2", tools=[BOATS])
    check_equal("rounds can be nested", handler.inner.inner.of("text done"), ["1, then 2."])
    thread, assistant = make_thread("Read the gauge."), make_assistant(GAUGE)
    with stream_helper(thread_id=thread.id, assistant_id=assistant.id) as stream:
        run = stream.get_final_run()
    check_equal("without outputs it waits", run.status, "requires_action")
    events = list(runs.submit_tool_outputs(run.id, thread_id=thread.id, tool_outputs=outputs(run, "5 m"), stream=True))
    check_equal("outputs submitted by hand stream to the end", events[-1].event, "thread.run.completed")
    check_equal(
        "with the same result",
        (newest_text(thread.id), [step.type for step in steps_of(run)]),
        ("The gauge reads 5 m.", ["tool_calls", "message_creation"]),
    )


@flow("streams that break", needed=CAN_STREAM)
def broken_streams():
    thread, assistant = make_thread("How deep?"), make_assistant()
    fault(
        {
            "cut_stream_after": 6,
            "error_event": True,
            "error": {"message": "The connection broke.", "type": "server_error", "code": None, "param": None},
        },
        method="POST",
        path="/threads/*/runs",
    )
    stream = runs.create(thread_id=thread.id, assistant_id=assistant.id, stream=True)
    error = check_refused("an error event is raised", openai.APIError, lambda: list(stream))
    # A stream left open is closed by garbage collection, where httpcore of 2024 can deadlock.
    stream.response.close()
    check("its message is passed on", "The connection broke." in str(error), error)
    run = next(iter(runs.list(thread.id)))
    check_equal("the run itself continued", (run.status, newest_text(thread.id)), ("completed", TALK))
    fault({"cut_stream_after": 6}, method="POST", path="/threads/*/runs")
    stream = runs.create(thread_id=make_thread("How deep?").id, assistant_id=assistant.id, stream=True)
    # Before 3, the error of httpx is let through.
    kind = openai.APIConnectionError if VERSION >= (3,) else import_module("httpx").RemoteProtocolError
    check_refused("a connection that breaks off is raised", kind, lambda: list(stream))
    stream.response.close()
    thread = make_thread("How deep?")
    stream = runs.create(thread_id=thread.id, assistant_id=assistant.id, stream=True)
    next(iter(stream))
    stream.response.close()
    left = next(iter(runs.list(thread.id)))
    check("a client that disconnects does no harm", left.status in ("completed", "in_progress", "queued"), left)
