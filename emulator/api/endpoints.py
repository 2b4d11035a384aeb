"""Every endpoint of the API, the busy ones first."""

from functools import partial
from typing import Final

from starlette.types import ASGIApp

from emulator.api import assistants, files, messages, models, runs, steps, threads, uploads, v1_files, vector_stores
from emulator.api.answers import failure, unavailable
from emulator.api.app import Api, ApiOptions
from emulator.api.callers import CheckedCallers
from emulator.api.endpoint import Endpoint
from emulator.api.neighbors import Neighbors
from emulator.api.openapi import beside
from emulator.api.responses import endpoints as responses
from emulator.api.up_to_date import UpToDate
from emulator.domain.faults import Route
from emulator.domain.peers import Peers
from emulator.failures import Failures
from emulator.service.namespaces import Namespaces
from emulator.wire.assistants import CreateAssistant, ModifyAssistant
from emulator.wire.files import CompleteUpload, CreateUpload
from emulator.wire.history.behaviors import ASSISTANT_FILES_ON_V2
from emulator.wire.messages import CreateMessage, ModifyMessage
from emulator.wire.runs import CreateRun, CreateThreadAndRun, ModifyRun, SubmitToolOutputs
from emulator.wire.shapes import CHANGED_MESSAGE, MODELS
from emulator.wire.threads import CreateThread, ModifyThread
from emulator.wire.vector_stores import AddFile, AddFiles, CreateVectorStore, ModifyFile, ModifyVectorStore, Search

_ASSISTANT = "/assistants/{assistant_id}"
_THREAD = "/threads/{thread_id}"
_MESSAGES = f"{_THREAD}/messages"
_MESSAGE = f"{_MESSAGES}/{{message_id}}"
_RUNS = f"{_THREAD}/runs"
_RUN = f"{_RUNS}/{{run_id}}"
_STEPS = f"{_RUN}/steps"
_STORE = "/vector_stores/{vector_store_id}"
_STORE_FILE = f"{_STORE}/files/{{file_id}}"
_BATCH = f"{_STORE}/file_batches/{{batch_id}}"

_PAGE: Final = ("limit", "order", "after", "before")
_INCLUDE: Final = ("include[]",)
# What is neither part of the beta nor gone with it.
_lasting = partial(Endpoint, needs_beta=False, sunset=False)
_assistant_file = partial(Endpoint, only_v1=True, on_v2=ASSISTANT_FILES_ON_V2)

