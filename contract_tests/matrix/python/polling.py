"""The helpers that poll, and the runs at which the older of them never stop."""

import openai
from program import (
    BOATS,
    CAN_POLL,
    GAUGE,
    IS_V1,
    TALK,
    URL,
    VERSION,
    asked,
    begin,
    control,
    forget_requests,
    make_assistant,
    make_thread,
    newest_text,
    outputs,
    runs,
    threads,
)
from telling import flow, holds, same


@flow("poll helpers", needed=CAN_POLL)
def pollers():
    assistant = make_assistant(GAUGE)
    forget_requests()
    run = runs.create_and_poll(thread_id=make_thread("How deep?").id, assistant_id=assistant.id)
    same("create_and_poll ends", (run.status, newest_text(run.thread_id)), ("completed", TALK))
    same("with one look", asked("GET", run.id), 1)
    run = runs.create_and_poll(thread_id=make_thread("Read the gauge.").id, assistant_id=assistant.id)
    same("it stops where outputs are wanted", run.status, "requires_action")
    run = runs.submit_tool_outputs_and_poll(run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs(run, "4 m"))
    same(
        "submit_tool_outputs_and_poll ends",
        (run.status, newest_text(run.thread_id)),
        ("completed", "The gauge reads 4 m."),
    )
    run = threads.create_and_run_poll(
        assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": "Count twice."}]}, tools=[BOATS]
    )
    for text in ("1", "2"):
        same(f"round {text} asks", run.status, "requires_action")
        run = runs.submit_tool_outputs_and_poll(run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs(run, text))
    same("after two rounds it ends", (run.status, newest_text(run.thread_id)), ("completed", "1, then 2."))
    run = runs.create_and_poll(thread_id=make_thread("Please break down.").id, assistant_id=assistant.id)
    same("a failure ends it", run.status, "failed")
    run = begin("Wait forever.")
    control("POST", "/clock/advance", {"by": "11m"})
    same("an expired run ends it", runs.poll(run.id, thread_id=run.thread_id).status, "expired")


class TiredError(BaseException):
    """Raised by a program that has polled long enough; no library catches it."""


@flow("polling an incomplete run", needed=CAN_POLL and not IS_V1)
def poll_incomplete():
    assistant, thread = make_assistant(), make_thread("Talk without end.")
    if VERSION >= (1, 30):
        run = runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
        same("the poller stops", run.status, "incomplete")
        return
    import httpx  # what these versions stand on; from 3.0 on it is another

    looks = []

    def look(request):
        looks.append(request.url)
        if len(looks) > 30:
            raise TiredError

    with openai.OpenAI(
        base_url=f"{URL}/v1", api_key="sk-emu-matrix", http_client=httpx.Client(event_hooks={"request": [look]})
    ) as watched:
        try:
            watched.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
            stopped = True
        except TiredError:
            stopped = False
    # Known of the library, mended in its version 1.30; whoever uses an older one has to see it here too.
    holds("this version's poller never stops", not stopped)
    same("though the run is over", next(iter(runs.list(thread.id))).status, "incomplete")
