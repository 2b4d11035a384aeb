"""Functions in Azure, called by way of two queues."""

from collections.abc import Collection, Mapping
from typing import Any, Literal

from emulator.tools.foundry.kind import FoundryTool, FunctionKind, Kept


class FunctionInAzure(Kept):
    """The description of the function for the model."""

    name: str
    description: str | None = None
    parameters: dict[str, Any]


class StorageQueue(Kept):
    """A queue."""

    queue_service_endpoint: str
    queue_name: str


class Binding(Kept):
    """Where arguments or outputs pass through."""

    type: Literal["storage_queue"]
    storage_queue: StorageQueue


class BoundFunction(Kept):
    """A function and its queues."""

    input_binding: Binding
    output_binding: Binding
    function: FunctionInAzure


class AzureFunctionTool(FoundryTool):
    """The tool as it is offered."""

    type: Literal["azure_function"]
    azure_function: BoundFunction


class AzureFunction(FunctionKind):
    """Calls of a function (recorded, Aug 2025)."""

    type = "azure_function"
    definition = AzureFunctionTool

    def names(self, tool: Mapping[str, Any]) -> Collection[str]:
        """Return the name of the function."""
        return (tool[self.type]["function"]["name"],)


KIND = AzureFunction()