ENDPOINTS: Final = (
    Endpoint("GET", _RUN, runs.retrieve, "Read a run", "thread.run", polled=True),
    Endpoint("POST", _MESSAGES, messages.create, "Add a message", "thread.message", CreateMessage),
    Endpoint("GET", _MESSAGES, messages.listing, "List messages", "list of thread.message", query=(*_PAGE, "run_id")),
    Endpoint("POST", "/threads/runs", runs.create_with_thread, "Make a thread and run it", "thread.run",
             CreateThreadAndRun, polled=True),
    Endpoint("POST", _RUNS, runs.create, "Begin a run", "thread.run", CreateRun, _INCLUDE, polled=True),
    Endpoint("POST", "/threads", threads.create, "Make a thread", "thread", CreateThread, may_be_empty=True),
    Endpoint("POST", f"{_RUN}/submit_tool_outputs", runs.submit_tool_outputs, "Answer the calls of a run", "thread.run",
             SubmitToolOutputs, polled=True),
    Endpoint("GET", _STEPS, steps.listing, "List the steps of a run", "list of thread.run.step",
             query=(*_PAGE, *_INCLUDE)),
    Endpoint("POST", "/assistants", assistants.create, "Make an assistant", "assistant", CreateAssistant),
    Endpoint("POST", f"{_RUN}/cancel", runs.cancel, "Cancel a run", "thread.run", polled=True),
    Endpoint("GET", _RUNS, runs.listing, "List runs", "list of thread.run", query=_PAGE),
    Endpoint("GET", f"{_STEPS}/{{step_id}}", steps.retrieve, "Read a step", "thread.run.step", query=_INCLUDE),
    Endpoint("POST", _RUN, runs.modify, "Change a run", "thread.run", ModifyRun),
    Endpoint("GET", _MESSAGE, messages.retrieve, "Read a message", "thread.message"),
    Endpoint("POST", _MESSAGE, messages.modify, "Change a message", CHANGED_MESSAGE, ModifyMessage),
    Endpoint("DELETE", _MESSAGE, messages.delete, "Delete a message", "thread.message.deleted"),
    Endpoint("GET", _THREAD, threads.retrieve, "Read a thread", "thread"),
    Endpoint("POST", _THREAD, threads.modify, "Change a thread", "thread", ModifyThread),
    Endpoint("DELETE", _THREAD, threads.delete, "Delete a thread", "thread.deleted"),
    Endpoint("GET", "/assistants", assistants.listing, "List assistants", "list of assistant", query=_PAGE),
    Endpoint("GET", _ASSISTANT, assistants.retrieve, "Read an assistant", "assistant"),
    Endpoint("POST", _ASSISTANT, assistants.modify, "Change an assistant", "assistant", ModifyAssistant),
    Endpoint("DELETE", _ASSISTANT, assistants.delete, "Delete an assistant", "assistant.deleted"),
    Endpoint("GET", f"{_MESSAGE}/files", v1_files.of_message, "List the files of a message",
             "list of thread.message.file", query=_PAGE, only_v1=True),
    Endpoint("GET", f"{_MESSAGE}/files/{{file_id}}", v1_files.retrieve_of_message, "Read a file of a message",
             "thread.message.file", only_v1=True),
    _assistant_file("POST", f"{_ASSISTANT}/files", v1_files.attach, "Give an assistant a file",
             "assistant.file", v1_files.AttachFile),
    _assistant_file("GET", f"{_ASSISTANT}/files", v1_files.of_assistant, "List the files of an assistant",
             "list of assistant.file", query=_PAGE),
    _assistant_file("GET", f"{_ASSISTANT}/files/{{file_id}}", v1_files.retrieve, "Read a file of an assistant",
             "assistant.file"),
    _assistant_file("DELETE", f"{_ASSISTANT}/files/{{file_id}}", v1_files.detach, "Take a file from an assistant",
             "assistant.file.deleted"),
    _lasting("POST", "/files", files.create, "Upload a file", "file", files.FORM),
    _lasting("GET", "/files", files.listing, "List files", "list of file",
             query=("limit of files", "order", "after", "before", "purpose")),
    _lasting("GET", "/files/{file_id}", files.retrieve, "Read what is known of a file", "file"),
    _lasting("DELETE", "/files/{file_id}", files.delete, "Delete a file", "file"),
    _lasting("GET", "/files/{file_id}/content", files.content, "Read a file", "bytes"),
    _lasting("POST", "/vector_stores", vector_stores.create, "Make a store", "vector_store",
             CreateVectorStore, may_be_empty=True),
    _lasting("GET", "/vector_stores", vector_stores.listing, "List stores", "list of vector_store", query=_PAGE),
    _lasting("GET", _STORE, vector_stores.retrieve, "Read a store", "vector_store"),
    _lasting("POST", _STORE, vector_stores.modify, "Change a store", "vector_store", ModifyVectorStore),
    _lasting("DELETE", _STORE, vector_stores.delete, "Delete a store", "vector_store.deleted"),
    _lasting("POST", f"{_STORE}/search", vector_stores.search, "Search a store", "vector_store.search_results.page",
             Search),
    _lasting("POST", f"{_STORE}/files", vector_stores.add_file, "Add a file to a store", "vector_store.file",
             AddFile, polled=True),
    _lasting("GET", f"{_STORE}/files", vector_stores.list_files, "List the files of a store",
             "list of vector_store.file", query=(*_PAGE, "filter")),
    _lasting("GET", _STORE_FILE, vector_stores.retrieve_file, "Read a file of a store", "vector_store.file",
             polled=True),
    _lasting("POST", _STORE_FILE, vector_stores.modify_file, "Change the attributes of a file", "vector_store.file",
             ModifyFile),
    _lasting("DELETE", _STORE_FILE, vector_stores.delete_file, "Take a file out of a store",
             "vector_store.file.deleted"),
    _lasting("GET", f"{_STORE_FILE}/content", vector_stores.file_content, "Read the text of a file",
             "vector_store.file_content.page"),
    _lasting("POST", f"{_STORE}/file_batches", vector_stores.create_batch, "Add several files",
             "vector_store.file_batch", AddFiles, polled=True),
    # On the newest wire it is read as its store.
    _lasting("GET", _BATCH, vector_stores.retrieve_batch, "Read a batch", "vector_store", polled=True),
    _lasting("POST", f"{_BATCH}/cancel", vector_stores.cancel_batch, "Cancel a batch", "vector_store.file_batch",
             polled=True),
    _lasting("GET", f"{_BATCH}/files", vector_stores.list_batch_files, "List the files of a batch",
             "list of vector_store.file", query=(*_PAGE, "filter")),
    _lasting("POST", "/uploads", uploads.create, "Announce a large file", "upload", CreateUpload),
    _lasting("POST", "/uploads/{upload_id}/parts", uploads.add_part, "Send a part", "upload.part", uploads.FORM),
    _lasting("POST", "/uploads/{upload_id}/complete", uploads.complete, "Join the parts", "upload", CompleteUpload),
    _lasting("POST", "/uploads/{upload_id}/cancel", uploads.cancel, "Give an upload up", "upload"),
    _lasting("GET", "/models", models.listing, "List models", MODELS),
    _lasting("GET", "/models/{model:path}", models.retrieve, "Read a model", "model"),
    _lasting("DELETE", "/models/{model:path}", models.delete, "Delete a fine-tuned model", "model"),
)  # fmt: skip


ALL: Final = (*ENDPOINTS, *responses.ENDPOINTS)
# Below Foundry's paths there is one more.
OF_FOUNDRY: Final = (Endpoint("GET", "/threads", threads.listing, "List threads", "list of thread", query=_PAGE),)


def api(namespaces: Namespaces, neighbors: Neighbors, options: ApiOptions, peers: Peers | None = None) -> ASGIApp:
    """Return the API as an ASGI app, with its OpenAPI document beside it, for those who may call it.

    peers: the other processes that answer for the same namespaces, if there may be some.
    """
    app: ASGIApp = Api(ALL, {"foundry": (*ALL, *OF_FOUNDRY)}, neighbors, namespaces, options)
    if peers is not None:
        app = UpToDate(app, peers)
    whole = Failures(beside(app, ALL), failure, unavailable)
    return CheckedCallers(whole, options.callers, checks_host=options.checks_host)


def routes() -> list[Route]:
    """Return what faults may hit."""
    return [Route(endpoint.method, endpoint.path, endpoint.streams) for endpoint in (*ALL, *OF_FOUNDRY)]
