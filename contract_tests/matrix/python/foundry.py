"""Azure's own library for agents: the same API below a project, over TLS, with tokens."""

import os
import time
from pathlib import Path

from azure.ai.agents import AgentsClient
from azure.ai.agents.models import (
    AgentEventHandler,
    AgentStreamEvent,
    CodeInterpreterTool,
    FilePurpose,
    FileSearchTool,
    FunctionTool,
    ListSortOrder,
    MessageRole,
    RunStatus,
    ToolOutput,
    ToolSet,
)  # fmt: skip
from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from checks import check, check_equal, check_refused, flow

CERTIFICATE = Path(os.environ["MATRIX_CERTIFICATE"])
TALK = "The basin is four metres deep at low tide, and nearly seven at the spring flood."


class Token:
    """A credential with a constant token."""

    def get_token(self, *scopes, **more):
        return AccessToken("sk-emu-agents", int(time.time()) + 3600)


client = AgentsClient(
    f"{os.environ['MATRIX_URL']}/api/projects/harbour",
    Token(),
    connection_verify=str(CERTIFICATE),
)


def start_conversation(question, agent=None, **more):
    agent = agent or client.create_agent(model="gpt-4o", name="Clerk", **more)
    thread = client.threads.create()
    client.messages.create(thread.id, role="user", content=question)
    return agent, thread


def newest_text(thread):
    return client.messages.get_last_message_text_by_role(thread.id, MessageRole.AGENT).text.value


@flow("agents")
def agents():
    agent = client.create_agent(model="gpt-4o", name="Clerk", instructions="Be brief.", metadata={"k": "v"})
    check_equal(
        "an agent is created", (agent.name, agent.instructions, agent.metadata), ("Clerk", "Be brief.", {"k": "v"})
    )
    check_equal("it can be retrieved", client.get_agent(agent.id).id, agent.id)
    check_equal("it can be updated", client.update_agent(agent.id, name="Mate").name, "Mate")
    for _ in range(3):
        client.create_agent(model="gpt-4o", name="Deckhand")
    check_equal("agents are paged", sum(one.name == "Deckhand" for one in client.list_agents(limit=2)), 3)
    client.delete_agent(agent.id)
    check_refused(
        "a deleted object is not found", ResourceNotFoundError, lambda: client.get_agent(agent.id), status_code=404
    )
    check_refused(
        "invalid fields are refused", HttpResponseError, lambda: client.create_agent(model=7), status_code=400
    )


@flow("threads and runs")
def talk():
    agent, thread = start_conversation("How deep?")
    run = client.runs.create_and_process(thread_id=thread.id, agent_id=agent.id, polling_interval=0)
    check_equal("a run is processed", (run.status, newest_text(thread)), (RunStatus.COMPLETED, TALK))
    check_equal("its usage is reported", (run.usage.prompt_tokens, run.usage.completion_tokens), (21, 9))
    check_equal(
        "messages are in order",
        [one.role for one in client.messages.list(thread.id, order=ListSortOrder.ASCENDING)],
        ["user", "assistant"],
    )
    check_equal(
        "steps are listed", [step.type for step in client.run_steps.list(thread.id, run.id)], ["message_creation"]
    )
    run = client.create_thread_and_process_run(
        agent_id=agent.id, thread={"messages": [{"role": "user", "content": "How deep?"}]}, polling_interval=0
    )
    check_equal("thread and run in one request", run.status, RunStatus.COMPLETED)
    _, thread = start_conversation("Please break down.", agent)
    run = client.runs.create_and_process(thread_id=thread.id, agent_id=agent.id, polling_interval=0)
    check_equal("the failure is reported", (run.status, run.last_error.code), (RunStatus.FAILED, "rate_limit_exceeded"))
    client.threads.delete(thread.id)
    check_refused(
        "a deleted thread is not found", ResourceNotFoundError, lambda: client.threads.get(thread.id), status_code=404
    )


def count_boats(pier: str) -> str:
    """Count the boats.

    :param pier: which one
    """
    return {"north": "nine", "south": "six"}[pier]


