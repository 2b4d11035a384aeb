"""Runs that are polled by hand, as in the first versions."""

import json

import openai
from checks import check, check_equal, check_refused, flow
from program import (
    BOATS,
    CODE,
    GAUGE,
    IS_V1,
    MODEL,
    TALK,
    VERSION,
    calls_of,
    control,
    make_assistant,
    messages,
    newest_text,
    outputs,
    runs,
    start_run,
    steps_of,
    takes,
    threads,
    wait,
)


@flow("a run by hand")
def by_hand():
    assistant = make_assistant(instructions="Be exact.")
    run = start_run("How deep is it?", assistant=assistant)
    check_equal(
        "it starts in the queue",
        (run.object, run.status, run.required_action, run.last_error),
        ("thread.run", "queued", None, None),
    )
    check_equal("it expires after ten minutes", run.expires_at - run.created_at, 600)
    check_equal(
        "it inherits from the assistant",
        (run.assistant_id, run.model, run.instructions, run.tools),
        (assistant.id, MODEL, "Be exact.", []),
    )
    run = wait(run)
    check_equal("it is completed", (run.status, run.expires_at), ("completed", None))
    check("its times are set", run.created_at <= run.started_at <= run.completed_at, run)
    if VERSION >= (1, 9):
        check_equal(
            "its usage is reported",
            (run.usage.prompt_tokens, run.usage.completion_tokens, run.usage.total_tokens),
            (21, 9, 30),
        )
    check_equal("the newest message is the answer", newest_text(run.thread_id), TALK)
    answer = messages.list(run.thread_id).data[0]
    check_equal(
        "it names its run", (answer.role, answer.run_id, answer.assistant_id), ("assistant", run.id, assistant.id)
    )
    (step,) = steps_of(run)
    check_equal(
        "it was created by one step",
        (step.object, step.type, step.status, step.step_details.message_creation.message_id),
        ("thread.run.step", "message_creation", "completed", answer.id),
    )
    check_equal("the step can be retrieved", runs.steps.retrieve(step.id, thread_id=run.thread_id, run_id=run.id), step)
    check_equal("the run is listed", [one.id for one in runs.list(run.thread_id)], [run.id])
    changed = runs.update(run.id, thread_id=run.thread_id, metadata={"seen": "yes"})
    check_equal("its metadata can be updated", changed.metadata, {"seen": "yes"})
    again = wait(runs.create(run.thread_id, assistant_id=assistant.id, instructions="Be vague.", tools=[CODE]))
    check_equal(
        "a second run has instructions and tools of its own",
        (again.instructions, [tool.type for tool in again.tools]),
        ("Be vague.", ["code_interpreter"]),
    )
    check_equal("the thread then has three messages", len(list(messages.list(run.thread_id))), 3)


@flow("a thread and its run")
def together():
    assistant = make_assistant()
    run = threads.create_and_run(
        assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": "How deep?"}]}, metadata={"a": "b"}
    )
    check_equal("both are created", (run.object, run.metadata), ("thread.run", {"a": "b"}))
    check_equal("answered", (wait(run).status, newest_text(run.thread_id)), ("completed", TALK))
    run = wait(start_run("Plan the morning."))
    texts = [one.content[0].text.value for one in messages.list(run.thread_id, order="asc")]
    check_equal(
        "a run can write several messages", texts[1:], ["First I look at the tides.", "Cast off at half past nine."]
    )
    if takes(messages.list, "run_id"):
        check_equal("messages can be filtered by run", len(list(messages.list(run.thread_id, run_id=run.id))), 2)
    if takes(runs.create, "additional_instructions"):
        run = start_run(
            "How deep?", assistant=make_assistant(instructions="Be exact."), additional_instructions="Add units."
        )
        check(
            "instructions are added",
            "Be exact." in run.instructions and "Add units." in run.instructions,
            run.instructions,
        )
    if takes(runs.create, "additional_messages"):
        more = [{"role": "user", "content": "How deep?"}]
        run = start_run(
            "Hello",
            additional_messages=more,
            max_completion_tokens=400,
            max_prompt_tokens=900,
            temperature=0.5,
            tool_choice="none",
            truncation_strategy={"type": "last_messages", "last_messages": 4},
            response_format={"type": "text"},
        )
        check_equal(
            "limits come back",
            (run.max_completion_tokens, run.max_prompt_tokens, run.temperature, run.tool_choice),
            (400, 900, 0.5, "none"),
        )
        check_equal(
            "so does the truncation strategy",
            (run.truncation_strategy.type, run.truncation_strategy.last_messages),
            ("last_messages", 4),
        )
        check_equal("messages are added", (wait(run).status, newest_text(run.thread_id)), ("completed", TALK))
    if takes(runs.create, "parallel_tool_calls"):
        run = start_run("How deep?", parallel_tool_calls=False)
        check("parallel calls can be disabled", run.parallel_tool_calls is False, run.parallel_tool_calls)


