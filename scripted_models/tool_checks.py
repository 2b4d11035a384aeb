"""What is wrong or odd about the tools that a step uses: whether they are known, what they are asked by and need."""

from collections.abc import Collection, Iterator
from typing import Final

from emulator.domain.actions import UseTool
from emulator.domain.nearest import is_misspelt, nearest
from emulator.domain.tool_rules import ACTIONS, RULES, mistakes_of, type_of_action
from scripted_models.grammar import steps as g
from scripted_models.problems import Finding, Path, brief, misnamed
from scripted_models.rules import Rule
from scripted_models.templating import is_template

# Tools that `tool` does not call, because they have verbs of their own.
OWN_VERBS: Final = {"function": "call", "code_interpreter": "code", "file_search": "search", "retrieval": "search"}


def mistakes(step: g.ToolStep | g.ToolsStep) -> Iterator[Finding]:
    """Yield what no run can mean, each with its path within the step."""
    if step.tool in OWN_VERBS:
        verb = OWN_VERBS[step.tool]
        yield Finding(("tool",), Rule.TOOL_CALL, f"{step.tool} has a verb of its own: {verb}", verb)
    for path, use in _uses(step):
        word, asked = use.asked
        call = UseTool(step.tool, asked, use.output, name=use.name, details=use.details, approve=use.approve)
        for mistake in mistakes_of(call, word):
            yield Finding((*path, *mistake.path), Rule.TOOL_CALL, mistake.message, mistake.near)
        if use.approve is not None and step.tool in RULES and not RULES[step.tool].approved:
            approved = " or ".join(kind for kind, rules in RULES.items() if rules.approved)
            message = f"a client approves no call of {step.tool}, only of {approved}"
            yield Finding((*path, "approve"), Rule.TOOL_CALL, message)


def oddities(step: g.ToolStep | g.ToolsStep, known: Collection[str]) -> Iterator[Finding]:
    """Yield what is probably not meant, each with its path within the step. known: types of further tools."""
    if step.tool in OWN_VERBS or is_template(step.tool):
        return
    if step.tool not in RULES and step.tool not in known:
        yield unknown_tool(("tool",), step.tool, known)
    for path, use in _uses(step):
        for found in _odd_use(step.tool, use):
            yield found.below(*path)


def unknown_tool(path: Path, name: str, known: Collection[str]) -> Finding:
    """Return the finding about the name of a tool. known: types of further tools."""
    message = f"no tool of the name {brief(name)} is known"
    return misnamed(path, Rule.UNKNOWN_TOOL, message, name, {*RULES, *known, *OWN_VERBS})


def is_misspelt_tool(name: str, known: Collection[str]) -> bool:
    """Return whether the name of a tool that a run has to offer, which may be any function, is hardly meant."""
    return is_misspelt(name, {*RULES, *known, *OWN_VERBS} - {"function"})


def _uses(step: g.ToolStep | g.ToolsStep) -> Iterator[tuple[Path, g.ToolUse]]:
    if isinstance(step, g.ToolStep):
        yield (), step
    else:
        yield from ((("calls", number), use) for number, use in enumerate(step.calls))


def _odd_use(kind: str, use: g.ToolUse) -> Iterator[Finding]:
    rules = RULES.get(kind)
    if rules is None:
        return
    word, asked = use.asked
    if asked is not None and word != rules.asked:
        yield Finding((word,), Rule.TOOL_CALL, f"{kind} is asked by {rules.asked}, not by {word}", rules.asked)
    if use.name is not None and not rules.named:
        yield Finding(("name",), Rule.TOOL_CALL, f"{kind} has no functions; a name for the output is given by as", "as")
    for name in use.details:
        is_known = name in rules.given or name in rules.details or is_misspelt(name, rules.details)
        if not is_known and nearest(name, rules.details):
            message = f"no field {brief(name)} of a call of {kind} is known"
            yield misnamed(("details", name), Rule.TOOL_CALL, message, name, rules.details)
    action = type_of_action(asked) if kind == "computer_use_preview" else None
    if action is not None and not is_template(action) and action not in ACTIONS:
        here = (word, "type") if isinstance(asked, dict) else (word,)
        yield misnamed(here, Rule.TOOL_CALL, f"no action {brief(action)} is known", action, ACTIONS)
