"""Assistants."""

from collections.abc import Mapping, Sequence
from typing import Any

from emulator.domain import refusals
from emulator.engine.namespace import Namespace
from emulator.service import resources
from emulator.service.lookup import ListQuery, find, page, require
from emulator.service.models import check_model, check_sampling, check_structured
from emulator.store.documents import Page, Transaction
from emulator.store.tables import Assistant
from emulator.wire.assistants import AssistantFields, CreateAssistant, ModifyAssistant, assistant, fields_of
from emulator.wire.values import StructuredFormat


async def create(namespace: Namespace, body: CreateAssistant, *, old_models: bool = False) -> dict[str, Any]:
    """Create an assistant. old_models: as in `check_model`."""
    async with namespace.transaction() as tx:
        return await add(namespace, tx, body, old_models=old_models)


async def add(
    namespace: Namespace,
    tx: Transaction,
    body: CreateAssistant,
    *,
    id: str | None = None,  # noqa: A002
    old_models: bool = False,
) -> dict[str, Any]:
    """Add an assistant. id: pinned by a fixture."""
    check_model(namespace, body.model, old_models=old_models)
    fields = fields_of(body)
    check_sampling(body.model, fields)
    check_tools(fields.get("tools", []))
    check_format(namespace, body.model, fields.get("tools", []), body)
    named = await resources.resolve(namespace, tx, body.tool_resources)
    await resources.check_files(namespace, tx, fields.get("file_ids", []))
    doc = assistant(id or namespace.ids.make("asst"), now=namespace.now(), fields=fields, resources={})
    doc.update(_files_since(fields, {}, namespace.now()))
    doc["tool_resources"] = resources.of_tools(doc["tools"], named)
    tx.insert(Assistant, doc["id"], id=doc["id"], doc=doc)
    return doc


async def listing(namespace: Namespace, query: ListQuery) -> Page:
    """List assistants."""
    async with namespace.transaction() as tx:
        return await page(tx, Assistant, query)


async def retrieve(namespace: Namespace, assistant_id: str) -> dict[str, Any]:
    """Return an assistant."""
    async with namespace.transaction() as tx:
        return dict((await find(namespace, tx, "assistant", assistant_id))["doc"])


async def modify(
    namespace: Namespace, assistant_id: str, body: ModifyAssistant, *, old_models: bool = False
) -> dict[str, Any]:
    """Change an assistant: a field that is given replaces the one that was there (recorded)."""
    async with namespace.transaction() as tx:
        before = (await find(namespace, tx, "assistant", assistant_id))["doc"]
        if body.model is not None:
            check_model(namespace, body.model, old_models=old_models)
        fields = fields_of(body)
        doc = {**before, **fields, **_files_since(fields, before, namespace.now())}
        check_sampling(doc["model"], fields, before, by_update=body.model is not None)
        check_tools(doc["tools"])
        check_format(namespace, doc["model"], doc["tools"], body, doc["response_format"])
        named = await resources.resolve(namespace, tx, body.tool_resources, changes=True)
        await resources.check_files(namespace, tx, fields.get("file_ids", []))
        doc["tool_resources"] = resources.of_changed_tools(before, doc["tools"], named)
        tx.update(Assistant, assistant_id, doc=doc)
        return doc


def _files_since(fields: Mapping[str, Any], before: Mapping[str, Any], now: int) -> dict[str, Any]:
    """Return v1's files with the time since which the assistant has each: v1 shows it (recorded)."""
    known = before.get("file_ids", {})
    return {"file_ids": {name: known.get(name, now) for name in fields["file_ids"]}} if "file_ids" in fields else {}


async def delete(namespace: Namespace, assistant_id: str) -> None:
    """Delete an assistant; its runs and messages stay."""
    async with namespace.transaction() as tx:
        await require(namespace, tx, "assistant", assistant_id)
        tx.soft_delete(Assistant, assistant_id)


def check_tools(tools: Sequence[Mapping[str, Any]]) -> None:
    """Refuse functions whose parameters are no object."""
    for place, tool in enumerate(tools):
        parameters = tool["function"]["parameters"] if tool["type"] == "function" else {"type": "object"}
        if parameters and parameters.get("type") != "object":
            path = f"tools[{place}].function.parameters"
            raise refusals.schema_is_no_object(tool["function"]["name"], path, parameters.get("type"))


def check_format(
    namespace: Namespace,
    model: str,
    tools: Sequence[Mapping[str, Any]],
    body: AssistantFields | Any,
    inherited: Any = None,
) -> None:
    """Refuse structured output that the model or a tool does not allow. inherited: the format if the body has none."""
    structured = isinstance(body.response_format, StructuredFormat) or (
        body.response_format is None and isinstance(inherited, dict) and inherited["type"] == "json_schema"
    )
    if not structured:
        return
    check_structured(namespace, model)
    if any(tool["type"] != "function" for tool in tools):
        raise refusals.json_schema_needs_functions()
