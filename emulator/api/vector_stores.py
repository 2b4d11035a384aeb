"""Handlers of /vector_stores."""

from starlette.responses import Response

from emulator.api import answering
from emulator.api.call import Call
from emulator.service import searching, store_files, vector_stores
from emulator.service.finding import documents
from emulator.wire.vector_stores import (
    AddFile,
    AddFiles,
    CreateVectorStore,
    ModifyFile,
    ModifyVectorStore,
    Search,
    content_page,
    results_page,
)


async def create(call: Call) -> Response:
    """POST /vector_stores."""
    body = await call.body(CreateVectorStore, optional=True)
    return answering.document(call, vector_stores.create(call.world, body))


async def listing(call: Call) -> Response:
    """GET /vector_stores."""
    page = await vector_stores.listing(call.world, call.list_query())
    return answering.listing(call, page, documents(page))


async def retrieve(call: Call) -> Response:
    """GET /vector_stores/{vector_store_id}."""
    return answering.document(call, await vector_stores.retrieve(call.world, call.param("vector_store_id")))


async def modify(call: Call) -> Response:
    """POST /vector_stores/{vector_store_id}."""
    body = await call.body(ModifyVectorStore)
    return answering.document(call, await vector_stores.modify(call.world, call.param("vector_store_id"), body))


async def delete(call: Call) -> Response:
    """DELETE /vector_stores/{vector_store_id}."""
    await vector_stores.delete(call.world, call.param("vector_store_id"))
    return answering.deleted(call, call.param("vector_store_id"), "vector_store.deleted")


async def search(call: Call) -> Response:
    """POST /vector_stores/{vector_store_id}/search."""
    body = await call.body(Search)
    queries, results = await searching.search_store(call.world, call.param("vector_store_id"), body)
    return answering.plain(call, results_page(queries, results))


# --- files ----------------------------------------------------------------------------------------------------------


async def add_file(call: Call) -> Response:
    """POST /vector_stores/{vector_store_id}/files."""
    body = await call.body(AddFile)
    return answering.document(call, store_files.create(call.world, call.param("vector_store_id"), body))


async def list_files(call: Call) -> Response:
    """GET /vector_stores/{vector_store_id}/files."""
    status = call.request.query_params.get("filter") or None
    page = await store_files.listing(call.world, call.param("vector_store_id"), call.list_query(), status)
    return answering.listing(call, page, documents(page))


async def retrieve_file(call: Call) -> Response:
    """GET /vector_stores/{vector_store_id}/files/{file_id}."""
    doc = await store_files.retrieve(call.world, call.param("vector_store_id"), call.param("file_id"))
    return answering.document(call, doc)


async def modify_file(call: Call) -> Response:
    """POST /vector_stores/{vector_store_id}/files/{file_id}."""
    body = await call.body(ModifyFile)
    doc = await store_files.modify(call.world, call.param("vector_store_id"), call.param("file_id"), body)
    return answering.document(call, doc)


async def delete_file(call: Call) -> Response:
    """DELETE /vector_stores/{vector_store_id}/files/{file_id}."""
    await store_files.delete(call.world, call.param("vector_store_id"), call.param("file_id"))
    return answering.deleted(call, call.param("file_id"), "vector_store.file.deleted")


async def file_content(call: Call) -> Response:
    """GET /vector_stores/{vector_store_id}/files/{file_id}/content."""
    text = await store_files.content(call.world, call.param("vector_store_id"), call.param("file_id"))
    return answering.plain(call, content_page(text))


# --- batches --------------------------------------------------------------------------------------------------------


async def create_batch(call: Call) -> Response:
    """POST /vector_stores/{vector_store_id}/file_batches."""
    body = await call.body(AddFiles)
    return answering.document(call, store_files.create_batch(call.world, call.param("vector_store_id"), body))


async def retrieve_batch(call: Call) -> Response:
    """GET /vector_stores/{vector_store_id}/file_batches/{batch_id}."""
    doc = await store_files.retrieve_batch(call.world, call.param("vector_store_id"), call.param("batch_id"))
    return answering.document(call, doc)


async def cancel_batch(call: Call) -> Response:
    """POST /vector_stores/{vector_store_id}/file_batches/{batch_id}/cancel."""
    doc = await store_files.cancel_batch(call.world, call.param("vector_store_id"), call.param("batch_id"))
    return answering.document(call, doc)


async def list_batch_files(call: Call) -> Response:
    """GET /vector_stores/{vector_store_id}/file_batches/{batch_id}/files."""
    status = call.request.query_params.get("filter") or None
    store_id, batch_id = call.param("vector_store_id"), call.param("batch_id")
    page = await store_files.listing(call.world, store_id, call.list_query(), status, batch_id)
    return answering.listing(call, page, documents(page), "vector_store.file in batch")
