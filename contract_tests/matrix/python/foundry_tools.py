"""The tools that only Foundry's agents have, as far as a version of Azure's library knows them."""

from azure.ai.agents import models
from azure.ai.agents.models import AgentStreamEvent, MessageRole, RunStatus
from checks import check, check_equal, flow
from foundry import client, newest_text, start_conversation

SPEC = {
    "openapi": "3.1.0",
    "info": {"title": "Depths", "version": "1"},
    "paths": {"/depths": {"get": {"operationId": "depth_at", "responses": {"200": {"description": "The depth."}}}}},
}
CONNECTION = (
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.CognitiveServices/accounts/a/projects/p/connections/harbour"
)
ANSWER = "Four metres【3:0†source】."


def queue(name):
    return models.AzureFunctionStorageQueue(queue_name=name, storage_service_endpoint="https://queues.example")


# Class of the tool, how it is made, and the classes of its call in a step and in a stream; None: none of its own.
_TOOLS = (
    (
        "AzureAISearchTool",
        lambda make: make(index_connection_id=CONNECTION, index_name="depths"),
        "RunStepAzureAISearchToolCall",
        "RunStepDeltaAzureAISearchToolCall",
    ),
    (
        "AzureFunctionTool",
        lambda make: make("depth_at", "The depth.", {"type": "object"}, queue("in"), queue("out")),
        "RunStepAzureFunctionToolCall",
        "RunStepDeltaAzureFunctionToolCall",
    ),
    (
        "BingCustomSearchTool",
        lambda make: make(connection_id=CONNECTION, instance_name="ports"),
        "RunStepBingCustomSearchToolCall",
        "RunStepDeltaCustomBingGroundingToolCall",
    ),
    (
        "BingGroundingTool",
        lambda make: make(connection_id=CONNECTION),
        "RunStepBingGroundingToolCall",
        "RunStepDeltaBingGroundingToolCall",
    ),
    ("BrowserAutomationTool", lambda make: make(connection_id=CONNECTION), "RunStepBrowserAutomationToolCall", None),
    (
        "ConnectedAgentTool",
        lambda make: make(id="asst_pilot", name="depth_at", description="Knows the depths."),
        "RunStepConnectedAgentToolCall",
        "RunStepDeltaConnectedAgentToolCall",
    ),
    (
        "DeepResearchTool",
        lambda make: make(bing_grounding_connection_id=CONNECTION, deep_research_model="o3-deep-research"),
        "RunStepDeepResearchToolCall",
        "RunStepDeltaDeepResearchToolCall",
    ),
    (
        "FabricTool",
        lambda make: make(connection_id=CONNECTION),
        "RunStepMicrosoftFabricToolCall",
        "RunStepDeltaMicrosoftFabricToolCall",
    ),
    (
        "McpTool",
        lambda make: make(server_label="charts", server_url="https://charts.example", allowed_tools=["depth_at"]),
        "RunStepMcpToolCall",
        "RunStepDeltaMcpToolCall",
    ),
    (
        "OpenApiTool",
        lambda make: make("depths", "Depths.", SPEC, models.OpenApiAnonymousAuthDetails()),
        "RunStepOpenAPIToolCall",
        "RunStepDeltaOpenAPIToolCall",
    ),
    (
        "SharepointTool",
        lambda make: make(connection_id=CONNECTION),
        "RunStepSharepointToolCall",
        "RunStepDeltaSharepointToolCall",
    ),
)
TOOLS = [(getattr(models, name), *rest) for name, *rest in _TOOLS if hasattr(models, name)]
HAS_MCP = hasattr(models, "McpTool")


def class_of(name):
    return getattr(models, name, None) or getattr(models._models, name, None) if name else None


