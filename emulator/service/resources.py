"""What tools may read: files and vector stores named by assistants, threads and runs."""

from collections.abc import Mapping, Sequence
from typing import Any

from emulator.engine.world import World
from emulator.store.documents import Unit
from emulator.wire.values import ToolResources, ToolResourcesToMake


def ask(
    world: World,  # noqa: ARG001 - stores are made with part 2
    unit: Unit,  # noqa: ARG001
    resources: ToolResources | ToolResourcesToMake | None,
    *,
    of: str,  # noqa: ARG001
) -> dict[str, Any]:
    """Return the resources that a body asks for, as documents show them."""
    asked: dict[str, Any] = {}
    if resources is None:
        return asked
    if resources.code_interpreter is not None:
        asked["code_interpreter"] = {"file_ids": resources.code_interpreter.file_ids or []}
    if resources.file_search is not None:
        asked["file_search"] = {"vector_store_ids": resources.file_search.vector_store_ids or []}
    return asked


def of_tools(tools: Sequence[Mapping[str, Any]], asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return an assistant's resources: one entry for each tool that it has, empty if nothing was asked (recorded)."""
    types = {tool["type"] for tool in tools}
    shown: dict[str, Any] = {}
    if "code_interpreter" in types or "code_interpreter" in asked:
        shown["code_interpreter"] = asked.get("code_interpreter", {"file_ids": []})
    if "file_search" in types or "file_search" in asked:
        shown["file_search"] = asked.get("file_search", {"vector_store_ids": []})
    return shown
