"""The library's client for Azure: other paths, an api-version in the query, another header for the key."""

import openai
from checks import check, check_equal, check_refused, flow
from program import CAN_STREAM, GAUGE, IS_V1, SEARCH, URL, VERSION

# The versions of Azure's API for the two betas.
API_VERSION = "2024-02-15-preview" if IS_V1 else "2024-05-01-preview"
# Azure never had the retrieval of v1.
TOOLS = [GAUGE] if IS_V1 else [GAUGE, {"type": SEARCH}]


def _talk(client, name):
    beta = client.beta
    assistant = beta.assistants.create(model="our-deployment", tools=TOOLS)
    check_equal(f"{name}: the model is the deployment", assistant.model, "our-deployment")
    check_equal(
        f"{name}: the tools are those of its version",
        [tool.type for tool in assistant.tools],
        [tool["type"] for tool in TOOLS],
    )
    thread = beta.threads.create(messages=[{"role": "user", "content": "Read the gauge."}])
    run = beta.threads.runs.create(thread.id, assistant_id=assistant.id)
    for _ in range(2000):
        run = beta.threads.runs.retrieve(run.id, thread_id=thread.id)
        if run.status not in ("queued", "in_progress"):
            break
    check_equal(f"{name}: a call is required", run.status, "requires_action")
    outputs = [
        {"tool_call_id": call.id, "output": "6 m"} for call in run.required_action.submit_tool_outputs.tool_calls
    ]
    run = beta.threads.runs.submit_tool_outputs(run.id, thread_id=thread.id, tool_outputs=outputs)
    for _ in range(2000):
        run = beta.threads.runs.retrieve(run.id, thread_id=thread.id)
        if run.status not in ("queued", "in_progress"):
            break
    text = beta.threads.messages.list(thread.id).data[0].content[0].text.value
    check_equal(f"{name}: and completed with its output", (run.status, text), ("completed", "The gauge reads 6 m."))
    file = client.files.create(file=("a.txt", b"Ebb."), purpose="assistants")
    check_equal(f"{name}: files can be used", client.files.retrieve(file.id).filename, "a.txt")
    check(f"{name}: and have ids as on Azure", file.id.startswith("assistant-"), file.id)


def _azure(**more):
    return openai.AzureOpenAI(api_version=API_VERSION, **more)


@flow("azure")
def azure():
    client = _azure(azure_endpoint=URL, api_key="sk-emu-azure")
    _talk(client, "by endpoint")
    _talk(_azure(azure_endpoint=URL, azure_deployment="our-deployment", api_key="sk-emu-azure"), "with a deployment")
    _talk(_azure(azure_endpoint=URL, azure_ad_token="sk-emu-token"), "with a token")
    _talk(_azure(base_url=f"{URL}/openai", api_key="sk-emu-azure"), "by base URL")
    stores = getattr(client, "vector_stores", None) or getattr(client.beta, "vector_stores", None)
    if stores is not None:
        store = stores.create(name="Azure")
        check_equal(
            "stores can be used",
            stores.files.upload_and_poll(vector_store_id=store.id, file=("b.txt", b"Flood.")).status,
            "completed",
        )
    if IS_V1:
        check_refused(
            "retrieval is refused",
            openai.BadRequestError,
            lambda: client.beta.assistants.create(model="our-deployment", tools=[{"type": SEARCH}]),
            status_code=400,
        )
    if CAN_STREAM:
        assistant = client.beta.assistants.create(model="our-deployment")
        thread = client.beta.threads.create(messages=[{"role": "user", "content": "How deep?"}])
        events = [
            event.event for event in client.beta.threads.runs.create(thread.id, assistant_id=assistant.id, stream=True)
        ]
        check_equal("streams can be used", (events[0], events[-1]), ("thread.run.created", "thread.run.completed"))
    error = check_refused(
        "an unknown assistant",
        openai.NotFoundError,
        lambda: client.beta.assistants.retrieve("asst_" + "A" * 24),
        status_code=404,
    )
    url = str(error.request.url)
    check(
        "the api-version was in the query",
        "/openai/assistants/" in url and url.endswith(f"?api-version={API_VERSION}"),
        url,
    )
    check_refused(
        "an unknown path has Azure's error",
        openai.NotFoundError,
        lambda: client.get("/harbours", cast_to=object),
        status_code=404,
        code="404",
    )


@flow("azure without a version in the path", needed=VERSION >= (1, 21))
def azure_v1():
    client = openai.OpenAI(base_url=f"{URL}/openai/v1/", api_key="sk-emu-azure")
    check_equal("the plain client works too", client.beta.threads.create().object, "thread")