@flow("tools of Foundry's own")
def own_tools():
    for make_class, make, step_class, delta_class in TOOLS:
        tool = make(make_class)
        (definition,) = [one.as_dict() for one in tool.definitions]
        kind = definition["type"]
        agent = client.create_agent(
            model="gpt-4o", name="Clerk", tools=tool.definitions, tool_resources=getattr(tool, "resources", None)
        )
        shown = agent.tools[0].as_dict()
        check(f"{kind} is shown with all that was sent", shows(shown, definition), shown)
        again = client.update_agent(agent_id=agent.id, tools=agent.tools)
        check_equal(f"{kind} may be sent back", again.tools[0].as_dict(), shown)
        agent, thread = start_conversation(f"Use {kind}.", agent)
        run = client.runs.create_and_process(thread_id=thread.id, agent_id=agent.id, polling_interval=0)
        check_equal(f"a run uses {kind}", (run.status, newest_text(thread)), (RunStatus.COMPLETED, ANSWER))
        calls = calls_of(thread, run)
        check_equal(f"its step has a call of {kind}", [call.type for call in calls], [kind])
        if class_of(step_class) is not None:
            check_equal(f"calls of {kind} have their class", [type(call) for call in calls], [class_of(step_class)])
        shown = "[redacted]" if kind == "sharepoint_grounding" else "Four metres."
        check("the call is shown whole", shown in str(calls[0].as_dict()), calls[0])
        _, thread = start_conversation(f"Use {kind}.", agent)
        with client.runs.stream(thread_id=thread.id, agent_id=agent.id) as stream:
            events = list(stream)
        deltas = [data.delta.step_details for name, data, _ in events if name == AgentStreamEvent.THREAD_RUN_STEP_DELTA]
        check(f"a stream has deltas of {kind}", deltas)
        if class_of(delta_class) is not None and all(hasattr(delta, "tool_calls") for delta in deltas):
            found = {type(call) for delta in deltas for call in delta.tool_calls}
            check_equal(f"deltas of {kind} have their class", found, {class_of(delta_class)})
        check_equal(f"the stream with {kind} ends well", events[-2][0], AgentStreamEvent.THREAD_RUN_COMPLETED)


def shows(shown, sent):
    """Return whether all that was sent is shown, but for what is empty."""
    if isinstance(sent, dict):
        return all(not value or shows(shown.get(name), value) for name, value in sent.items())
    if isinstance(sent, list):
        return len(shown) == len(sent) and all(map(shows, shown, sent))
    return shown == sent


def calls_of(thread, run):
    details = [step.step_details for step in client.run_steps.list(thread.id, run.id)]
    return [call for one in details if one.get("tool_calls") for call in one.tool_calls]


@flow("citations of the web")
def citations():
    tool = models.BingGroundingTool(connection_id=CONNECTION)
    agent, thread = start_conversation("Use bing_grounding.", tools=tool.definitions)
    run = client.runs.create_and_process(thread_id=thread.id, agent_id=agent.id, polling_interval=0)
    (call,) = calls_of(thread, run)
    check("the address is named", call.bing_grounding["requesturl"].startswith("https://api.bing.microsoft.com/"))
    message = client.messages.get_last_message_by_role(thread.id, MessageRole.AGENT)
    (cited,) = message.url_citation_annotations
    check_equal("a page is cited", cited.url_citation.url, "https://depths.example/north")


def charts(**more):
    return models.McpTool(server_label="charts", server_url="https://charts.example", **more)


def approvals(run, *, approve):
    calls = run.required_action.submit_tool_approval.tool_calls
    return [models.ToolApproval(tool_call_id=call.id, approve=approve, headers={"Key": "x"}) for call in calls]


def settled(thread, run):
    while (run := client.runs.get(thread_id=thread.id, run_id=run.id)).status in (
        RunStatus.QUEUED,
        RunStatus.IN_PROGRESS,
    ):
        pass
    return run


