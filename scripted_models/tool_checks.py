"""What is wrong or odd about the tools that a step uses: whether they are known, what they are asked by and need."""

from collections.abc import Collection, Iterator
from typing import Final

from emulator.domain.actions import UseTool
from emulator.domain.nearest import did_you_mean, is_misspelt, nearest
from emulator.domain.tool_rules import ACTIONS, RULES, mistakes_of, type_of_action
from scripted_models.grammar import steps as g
from scripted_models.problems import Path, brief
from scripted_models.templating import is_template

# Tools that `tool` does not call, because they have verbs of their own.
OWN_VERBS: Final = {"function": "call", "code_interpreter": "code", "file_search": "search", "retrieval": "search"}


def mistakes(step: g.ToolStep | g.ToolsStep) -> Iterator[tuple[Path, str]]:
    """Yield what no run can mean, each with its path within the step."""
    if step.tool in OWN_VERBS:
        yield ("tool",), f"{step.tool} has a verb of its own: {OWN_VERBS[step.tool]}"
    for path, use in _uses(step):
        word, asked = use.asked
        call = UseTool(step.tool, asked, use.output, name=use.name, details=use.details, approve=use.approve)
        for mistake in mistakes_of(call, word):
            yield (*path, *mistake.path), mistake.message
        if use.approve is not None and step.tool in RULES and not RULES[step.tool].approved:
            approved = " or ".join(kind for kind, rules in RULES.items() if rules.approved)
            yield (*path, "approve"), f"a client approves no call of {step.tool}, only of {approved}"


def oddities(step: g.ToolStep | g.ToolsStep, known: Collection[str]) -> Iterator[tuple[Path, str]]:
    """Yield what is probably not meant, each with its path within the step. known: types of further tools."""
    if step.tool in OWN_VERBS or is_template(step.tool):
        return
    if step.tool not in RULES and step.tool not in known:
        hint = did_you_mean(step.tool, {*RULES, *known, *OWN_VERBS})
        yield ("tool",), f"no tool of the name {brief(step.tool)} is known{hint}"
    for path, use in _uses(step):
        for inner, message in _odd_use(step.tool, use):
            yield (*path, *inner), message


def misspelt(name: str, known: Collection[str]) -> str | None:
    """Return what is odd about the name of a tool that a run has to offer, which may be that of any function."""
    types = {*RULES, *known, *OWN_VERBS} - {"function"}
    hint = did_you_mean(name, types) if is_misspelt(name, types) else ""
    return f"no tool of the name {brief(name)} is known{hint}" if hint else None


def _uses(step: g.ToolStep | g.ToolsStep) -> Iterator[tuple[Path, g.ToolUse]]:
    if isinstance(step, g.ToolStep):
        yield (), step
    else:
        yield from ((("calls", number), use) for number, use in enumerate(step.calls))


def _odd_use(kind: str, use: g.ToolUse) -> Iterator[tuple[Path, str]]:
    rules = RULES.get(kind)
    if rules is None:
        return
    word, asked = use.asked
    if asked is not None and word != rules.asked:
        yield (word,), f"{kind} is asked by {rules.asked}, not by {word}"
    if use.name is not None and not rules.named:
        yield ("name",), f"{kind} has no functions; a name for the output is given by as"
    for name in use.details:
        is_known = name in rules.given or name in rules.details or is_misspelt(name, rules.details)
        if not is_known and (near := nearest(name, rules.details)):
            yield ("details", name), f"no field {brief(name)} of a call of {kind} is known, did you mean {near}?"
    action = type_of_action(asked) if kind == "computer_use_preview" else None
    if action is not None and not is_template(action) and action not in ACTIONS:
        here = (word, "type") if isinstance(asked, dict) else (word,)
        yield here, f"no action {brief(action)} is known{did_you_mean(action, ACTIONS)}"
