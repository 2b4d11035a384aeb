"""Streams: the events themselves, the helpers that gather them, and handlers that answer from inside."""

import openai
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
from telling import flow, holds, refused, same

if CAN_STREAM:
    from openai import AssistantEventHandler
else:
    AssistantEventHandler = object
# The older name went with a later version.
gathered = getattr(runs, "stream", None) or getattr(runs, "create_and_stream", None)

OPENING = ["thread.run.created", "thread.run.queued", "thread.run.in_progress"]
SPEAKING = [
    "thread.run.step.created",
    "thread.run.step.in_progress",
    "thread.message.created",
    "thread.message.in_progress",
    "thread.message.delta",
]


class Diary(AssistantEventHandler):
    """Writes down what it hears. answers: texts for the calls, submitted from inside the stream that asks for them."""

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
            self.inner = Diary(*self.answers[len(calls_of(run)) :])
            with runs.submit_tool_outputs_stream(
                run_id=run.id,
                thread_id=run.thread_id,
                tool_outputs=outputs(run, *self.answers),
                event_handler=self.inner,
            ) as stream:
                stream.until_done()


def listen(question, *answers, assistant=None, tools=()):
    diary = Diary(*answers)
    assistant = assistant or make_assistant(*tools)
    with gathered(thread_id=make_thread(question).id, assistant_id=assistant.id, event_handler=diary) as stream:
        stream.until_done()
    return diary


@flow("the events of a stream", needed=CAN_STREAM)
def events():
    thread, assistant = make_thread("How deep?"), make_assistant()
    told = list(runs.create(thread_id=thread.id, assistant_id=assistant.id, stream=True))
    names = [event.event for event in told]
    same("it begins with the run", names[:3], OPENING)
    same("then a message", list(dict.fromkeys(names[3:]))[:5], SPEAKING)
    same(
        "it ends in order",
        names[-3:],
        ["thread.message.completed", "thread.run.step.completed", "thread.run.completed"],
    )
    text = "".join(
        part.text.value for event in told if event.event == "thread.message.delta" for part in event.data.delta.content
    )
    same("the pieces make the text", text, TALK)
    same("what was streamed is kept", newest_text(thread.id), TALK)
    holds("events have the classes of the library", type(told[0].data).__name__ == "Run", type(told[0].data))
    last = told[-1].data
    kept = runs.retrieve(last.id, thread_id=thread.id)
    same(
        "the last run is what is read then",
        (last.status, last.completed_at, last.usage),
        (kept.status, kept.completed_at, kept.usage),
    )
    run = threads.create_and_run(
        assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": "How deep?"}]}, stream=True
    )
    same(
        "a thread made with its run is told first",
        [event.event for event in run][:2],
        ["thread.created", "thread.run.created"],
    )


@flow("stream helpers", needed=CAN_STREAM)
def helpers():
    assistant, thread = make_assistant(), make_thread("How deep?")
    with gathered(thread_id=thread.id, assistant_id=assistant.id) as stream:
        same("texts come in pieces", "".join(stream.text_deltas), TALK)
        same("the run is known", (stream.current_run.status, stream.get_final_run().status), ("completed", "completed"))
        (said,) = stream.get_final_messages()
        (step,) = stream.get_final_run_steps()
    same("the message is gathered", (said.id, said.content[0].text.value), (messages.list(thread.id).data[0].id, TALK))
    same("the step too", step.step_details.message_creation.message_id, said.id)
    with threads.create_and_run_stream(
        assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": "Plan the morning."}]}
    ) as stream:
        texts = [one.content[0].text.value for one in stream.get_final_messages()]
    same("two messages are gathered", texts, ["First I look at the tides.", "Cast off at half past nine."])
    with gathered(thread_id=make_thread("Please break down.").id, assistant_id=assistant.id) as stream:
        run = stream.get_final_run()
    same("a failure is gathered", (run.status, run.last_error.code), ("failed", "rate_limit_exceeded"))
    with gathered(thread_id=make_thread("Talk without end.").id, assistant_id=assistant.id) as stream:
        run = stream.get_final_run()
        (said,) = stream.get_final_messages()
    if IS_V1:
        same("v1 hears of a completed run", run.status, "completed")
    else:
        # Until 1.30 the library did not know the event.
        same("an incomplete run", run.status, "incomplete" if VERSION >= (1, 30) else "in_progress")
    same("what was said is there", said.content[0].text.value, "Once there was a ship and")