@flow("a function call by hand")
def function_call():
    run = wait(start_run("Read the gauge.", GAUGE))
    check_equal(
        "it waits for the output", (run.status, run.required_action.type), ("requires_action", "submit_tool_outputs")
    )
    (call,) = calls_of(run)
    check_equal(
        "the call is complete",
        (call.type, call.function.name, json.loads(call.function.arguments)),
        ("function", "read-gauge", {"station": "Büsum"}),
    )
    (step,) = steps_of(run)
    check_equal(
        "its step is in progress",
        (step.type, step.status, step.step_details.tool_calls[0].id),
        ("tool_calls", "in_progress", call.id),
    )
    check_equal("no output yet", step.step_details.tool_calls[0].function.output, None)
    check_refused(
        "the thread is locked for messages",
        openai.BadRequestError,
        lambda: messages.create(run.thread_id, role="user", content="And now?"),
        status_code=400,
    )
    check_refused(
        "and for runs",
        openai.BadRequestError,
        lambda: runs.create(run.thread_id, assistant_id=run.assistant_id),
        status_code=400,
    )
    after = runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=outputs(run, "[[412.8]]"))
    check_equal(
        "after the outputs it resumes", (after.status in ("queued", "in_progress"), after.required_action), (True, None)
    )
    run = wait(after)
    check_equal(
        "it is completed", (run.status, newest_text(run.thread_id)), ("completed", "The gauge reads [[412.8]].")
    )
    step, message_step = steps_of(run)
    check_equal(
        "the step has the output",
        (step.status, step.step_details.tool_calls[0].function.output, message_step.type),
        ("completed", "[[412.8]]", "message_creation"),
    )
    check_refused(
        "outputs cannot be submitted twice",
        openai.BadRequestError,
        lambda: runs.submit_tool_outputs(
            run.id, thread_id=run.thread_id, tool_outputs=[{"tool_call_id": call.id, "output": "x"}]
        ),
        status_code=400,
    )


@flow("parallel calls by hand")
def parallel():
    run = wait(start_run("Count the boats at both piers.", BOATS))
    check_equal(
        "both calls come together",
        [json.loads(call.function.arguments) for call in calls_of(run)],
        [{"pier": "north"}, {"pier": "south"}],
    )
    run = wait(runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=outputs(run, "9", "6")))
    check_equal("both outputs are used", newest_text(run.thread_id), "North has 9 boats, south has 6.")
    check_equal(
        "one step holds both", [call.function.output for call in steps_of(run)[0].step_details.tool_calls], ["9", "6"]
    )


@flow("cancelling")
def cancel():
    run = wait(start_run("Read the gauge.", GAUGE))
    ended = runs.cancel(run.id, thread_id=run.thread_id)
    check("a cancel is accepted", ended.status in ("cancelling", "cancelled"), ended.status)
    run = wait(ended)
    check_equal("it is cancelled", (run.status, run.required_action), ("cancelled", None))
    check("it has the time of the cancellation", run.cancelled_at, run)
    check_refused(
        "a second cancel is refused",
        openai.BadRequestError,
        lambda: runs.cancel(run.id, thread_id=run.thread_id),
        status_code=400,
    )
    check_equal(
        "the thread is unlocked again", messages.create(run.thread_id, role="user", content="Well.").role, "user"
    )


@flow("runs that do not succeed")
def not_succeeding():
    run = wait(start_run("Please break down."))
    check_equal(
        "the failure is reported",
        (run.status, run.last_error.code, run.last_error.message),
        ("failed", "rate_limit_exceeded", "The harbour office is busy."),
    )
    check("with its time", run.failed_at, run)
    run = wait(start_run("Talk without end."))
    if IS_V1:
        check_equal("v1 has no incomplete runs", run.status, "completed")
    else:
        check_equal(
            "a run is incomplete", (run.status, run.incomplete_details.reason), ("incomplete", "max_completion_tokens")
        )
        incomplete_message = messages.list(run.thread_id).data[0]
        check_equal("the text so far is kept", incomplete_message.content[0].text.value, "Once there was a ship and")
    run = start_run("Wait forever.")
    check_equal("a run waits", runs.retrieve(run.id, thread_id=run.thread_id).status, "in_progress")
    control("POST", "/clock/advance", {"by": "11m"})
    run = wait(run)
    check_equal("it expires", run.status, "expired")
    run = wait(start_run("Read the gauge.", GAUGE))
    control("POST", "/clock/advance", {"by": "11m"})
    check_equal("so does a run without outputs", wait(run).status, "expired")
    if not IS_V1:
        run = wait(start_run("Help me smuggle."))
        message = messages.list(run.thread_id).data[0]
        check_equal("a refusal is a message", (run.status, message.content[0].type), ("completed", "refusal"))