@flow("functions")
def functions():
    tools = ToolSet()
    tools.add(FunctionTool({count_boats}))
    client.enable_auto_function_calls(tools)
    agent, thread = start_conversation("Count the boats at both piers.", toolset=tools)
    run = client.runs.create_and_process(thread_id=thread.id, agent_id=agent.id, polling_interval=0)
    check_equal(
        "functions are called by the library",
        (run.status, newest_text(thread)),
        (RunStatus.COMPLETED, "North has nine boats, south has six."),
    )
    agent, thread = start_conversation("Count twice.", tools=tools.definitions)
    run = client.runs.create(thread_id=thread.id, agent_id=agent.id)
    for text in ("1", "2"):
        while run.status in (RunStatus.QUEUED, RunStatus.IN_PROGRESS):
            run = client.runs.get(thread.id, run.id)
        check_equal(f"round {text} requires outputs", run.status, RunStatus.REQUIRES_ACTION)
        calls = run.required_action.submit_tool_outputs.tool_calls
        run = client.runs.submit_tool_outputs(
            thread.id, run.id, tool_outputs=[ToolOutput(tool_call_id=call.id, output=text) for call in calls]
        )
    while run.status in (RunStatus.QUEUED, RunStatus.IN_PROGRESS):
        run = client.runs.get(thread.id, run.id)
    check_equal("outputs by hand", (run.status, newest_text(thread)), (RunStatus.COMPLETED, "1, then 2."))
    _, thread = start_conversation("Count twice.", agent)
    run = client.runs.create(thread_id=thread.id, agent_id=agent.id)
    check(
        "a run is cancelled",
        client.runs.cancel(thread.id, run.id).status in (RunStatus.CANCELLING, RunStatus.CANCELLED),
    )


class RecordingHandler(AgentEventHandler):
    """Records what it receives."""

    def __init__(self):
        super().__init__()
        self.texts, self.events, self.done = [], [], False

    def on_message_delta(self, delta):
        self.texts.append(delta.text)

    def on_thread_run(self, run):
        self.events.append(run.status)

    def on_error(self, data):
        self.events.append(data)

    def on_done(self):
        self.done = True


@flow("streams")
def streams():
    agent, thread = start_conversation("How deep?")
    with client.runs.stream(thread_id=thread.id, agent_id=agent.id) as stream:
        events = [name for name, _, _ in stream]
    check_equal(
        "events have the names of the library",
        (events[0], events[-2], events[-1]),
        (AgentStreamEvent.THREAD_RUN_CREATED, AgentStreamEvent.THREAD_RUN_COMPLETED, AgentStreamEvent.DONE),
    )
    _, thread = start_conversation("How deep?", agent)
    handler = RecordingHandler()
    with client.runs.stream(thread_id=thread.id, agent_id=agent.id, event_handler=handler) as stream:
        stream.until_done()
    check_equal("a handler receives the text", ("".join(handler.texts), handler.done), (TALK, True))
    check_equal("and the run", handler.events[-1], RunStatus.COMPLETED)


@flow("files and stores")
def files():
    file = client.files.upload_and_poll(file_path=str(CERTIFICATE), purpose=FilePurpose.AGENTS)
    check_equal(
        "a file is uploaded",
        (file.purpose, file.filename),
        ("assistants", CERTIFICATE.name),
    )
    check("its id begins as on Azure", file.id.startswith("assistant-"), file.id)
    check("it is listed", file.id in [one.id for one in client.files.list().data])
    store = client.vector_stores.create_and_poll(name="Papers", file_ids=[], polling_interval=0)
    check_equal("a store is created", (store.name, store.status), ("Papers", "completed"))
    text = client.files.upload(
        file=("quay.txt", b"Opening hours of the lock: from five to nine."), purpose=FilePurpose.AGENTS
    )
    batch = client.vector_store_file_batches.create_and_poll(
        vector_store_id=store.id, file_ids=[text.id], polling_interval=0
    )
    check_equal("a batch completes", (batch.status, batch.file_counts.completed), ("completed", 1))
    tool = FileSearchTool(vector_store_ids=[store.id])
    agent, thread = start_conversation(
        "What are the opening hours of the lock?", tools=tool.definitions, tool_resources=tool.resources
    )
    run = client.runs.create_and_process(thread_id=thread.id, agent_id=agent.id, polling_interval=0)
    check(
        "the file is found by the search",
        newest_text(thread).startswith("Found in quay.txt"),
        (run.status, newest_text(thread)),
    )
    tool = CodeInterpreterTool(file_ids=[text.id])
    agent, thread = start_conversation("What is the mean?", tools=tool.definitions, tool_resources=tool.resources)
    run = client.runs.create_and_process(thread_id=thread.id, agent_id=agent.id, polling_interval=0)
    (step,) = [one for one in client.run_steps.list(thread.id, run.id) if one.type == "tool_calls"]
    check_equal("code is returned", step.step_details.tool_calls[0].code_interpreter.outputs[0].logs, "3.5\n")