@flow("handlers", needed=CAN_STREAM)
def handlers():
    diary = listen("How deep?")
    same(
        "a text is heard in order",
        [name for name, _ in diary.lines if name in ("text created", "text done", "message done", "step done", "end")],
        ["text created", "text done", "message done", "step done", "end"],
    )
    same("in pieces", "".join(diary.of("text delta")), TALK)
    same("and whole", diary.of("text done"), [TALK])
    diary = listen("What is the mean?", tools=[CODE])
    same("code is announced once", diary.of("tool created"), ["code_interpreter"])
    same(
        "all of the code is heard",
        "".join(diary.of("code")),
        "heights = [3.1, 3.4, 4.0]\nprint(sum(heights) / len(heights))",
    )
    same("what it printed is heard", [one.logs for one in diary.of("logs")], ["3.5\n"])
    same("what it drew is heard", len(diary.of("image")), 1)
    diary = listen(
        "What are the opening hours?", assistant=make_assistant({"type": SEARCH}, metadata={"search": "scripted"})
    )
    same("a search is announced", diary.of("tool created"), [SEARCH])
    holds(
        "a citation is part of the text", diary.of("text done")[0].startswith("The lock opens at five 【"), diary.lines
    )


@flow("function calls in streams", needed=CAN_STREAM)
def function_calls():
    diary = listen("Read the gauge.", "4 m", tools=[GAUGE])
    same("a call is announced", diary.of("tool created"), ["function"])
    same("its arguments come in pieces", "".join(diary.of("arguments")), '{"station":"Büsum"}')
    same("answered from inside, the run goes on", diary.inner.of("text done"), ["The gauge reads 4 m."])
    same("to its end", diary.inner.current_run.status, "completed")
    same(
        "the second stream begins with the step",
        diary.inner.of("event")[:3],
        ["thread.run.step.completed", "thread.run.queued", "thread.run.in_progress"],
    )
    diary = listen("Count the boats at both piers.", "2", "5", tools=[BOATS])
    same("two calls are announced", diary.of("tool created"), ["function", "function"])
    same("both are done", len(diary.of("tool done")), 2)
    same("and heard", diary.inner.of("text done"), ["North has 2 boats, south has 5."])
    diary = listen("Count twice.", "1", "2", tools=[BOATS])
    same("rounds may nest", diary.inner.inner.of("text done"), ["1, then 2."])
    thread, assistant = make_thread("Read the gauge."), make_assistant(GAUGE)
    with gathered(thread_id=thread.id, assistant_id=assistant.id) as stream:
        run = stream.get_final_run()
    same("without an answer it waits", run.status, "requires_action")
    told = list(runs.submit_tool_outputs(run.id, thread_id=thread.id, tool_outputs=outputs(run, "5 m"), stream=True))
    same("outputs by hand are streamed on", told[-1].event, "thread.run.completed")
    same(
        "to the same end",
        (newest_text(thread.id), [step.type for step in steps_of(run)]),
        ("The gauge reads 5 m.", ["tool_calls", "message_creation"]),
    )


@flow("streams that break", needed=CAN_STREAM)
def breaking():
    thread, assistant = make_thread("How deep?"), make_assistant()
    fault(
        {
            "cut_stream_after": 6,
            "error_event": True,
            "error": {"message": "The line broke.", "type": "server_error", "code": None, "param": None},
        },
        method="POST",
        path="/threads/*/runs",
    )
    stream = runs.create(thread_id=thread.id, assistant_id=assistant.id, stream=True)
    error = refused("an error event is raised", openai.APIError, lambda: list(stream))
    # What is left open is closed when Python tidies up, and httpcore of 2024 may then wait for itself for ever.
    stream.response.close()
    holds("with its message", "The line broke." in str(error), error)
    run = next(iter(runs.list(thread.id)))
    same("the run itself went on", (run.status, newest_text(thread.id)), ("completed", TALK))
    thread = make_thread("How deep?")
    stream = runs.create(thread_id=thread.id, assistant_id=assistant.id, stream=True)
    next(iter(stream))
    stream.response.close()
    left = next(iter(runs.list(thread.id)))
    holds("a reader who leaves does no harm", left.status in ("completed", "in_progress", "queued"), left)