@flow("approvals", needed=HAS_MCP)
def approving():
    tool = charts()
    tool.update_headers("Key", "x")
    agent, thread = start_conversation("Please ask the chart server.", tools=tool.definitions)
    for approve, text in ((True, "Four metres."), (False, "It may not be asked.")):
        thread = client.threads.create()
        client.messages.create(thread.id, role="user", content="Please ask the chart server.")
        run = client.runs.create(thread_id=thread.id, agent_id=agent.id, tool_resources=tool.resources)
        run = settled(thread, run)
        check_equal("the run waits", type(run.required_action), models.SubmitToolApprovalAction)
        (call,) = run.required_action.submit_tool_approval.tool_calls
        check_equal("for a call", (type(call), call.name), (models.RequiredMcpToolCall, "depth_at"))
        given = approvals(run, approve=approve)
        client.runs.submit_tool_outputs(thread_id=thread.id, run_id=run.id, tool_approvals=given)
        run = settled(thread, run)
        check_equal(f"approve={approve}", (run.status, newest_text(thread)), (RunStatus.COMPLETED, text))
        types = [type(step.step_details).__name__ for step in client.run_steps.list(thread.id, run.id, order="asc")]
        check_equal(
            "its steps", types, ["RunStepActivityDetails", "RunStepToolCallDetails", "RunStepMessageCreationDetails"]
        )
    tool.set_approval_mode("never")
    thread = client.threads.create()
    client.messages.create(thread.id, role="user", content="Please ask the chart server.")
    run = settled(thread, client.runs.create(thread_id=thread.id, agent_id=agent.id, tool_resources=tool.resources))
    check_equal("none is needed", (run.status, newest_text(thread)), (RunStatus.COMPLETED, "Four metres."))


@flow("approvals in streams", needed=HAS_MCP)
def streamed_approvals():
    agent, thread = start_conversation("Please ask the chart server.", tools=charts().definitions)
    names, activities = [], []
    with client.runs.stream(thread_id=thread.id, agent_id=agent.id) as stream:
        for name, data, _ in stream:
            names.append(name)
            if isinstance(data, models.RunStep) and isinstance(data.step_details, models.RunStepActivityDetails):
                activities += [list(activity.tools) for activity in data.step_details.activities]  # none at first
            if name == AgentStreamEvent.THREAD_RUN_REQUIRES_ACTION:
                client.runs.submit_tool_outputs_stream(
                    thread_id=thread.id,
                    run_id=data.id,
                    tool_approvals=approvals(data, approve=True),
                    event_handler=stream,
                )
    check_equal("the tools of the server are listed", activities[-1], ["depth_at"])
    check_equal("the stream goes on with the approval", names[-2], AgentStreamEvent.THREAD_RUN_COMPLETED)
    check_equal("and the run", newest_text(thread), "Four metres.")


class Approver(getattr(models, "RunHandler", object)):
    """Approves every call."""

    def submit_mcp_tool_approval(self, *, run, tool_call, **more):
        return models.ToolApproval(tool_call_id=tool_call.id, approve=True)


@flow("approvals by the library", needed=hasattr(models, "RunHandler"))
def library_approves():
    agent, thread = start_conversation("Please ask the chart server.", tools=charts().definitions)
    run = client.runs.create_and_process(
        thread_id=thread.id, agent_id=agent.id, run_handler=Approver(), polling_interval=0
    )
    check_equal("the library approves", (run.status, newest_text(thread)), (RunStatus.COMPLETED, "Four metres."))


@flow("computers", needed=hasattr(models, "ComputerUseTool"))
def computers():
    tool = models.ComputerUseTool(display_width=800, display_height=600, environment="browser")
    agent, thread = start_conversation("Press the button.", tools=tool.definitions)
    run = settled(thread, client.runs.create(thread_id=thread.id, agent_id=agent.id))
    (call,) = run.required_action.submit_tool_outputs.tool_calls
    check_equal("an action is asked for", type(call), models.RequiredComputerUseToolCall)
    check_equal("where", (call.computer_use_preview.action.x, call.computer_use_preview.action.y), (30, 40))
    picture = models.ComputerScreenshot(image_url="https://pictures.example/1.png")
    output = models.ComputerToolOutput(tool_call_id=call.id, output=picture)
    client.runs.submit_tool_outputs(thread_id=thread.id, run_id=run.id, tool_outputs=[output])
    run = settled(thread, run)
    check_equal(
        "the screenshot is seen",
        (run.status, newest_text(thread)),
        (RunStatus.COMPLETED, "Pressed, and https://pictures.example/1.png was seen."),
    )
    (call,) = calls_of(thread, run)
    check_equal("the step has it", call.computer_use_preview.output.image_url, picture.image_url)
