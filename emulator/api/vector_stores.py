"""Handlers of /vector_stores."""

from emulator.api import answers
from emulator.api.answers import Response
from emulator.api.exchange import Exchange
from emulator.service import store_files, store_search, vector_stores
from emulator.wire.projection import Via
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


async def create(exchange: Exchange) -> Response:
    """POST /vector_stores."""
    body = await exchange.body(CreateVectorStore, optional=True)
    return answers.document(exchange, await vector_stores.create(exchange.namespace, body))


async def listing(exchange: Exchange) -> Response:
    """GET /vector_stores."""
    page = await vector_stores.listing(exchange.namespace, exchange.list_query())
    return answers.listing(exchange, page)


async def retrieve(exchange: Exchange) -> Response:
    """GET /vector_stores/{vector_store_id}."""
    return answers.document(
        exchange, await vector_stores.retrieve(exchange.namespace, exchange.param("vector_store_id"))
    )


async def modify(exchange: Exchange) -> Response:
    """POST /vector_stores/{vector_store_id}."""
    body = await exchange.body(ModifyVectorStore)
    return answers.document(
        exchange, await vector_stores.modify(exchange.namespace, exchange.param("vector_store_id"), body)
    )


async def delete(exchange: Exchange) -> Response:
    """DELETE /vector_stores/{vector_store_id}."""
    await vector_stores.delete(exchange.namespace, exchange.param("vector_store_id"))
    return answers.deleted(exchange, exchange.param("vector_store_id"), "vector_store.deleted")


async def search(exchange: Exchange) -> Response:
    """POST /vector_stores/{vector_store_id}/search."""
    body = await exchange.body(Search)
    queries, results = await store_search.search_store(exchange.namespace, exchange.param("vector_store_id"), body)
    return answers.plain(exchange, results_page(queries, results))


# --- files ----------------------------------------------------------------------------------------------------------


async def add_file(exchange: Exchange) -> Response:
    """POST /vector_stores/{vector_store_id}/files."""
    body = await exchange.body(AddFile)
    doc = await store_files.create(exchange.namespace, exchange.param("vector_store_id"), body)
    return answers.document(exchange, doc)


async def list_files(exchange: Exchange) -> Response:
    """GET /vector_stores/{vector_store_id}/files."""
    status = exchange.query.get("filter") or None
    page = await store_files.listing(
        exchange.namespace, exchange.param("vector_store_id"), exchange.list_query(), status
    )
    return answers.listing(exchange, page)


async def retrieve_file(exchange: Exchange) -> Response:
    """GET /vector_stores/{vector_store_id}/files/{file_id}."""
    doc = await store_files.retrieve(exchange.namespace, exchange.param("vector_store_id"), exchange.param("file_id"))
    return answers.document(exchange, doc)


async def modify_file(exchange: Exchange) -> Response:
    """POST /vector_stores/{vector_store_id}/files/{file_id}."""
    body = await exchange.body(ModifyFile)
    doc = await store_files.modify(
        exchange.namespace, exchange.param("vector_store_id"), exchange.param("file_id"), body
    )
    return answers.document(exchange, doc)


async def delete_file(exchange: Exchange) -> Response:
    """DELETE /vector_stores/{vector_store_id}/files/{file_id}."""
    await store_files.delete(exchange.namespace, exchange.param("vector_store_id"), exchange.param("file_id"))
    return answers.deleted(exchange, exchange.param("file_id"), "vector_store.file.deleted")


async def file_content(exchange: Exchange) -> Response:
    """GET /vector_stores/{vector_store_id}/files/{file_id}/content."""
    text = await store_files.content(exchange.namespace, exchange.param("vector_store_id"), exchange.param("file_id"))
    return answers.plain(exchange, content_page(text))


# --- batches --------------------------------------------------------------------------------------------------------


async def create_batch(exchange: Exchange) -> Response:
    """POST /vector_stores/{vector_store_id}/file_batches."""
    body = await exchange.body(AddFiles)
    doc = await store_files.create_batch(exchange.namespace, exchange.param("vector_store_id"), body)
    return answers.document(exchange, doc)


async def retrieve_batch(exchange: Exchange) -> Response:
    """GET /vector_stores/{vector_store_id}/file_batches/{batch_id}.

    That a batch is read as its store was reported of OpenAI's own service only; Foundry's pollers expect the batch.
    """
    as_store = exchange.address.mount == "openai" and exchange.namespace.behaviors.reads_batches_as_stores
    doc = await store_files.retrieve_batch(
        exchange.namespace, exchange.param("vector_store_id"), exchange.param("batch_id"), as_store=as_store
    )
    return answers.document(exchange, doc)


async def cancel_batch(exchange: Exchange) -> Response:
    """POST /vector_stores/{vector_store_id}/file_batches/{batch_id}/cancel."""
    doc = await store_files.cancel_batch(
        exchange.namespace, exchange.param("vector_store_id"), exchange.param("batch_id")
    )
    return answers.document(exchange, doc)


async def list_batch_files(exchange: Exchange) -> Response:
    """GET /vector_stores/{vector_store_id}/file_batches/{batch_id}/files."""
    status = exchange.query.get("filter") or None
    store_id, batch_id = exchange.param("vector_store_id"), exchange.param("batch_id")
    page = await store_files.listing(exchange.namespace, store_id, exchange.list_query(), status, batch_id)
    return answers.listing(exchange, page, Via.IN_BATCH)
