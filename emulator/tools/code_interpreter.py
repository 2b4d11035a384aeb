"""The code interpreter: its shapes, from the code that the model wrote to the outputs of running it."""

from collections.abc import Sequence
from typing import Any, Literal

from emulator.tools.body import Body


class CodeInterpreterTool(Body):
    """The tool as it is offered."""

    type: Literal["code_interpreter"]

    def to_wire(self) -> dict[str, Any]:
        """Return the tool as the API shows it (recorded)."""
        return {"type": "code_interpreter"}


def outputs(logs: str | None, images: Sequence[str]) -> list[dict[str, Any]]:
    """Return the outputs of a step: printed text and drawn images (file ids); often none (recorded 2026)."""
    printed = [{"type": "logs", "logs": logs}] if logs else []
    return [*printed, *({"type": "image", "image": {"file_id": file_id}} for file_id in images)]


def call(id: str, code: str, outputs: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: A002
    """Return a call as its step shows it (recorded)."""
    return {"id": id, "type": "code_interpreter", "code_interpreter": {"input": code, "outputs": outputs}}


def opening(index: int, call: dict[str, Any]) -> dict[str, Any]:
    """Return the first delta of a call, with no code yet (recorded; clients skip what is in it)."""
    empty = {"input": "", "outputs": []}
    return {"index": index, "id": call["id"], "type": "code_interpreter", "code_interpreter": empty}


def piece(index: int, text: str) -> dict[str, Any]:
    """Return a delta with the next piece of the code (recorded)."""
    return {"index": index, "type": "code_interpreter", "code_interpreter": {"input": text}}


def results(index: int, outputs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return the delta with the outputs: here, unlike over REST, each output has an index (recorded Mar 2024)."""
    indexed = [{"index": place, **output} for place, output in enumerate(outputs)]
    return {"index": index, "type": "code_interpreter", "code_interpreter": {"outputs": indexed}}
