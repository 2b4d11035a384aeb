"""Calls every offered function once: a free smoke test of an app's tool handlers."""

from collections.abc import Mapping
from typing import Any

from emulator.domain.actions import Call, Calls, Say
from emulator.domain.view import ModelView
from scripted_models.candidates import ActionGenerator
from scripted_models.samples import sample


class Exercise:
    """A model without a script that calls each function with arguments made from its JSON Schema, then sums up.

    The calls go together, or one after the other where the run does not allow parallel calls. ``tool_choice`` is
    respected: ``none`` calls nothing, a named function is the only one called.
    """

    def turn(self, view: ModelView) -> ActionGenerator:
        """Begin."""
        return _exercise([Call(tool["name"], sample(tool.get("parameters"))) for tool in _functions(view)], view)


def _exercise(calls: list[Call], view: ModelView) -> ActionGenerator:
    if not calls:
        yield Say("No function is offered.")
        return
    answers: dict[str, str] = {}
    batches = [calls] if view.parallel_tool_calls else [[call] for call in calls]
    for batch in batches:
        answers.update((yield Calls(*batch)))
    lines = [f"- {name}: {_short(text)}" for name, text in answers.items()]
    yield Say("\n".join([f"Called {len(calls)} function{'s'[: len(calls) != 1]}.", *lines]))


def _functions(view: ModelView) -> list[Mapping[str, Any]]:
    offered = {tool["function"]["name"]: tool["function"] for tool in view.tools if tool["type"] == "function"}
    if view.tool_choice == "none":
        return []
    if isinstance(view.tool_choice, Mapping):
        chosen = (view.tool_choice.get("function") or {}).get("name")
        return [function for name, function in offered.items() if name == chosen]
    return list(offered.values())


def _short(text: str) -> str:
    return text if len(text) <= 200 else text[:199] + "…"
