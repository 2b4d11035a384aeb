"""Tools of a server that speaks the Model Context Protocol; a client may have to approve each call."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Literal

from emulator.domain.actions import AllUsed, Used, UseTool, UseTools
from emulator.domain.calls import ToolCall
from emulator.domain.nearest import did_you_mean
from emulator.domain.transcript import Progress
from emulator.domain.view import ModelView
from emulator.tools.foundry.kind import FoundryKind, FoundryTool, details_of
from emulator.tools.kind import Doc, Player, result_of, uses_of

_TYPES: Final = {str: "string", bool: "boolean", int: "integer", float: "number", list: "array", dict: "object"}


class McpTool(FoundryTool):
    """The server as it is offered."""

    type: Literal["mcp"]
    server_label: str
    server_url: str
    allowed_tools: list[str] | None = None

    def shows(self, name: str) -> bool:
        """Return whether a field is shown: which tools are allowed, too, where all are (recorded)."""
        return name == "allowed_tools" or super().shows(name)


class Mcp(FoundryKind):
    """Calls of a server's tool: text: the arguments; about: name, server_label; result: output.

    A call has no object of its own for its fields, and comes in one delta. Before the first one a step lists the tools
    of the server. An approval closes the step of a call, whose output is put into it later (all recorded, Aug 2025).
    """

    type = "mcp"
    definition = McpTool
    answered_by = "submit_tool_approval"
    announced_twice = True

    def call(self, call: ToolCall) -> Doc:
        """Return a call as its step shows it: without an output before it is made (recorded, Aug 2025)."""
        about = {"name": call.about["name"], "server_label": call.about["server_label"]}
        fields = {"arguments": call.text, **about, "output": self.output(call)}
        return {"id": call.id, "type": self.type, **fields, **details_of(call)}

    def required(self, call: ToolCall) -> Doc:
        """Return a call as `required_action` shows it."""
        about = {"name": call.about["name"], "server_label": call.about["server_label"]}
        return {"id": call.id, "type": self.type, "arguments": call.text, **about}

    def opening(self, index: int, call: ToolCall) -> Doc:
        """Return the delta of a call, which has all but its output (recorded, Aug 2025)."""
        return {"index": index, **self.call(replace(call, result=None))}

    def results(self, index: int, call: ToolCall) -> Doc | None:
        """Return the delta with the output (recorded, Aug 2025); None for a call that was not made."""
        output = self.output(call)
        return None if output is None else {"index": index, "type": self.type, "output": output}

    def written(self, call: Doc) -> str:
        """Return what of a call's document cost tokens."""
        arguments: str = call["arguments"]
        return arguments

    def fields(self, call: Doc) -> Doc:
        """Return the fields of a call's document, which lie in the call itself."""
        return call

    def about(self, action: UseTool) -> Doc:
        """Return what is known of a call when it begins."""
        details = {name: value for name, value in action.details.items() if name != "tools"}
        return {"name": action.name or "", **details}

    async def play(self, player: Player, action: UseTool | UseTools, again: Progress) -> Used | AllUsed | None:
        """Make calls, each once it is approved where it has to be; one that is not approved has no output."""
        transcript, uses = player.transcript, uses_of(action)
        if again is None and not self.may_make(player, uses):
            return None
        calls = self._calls(player, uses, again)
        made = list(zip(calls, uses, strict=True))
        waiting = [call for call, use in made if _has_to_be_approved(player.view, use)]
        text = "".join(call.text for call in calls)
        begun = again
        if again is None or ("answers" not in again and transcript.status != "requires_action"):
            begun = await self._open(player, made, again)
            if waiting:
                transcript.finish_calls(calls, text)
                transcript.require_action(waiting)
        denied = {id_ for id_, approved in (await player.answers() if waiting else {}).items() if not approved}
        used = [Used(None, approved=False) if call.id in denied else Used(use.output) for call, use in made]
        done = [replace(call, result={"output": one.output}) for call, one in zip(calls, used, strict=True)]
        if begun is not None and waiting:
            await transcript.finish_approved(begun["step"], done)
        else:
            for call in done:
                transcript.add_result(call)
            transcript.finish_calls(done, text)
        return result_of(action, used)

    def known(self, player: Player, action: UseTool) -> Doc:
        """Return what is known of a call: also which server it goes to."""
        return {"server_label": _server(player.view, action), **self.about(action)}

    async def write(self, player: Player, call: ToolCall, action: UseTool) -> None:
        """Begin a call, which comes whole."""
        await player.write_whole(call, action.stream)

    async def make(self, player: Player, calls: Sequence[UseTool], again: Progress) -> Sequence[ToolCall]:
        """Make calls in one step, which stays open for the client's approval and their outputs."""
        made = self._calls(player, calls, again)
        await self._open(player, list(zip(made, calls, strict=True)), again)
        return made

    def _calls(self, player: Player, uses: Sequence[UseTool], again: Progress) -> list[ToolCall]:
        ids = again["calls"] if again is not None else [player.new_call_id() for _ in uses]
        made = zip(ids, uses, strict=True)
        return [ToolCall(id_, self.type, use.text, self.known(player, use)) for id_, use in made]

    async def _open(
        self, player: Player, made: Sequence[tuple[ToolCall, UseTool]], again: Progress
    ) -> Mapping[str, Any]:
        """Begin calls, behind the list of each server's tools, let their texts arrive, and return what was begun."""
        if again is None:
            uses = [use for _, use in made]
            for server in dict.fromkeys(_server(player.view, use) for use in uses):
                await player.transcript.list_tools(server, _tools(player.view, uses, server))
        begun = player.transcript.begin_calls(again)
        player.log_progress(**begun, calls=[call.id for call, _ in made])
        for call, use in made:
            await self.write(player, call, use)
        await player.gate()
        return begun

    def oddities(self, view: ModelView, calls: Sequence[UseTool]) -> Iterable[str]:
        """Yield what is odd about calls: also that the run does not offer the server that a script names."""
        labels = [str(server["server_label"]) for server in _servers(view)]
        named = [str(use.details["server_label"]) for use in calls if "server_label" in use.details]
        for label in dict.fromkeys(named):
            if labels and label not in labels:
                yield f"calls the server {label} of mcp, which the run does not offer{did_you_mean(label, labels)}"
        yield from super().oddities(view, calls)

    def reaches(self, tool: Mapping[str, Any], use: UseTool) -> bool:
        """Return whether a call may go to a server: to any, unless the script names one."""
        return "server_label" not in use.details or bool(use.details["server_label"] == tool["server_label"])

    def names(self, tool: Mapping[str, Any]) -> Collection[str]:
        """Return the tools that the server is allowed to be asked for; none where it is asked for any."""
        return _allowed(tool)


