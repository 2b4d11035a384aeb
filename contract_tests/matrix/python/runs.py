"""Runs that are polled: by hand as in the first days, and with the helpers that came later."""

import json

import openai
from program import (
    BOATS,
    CODE,
    GAUGE,
    IS_V1,
    MODEL,
    TALK,
    VERSION,
    begin,
    calls_of,
    control,
    make_assistant,
    messages,
    newest_text,
    outputs,
    runs,
    steps_of,
    takes,
    threads,
    wait,
)
from telling import flow, holds, refused, same


@flow("a run by hand")
def by_hand():
    assistant = make_assistant(instructions="Be exact.")
    run = begin("How deep is it?", assistant=assistant)
    same(
        "it begins in the queue",
        (run.object, run.status, run.required_action, run.last_error),
        ("thread.run", "queued", None, None),
    )
    same("it ends ten minutes later at most", run.expires_at - run.created_at, 600)
    same(
        "it has what the assistant has",
        (run.assistant_id, run.model, run.instructions, run.tools),
        (assistant.id, MODEL, "Be exact.", []),
    )
    run = wait(run)
    same("it is completed", (run.status, run.expires_at), ("completed", None))
    holds("its times are there", run.created_at <= run.started_at <= run.completed_at, run)
    if VERSION >= (1, 9):
        same(
            "its usage is told",
            (run.usage.prompt_tokens, run.usage.completion_tokens, run.usage.total_tokens),
            (21, 9, 30),
        )
    same("the newest message is the answer", newest_text(run.thread_id), TALK)
    answer = messages.list(run.thread_id).data[0]
    same("it knows its run", (answer.role, answer.run_id, answer.assistant_id), ("assistant", run.id, assistant.id))
    (step,) = steps_of(run)
    same(
        "one step made it",
        (step.object, step.type, step.status, step.step_details.message_creation.message_id),
        ("thread.run.step", "message_creation", "completed", answer.id),
    )
    same("the step is found", runs.steps.retrieve(step.id, thread_id=run.thread_id, run_id=run.id), step)
    same("the run is listed", [one.id for one in runs.list(run.thread_id)], [run.id])
    changed = runs.update(run.id, thread_id=run.thread_id, metadata={"seen": "yes"})
    same("its metadata may change", changed.metadata, {"seen": "yes"})
    again = wait(runs.create(run.thread_id, assistant_id=assistant.id, instructions="Be vague.", tools=[CODE]))
    same(
        "a second run has instructions and tools of its own",
        (again.instructions, [tool.type for tool in again.tools]),
        ("Be vague.", ["code_interpreter"]),
    )
    same("the thread has three messages then", len(list(messages.list(run.thread_id))), 3)


@flow("a thread and its run")
def together():
    assistant = make_assistant()
    run = threads.create_and_run(
        assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": "How deep?"}]}, metadata={"a": "b"}
    )
    same("made at once", (run.object, run.metadata), ("thread.run", {"a": "b"}))
    same("answered", (wait(run).status, newest_text(run.thread_id)), ("completed", TALK))
    run = wait(begin("Plan the morning."))
    told = [one.content[0].text.value for one in messages.list(run.thread_id, order="asc")]
    same("a run may say several things", told[1:], ["First I look at the tides.", "Cast off at half past nine."])
    if takes(messages.list, "run_id"):
        same("messages of one run are found", len(list(messages.list(run.thread_id, run_id=run.id))), 2)
    if takes(runs.create, "additional_instructions"):
        run = begin(
            "How deep?", assistant=make_assistant(instructions="Be exact."), additional_instructions="Add units."
        )
        holds(
            "instructions are added",
            "Be exact." in run.instructions and "Add units." in run.instructions,
            run.instructions,
        )
    if takes(runs.create, "additional_messages"):
        more = [{"role": "user", "content": "How deep?"}]
        run = begin(
            "Hello",
            additional_messages=more,
            max_completion_tokens=400,
            max_prompt_tokens=900,
            temperature=0.5,
            tool_choice="none",
            truncation_strategy={"type": "last_messages", "last_messages": 4},
            response_format={"type": "text"},
        )
        same(
            "limits come back",
            (run.max_completion_tokens, run.max_prompt_tokens, run.temperature, run.tool_choice),
            (400, 900, 0.5, "none"),
        )
        same(
            "so does the truncation",
            (run.truncation_strategy.type, run.truncation_strategy.last_messages),
            ("last_messages", 4),
        )
        same("messages are added", (wait(run).status, newest_text(run.thread_id)), ("completed", TALK))
    if takes(runs.create, "parallel_tool_calls"):
        run = begin("How deep?", parallel_tool_calls=False)
        holds("parallel calls may be forbidden", run.parallel_tool_calls is False, run.parallel_tool_calls)


