"""What Azure's library sends beside files: data sources, images in messages, names of uploads."""

import base64

from azure.ai.agents import models
from azure.ai.agents.models import FilePurpose, MessageRole, RunStatus, VectorStoreDataSource
from checks import check, check_equal, flow
from foundry import CERTIFICATE, client, newest_text, start_conversation

HOURS = b"Opening hours of the lock: from five to nine."
QUESTION = "What are the opening hours of the lock?"
PNG = "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n").decode()


def source(name):
    uri = f"azureml://subscriptions/s/resourcegroups/g/workspaces/w/datastores/d/paths/{name}"
    return VectorStoreDataSource(asset_identifier=uri, asset_type=models.VectorStoreDataSourceAssetType.URI_ASSET)


def check_found(name, agent, thread, file):
    run = client.runs.create_and_process(thread_id=thread.id, agent_id=agent.id, polling_interval=0)
    check(name, newest_text(thread).startswith(f"Found in {file}"), (run.status, newest_text(thread)))


@flow("stores of data sources")
def stores():
    client.files.upload(file=("lock.txt", HOURS), purpose=FilePurpose.AGENTS)
    sources = [source("lock.txt"), source("unknown.txt")]
    store = client.vector_stores.create_and_poll(data_sources=sources, name="Papers", polling_interval=0)
    check_equal("a store is made", (store.name, store.status, store.file_counts.completed), ("Papers", "completed", 2))
    tool = models.FileSearchTool(vector_store_ids=[store.id])
    agent, thread = start_conversation(QUESTION, tools=tool.definitions, tool_resources=tool.resources)
    check_found("a search finds its text", agent, thread, "lock.txt")
    store = client.vector_stores.create_and_poll(name="Empty", file_ids=[], polling_interval=0)
    file = client.vector_store_files.create_and_poll(store.id, data_source=source("lock.txt"), polling_interval=0)
    check_equal("one is added", file.status, "completed")
    batch = client.vector_store_file_batches.create_and_poll(store.id, data_sources=sources, polling_interval=0)
    check_equal("a batch of them", (batch.status, batch.file_counts.completed), ("completed", 2))


@flow("data sources of tools")
def tools():
    client.files.upload(file=("lock.txt", HOURS), purpose=FilePurpose.AGENTS)
    named = models.VectorStoreConfigurations(
        store_name="Papers", store_configuration=models.VectorStoreConfiguration(data_sources=[source("lock.txt")])
    )
    resources = models.ToolResources(
        file_search=models.FileSearchToolResource(vector_stores=[named]),
        code_interpreter=models.CodeInterpreterToolResource(data_sources=[source("lock.txt")]),
    )
    definitions = [*models.FileSearchTool().definitions, *models.CodeInterpreterTool().definitions]
    agent, thread = start_conversation(QUESTION, tools=definitions, tool_resources=resources)
    check_found("an agent searches them", agent, thread, "lock.txt")
    shown = agent.tool_resources.code_interpreter.data_sources
    check_equal("they are shown", [one.as_dict() for one in shown], [source("lock.txt").as_dict()])
    sent_back = client.update_agent(agent.id, tools=definitions, tool_resources=agent.tool_resources)
    check_equal("and may be sent back", sent_back.tool_resources.as_dict(), agent.tool_resources.as_dict())
    agent = client.create_agent(model="gpt-4o", name="Clerk", tools=definitions)
    thread = client.threads.create(tool_resources=resources)
    client.messages.create(thread.id, role="user", content=QUESTION)
    check_found("a thread has them", agent, thread, "lock.txt")


@flow("data sources of messages")
def messages():
    client.files.upload(file=("lock.txt", HOURS), purpose=FilePurpose.AGENTS)
    search = models.FileSearchTool().definitions
    agent, thread = client.create_agent(model="gpt-4o", name="Clerk", tools=search), client.threads.create()
    attached = models.MessageAttachment(data_source=source("lock.txt"), tools=search)
    message = client.messages.create(thread.id, role="user", content=QUESTION, attachments=[attached])
    check_equal("an attachment is shown as sent", message.attachments[0].as_dict(), attached.as_dict())
    check_found("it is searched", agent, thread, "lock.txt")


@flow("images in messages")
def images():
    text = models.MessageInputTextBlock(text="How deep?")
    image = models.MessageInputImageUrlBlock(image_url=models.MessageImageUrlParam(url=PNG, detail="high"))
    agent, thread = client.create_agent(model="gpt-4o", name="Clerk"), client.threads.create()
    client.messages.create(thread.id, role=MessageRole.USER, content=[text, image])
    run = client.runs.create_and_process(thread_id=thread.id, agent_id=agent.id, polling_interval=0)
    check_equal("a run sees an image", run.status, RunStatus.COMPLETED)
    shown = client.messages.get_last_message_by_role(thread.id, MessageRole.USER).content[1]
    check_equal("it is shown as it was sent", shown["image_url"]["url"], PNG)


@flow("names of uploads")
def uploads():
    file = client.files.upload(file=("a.txt", HOURS), purpose=FilePurpose.AGENTS, filename="hours.txt")
    check_equal("the name is that of the parameter", file.filename, "hours.txt")
    file = client.files.upload(file_path=str(CERTIFICATE), purpose=FilePurpose.AGENTS, filename="hours.md")
    check_equal("also of a path", file.filename, "hours.md")