def _servers(view: ModelView) -> list[Mapping[str, Any]]:
    return [tool for tool in view.tools if tool["type"] == "mcp"]


def _server(view: ModelView, action: UseTool) -> str:
    """Return the label of the server that a call goes to: one that allows the tool, unless the script names it."""
    if "server_label" in action.details:
        return str(action.details["server_label"])
    servers = _servers(view)
    allowing = [server for server in servers if action.name in _allowed(server)]
    return next((str(server["server_label"]) for server in [*allowing, *servers]), "")


def _has_to_be_approved(view: ModelView, action: UseTool) -> bool:
    """Return whether the client has to approve a call. By default it has to (documented)."""
    if action.approve is not None:
        return action.approve
    rule = view.require_approval.get(_server(view, action), "always")
    if isinstance(rule, str):
        return rule != "never"
    never, always = _names(rule.get("never")), _names(rule.get("always"))
    if action.name in never:
        return False
    # Where only those that need one are named, the others need none (documented by example).
    return action.name in always or bool(never) or not always


def _names(tools: Any) -> list[str]:
    names: list[str] = tools.get("tool_names", []) if isinstance(tools, dict) else tools or []
    return names


def _tools(view: ModelView, uses: Sequence[UseTool], server: str) -> dict[str, Any]:
    """Return the tools that a server lists before it is called: those of the script, else those known by name."""
    of_server = [use for use in uses if _server(view, use) == server]
    called = {use.name or "": use for use in of_server}
    for use in of_server:
        if isinstance(use.details.get("tools"), dict):
            described = use.details["tools"]
            return {name: {**_description(called.get(name)), **one} for name, one in described.items()}
    allowed = [name for tool in _servers(view) if tool["server_label"] == server for name in _allowed(tool)]
    return {name: _description(called.get(name)) for name in dict.fromkeys([*allowed, *called])}


def _allowed(server: Mapping[str, Any]) -> Sequence[str]:
    names: Sequence[str] = server.get("allowed_tools") or ()
    return names


def _description(action: UseTool | None) -> Doc:
    """Return how a list describes a tool. action: a call, whose arguments tell the parameters."""
    try:
        arguments = json.loads(action.text) if action is not None else {}
    except ValueError:
        arguments = {}
    known = arguments if isinstance(arguments, dict) else {}
    properties = {name: {"type": _TYPES.get(type(value), "string"), "description": ""} for name, value in known.items()}
    parameters = {"type": "object", "properties": properties, "required": list(properties)}
    return {"description": "", "parameters": {**parameters, "additionalProperties": False}}


KIND = Mcp()
