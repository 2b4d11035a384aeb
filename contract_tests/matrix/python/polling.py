"""The poll helpers, and the runs that older versions of them never stop polling."""

import openai
from checks import check, check_equal, flow
from program import (
    BOATS,
    CAN_POLL,
    GAUGE,
    IS_V1,
    TALK,
    URL,
    VERSION,
    clear_requests,
    control,
    count_requests,
    make_assistant,
    make_thread,
    newest_text,
    outputs,
    runs,
    start_run,
    threads,
)


@flow("poll helpers", needed=CAN_POLL)
def pollers():
    assistant = make_assistant(GAUGE)
    clear_requests()
    run = runs.create_and_poll(thread_id=make_thread("How deep?").id, assistant_id=assistant.id)
    check_equal("create_and_poll returns", (run.status, newest_text(run.thread_id)), ("completed", TALK))
    check_equal("after one poll", count_requests("GET", run.id), 1)
    run = runs.create_and_poll(thread_id=make_thread("Read the gauge.").id, assistant_id=assistant.id)
    check_equal("it returns when outputs are required", run.status, "requires_action")
    run = runs.submit_tool_outputs_and_poll(run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs(run, "4 m"))
    check_equal(
        "submit_tool_outputs_and_poll returns",
        (run.status, newest_text(run.thread_id)),
        ("completed", "The gauge reads 4 m."),
    )
    run = threads.create_and_run_poll(
        assistant_id=assistant.id, thread={"messages": [{"role": "user", "content": "Count twice."}]}, tools=[BOATS]
    )
    for text in ("1", "2"):
        check_equal(f"round {text} requires outputs", run.status, "requires_action")
        run = runs.submit_tool_outputs_and_poll(run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs(run, text))
    check_equal("after two rounds it completes", (run.status, newest_text(run.thread_id)), ("completed", "1, then 2."))
    run = runs.create_and_poll(thread_id=make_thread("Please break down.").id, assistant_id=assistant.id)
    check_equal("it returns a failed run", run.status, "failed")
    run = start_run("Wait forever.")
    control("POST", "/clock/advance", {"by": "11m"})
    check_equal("it returns an expired run", runs.poll(run.id, thread_id=run.thread_id).status, "expired")


class PolledTooOftenError(BaseException):
    """Raised to stop a poller that never stops; no library catches it."""


@flow("polling an incomplete run", needed=CAN_POLL and not IS_V1)
def poll_incomplete():
    assistant, thread = make_assistant(), make_thread("Talk without end.")
    if VERSION >= (1, 30):
        run = runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
        check_equal("the poller stops", run.status, "incomplete")
        return
    import httpx  # these versions are based on it; from 3.0 on it is another library

    polls = []

    def count_poll(request):
        polls.append(request.url)
        if len(polls) > 30:
            raise PolledTooOftenError

    with openai.OpenAI(
        base_url=f"{URL}/v1", api_key="sk-emu-matrix", http_client=httpx.Client(event_hooks={"request": [count_poll]})
    ) as counted_client:
        try:
            counted_client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
            stopped = True
        except PolledTooOftenError:
            stopped = False
    # A known bug of the library, fixed in 1.30; the emulator has to reproduce it for older versions.
    check("this version's poller never stops", not stopped)
    check_equal("though the run is over", next(iter(runs.list(thread.id))).status, "incomplete")
