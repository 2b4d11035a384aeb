"""What a client answers to the calls of its run: outputs of functions and of Foundry's tools, or approvals."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from emulator.domain import refusals
from emulator.wire.foundry import FoundryOutput, SubmitToFoundry, ToolApproval
from emulator.wire.problems import name_of
from emulator.wire.runs import SubmitToolOutputs, ToolOutput

_Output = ToolOutput | FoundryOutput
_APPROVAL: Final = "submit_tool_approval"


def answers_to(required: Mapping[str, Any], body: SubmitToolOutputs | SubmitToFoundry) -> dict[str, Any]:
    """Return a body's answers to a run's `required_action`, as `Runs.signal` takes them.

    Raises `ApiError` unless exactly the calls that wait are answered, each by what its kind takes.
    """
    ids, got = called_and_answered(required, body)
    if required["type"] == _APPROVAL:
        if sorted(got) != sorted(ids):
            raise refusals.wrong_tool_approvals(ids, got)
        approved = {approval.tool_call_id: approval.approve for approval in _approvals(body)}
        return {"answers": {call_id: approved[call_id] for call_id in ids}}
    if sorted(got) != sorted(ids):
        raise refusals.wrong_tool_outputs(ids, got)
    outputs: Sequence[_Output] = body.tool_outputs or []
    by_id = {output.tool_call_id: (place, output) for place, output in enumerate(outputs)}
    if _calls(required)[0]["type"] == "function":
        return {"outputs": {call_id: _text(*by_id[call_id]) for call_id in ids}}
    return {"answers": {call_id: _screenshot(*by_id[call_id]) for call_id in ids}}


def called_and_answered(
    required: Mapping[str, Any], body: SubmitToolOutputs | SubmitToFoundry
) -> tuple[list[str], list[str]]:
    """Return the ids of the calls that wait, and those that a body answers."""
    answered = _approvals(body) if required["type"] == _APPROVAL else body.tool_outputs or []
    return [call["id"] for call in _calls(required)], [one.tool_call_id for one in answered]


def _calls(required: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    calls: Sequence[Mapping[str, Any]] = required[required["type"]]["tool_calls"]
    return calls


def _approvals(body: SubmitToolOutputs | SubmitToFoundry) -> Sequence[ToolApproval]:
    return (body.tool_approvals if isinstance(body, SubmitToFoundry) else None) or []


def with_approvals(doc: dict[str, Any], required: Mapping[str, Any], answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return a run as the answer to approvals shows it, and no later one: what was approved needs no more approval.

    Recorded: azure-sdk-assets, azure-ai-agents, Aug 2025. doc: of the run. required: what it waited for.
    """
    if required["type"] != _APPROVAL or "mcp" not in doc["tool_resources"]:
        return doc
    calls = [call for call in required[_APPROVAL]["tool_calls"] if answers["answers"][call["id"]]]
    servers = []
    for server in doc["tool_resources"]["mcp"]:
        names = [call["name"] for call in calls if call["server_label"] == server["server_label"]]
        never = {"require_approval": {"never": {"tool_names": list(dict.fromkeys(names))}}}
        servers.append({**server, **never} if names else server)
    return {**doc, "tool_resources": {**doc["tool_resources"], "mcp": servers}}


def _text(place: int, output: _Output) -> str:
    if isinstance(output.output, dict):
        raise refusals.invalid_type(f"tool_outputs[{place}].output", "a string", "an object")
    return output.output or ""


def _screenshot(place: int, output: _Output) -> dict[str, Any]:
    """Return what a computer shows after an action, and which of its warnings the client has acknowledged."""
    if not isinstance(output, FoundryOutput) or not isinstance(output.output, dict):
        raise refusals.invalid_type(f"tool_outputs[{place}].output", "an object", name_of(output.output))
    return {"output": output.output, "acknowledged_safety_checks": output.acknowledged_safety_checks}