@flow("a function call by hand")
def function_call():
    run = wait(begin("Read the gauge.", GAUGE))
    same("it waits for the output", (run.status, run.required_action.type), ("requires_action", "submit_tool_outputs"))
    (call,) = calls_of(run)
    same(
        "the call is told",
        (call.type, call.function.name, json.loads(call.function.arguments)),
        ("function", "read-gauge", {"station": "Büsum"}),
    )
    (step,) = steps_of(run)
    same(
        "its step is open",
        (step.type, step.status, step.step_details.tool_calls[0].id),
        ("tool_calls", "in_progress", call.id),
    )
    same("no output yet", step.step_details.tool_calls[0].function.output, None)
    refused(
        "the thread is locked for messages",
        openai.BadRequestError,
        lambda: messages.create(run.thread_id, role="user", content="And now?"),
        status_code=400,
    )
    refused(
        "and for runs",
        openai.BadRequestError,
        lambda: runs.create(run.thread_id, assistant_id=run.assistant_id),
        status_code=400,
    )
    after = runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=outputs(run, "[[412.8]]"))
    same(
        "after the outputs it goes on", (after.status in ("queued", "in_progress"), after.required_action), (True, None)
    )
    run = wait(after)
    same("it is completed", (run.status, newest_text(run.thread_id)), ("completed", "The gauge reads [[412.8]]."))
    step, said = steps_of(run)
    same(
        "the step has the output",
        (step.status, step.step_details.tool_calls[0].function.output, said.type),
        ("completed", "[[412.8]]", "message_creation"),
    )
    refused(
        "no outputs are taken twice",
        openai.BadRequestError,
        lambda: runs.submit_tool_outputs(
            run.id, thread_id=run.thread_id, tool_outputs=[{"tool_call_id": call.id, "output": "x"}]
        ),
        status_code=400,
    )


@flow("parallel calls by hand")
def parallel():
    run = wait(begin("Count the boats at both piers.", BOATS))
    same(
        "both calls come at once",
        [json.loads(call.function.arguments) for call in calls_of(run)],
        [{"pier": "north"}, {"pier": "south"}],
    )
    run = wait(runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=outputs(run, "9", "6")))
    same("both outputs are heard", newest_text(run.thread_id), "North has 9 boats, south has 6.")
    same("one step holds both", [call.function.output for call in steps_of(run)[0].step_details.tool_calls], ["9", "6"])


@flow("cancelling")
def cancel():
    run = wait(begin("Read the gauge.", GAUGE))
    ended = runs.cancel(run.id, thread_id=run.thread_id)
    holds("a cancel is taken", ended.status in ("cancelling", "cancelled"), ended.status)
    run = wait(ended)
    same("it is cancelled", (run.status, run.required_action), ("cancelled", None))
    holds("when is told", run.cancelled_at, run)
    refused(
        "twice is refused",
        openai.BadRequestError,
        lambda: runs.cancel(run.id, thread_id=run.thread_id),
        status_code=400,
    )
    same("the thread is free again", messages.create(run.thread_id, role="user", content="Well.").role, "user")


@flow("runs that do not succeed")
def not_succeeding():
    run = wait(begin("Please break down."))
    same(
        "a failure is told",
        (run.status, run.last_error.code, run.last_error.message),
        ("failed", "rate_limit_exceeded", "The harbour office is busy."),
    )
    holds("and when", run.failed_at, run)
    run = wait(begin("Talk without end."))
    if IS_V1:
        same("v1 knows nothing incomplete", run.status, "completed")
    else:
        same(
            "a run is incomplete", (run.status, run.incomplete_details.reason), ("incomplete", "max_completion_tokens")
        )
        cut = messages.list(run.thread_id).data[0]
        same("what was said is kept", cut.content[0].text.value, "Once there was a ship and")
    run = begin("Wait forever.")
    same("a run hangs", runs.retrieve(run.id, thread_id=run.thread_id).status, "in_progress")
    control("POST", "/clock/advance", {"by": "11m"})
    run = wait(run)
    same("it expires", run.status, "expired")
    run = wait(begin("Read the gauge.", GAUGE))
    control("POST", "/clock/advance", {"by": "11m"})
    same("so does one without outputs", wait(run).status, "expired")
    if not IS_V1:
        run = wait(begin("Help me smuggle."))
        said = messages.list(run.thread_id).data[0]
        same("a refusal is a message", (run.status, said.content[0].type), ("completed", "refusal"))
