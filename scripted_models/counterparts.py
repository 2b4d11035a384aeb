"""Steps that turns for responses have, and that no response can take: their runs could."""

from collections.abc import Iterator

from scripted_models.grammar import steps as g
from scripted_models.grammar.scenario import TurnSpec
from scripted_models.problems import Finding
from scripted_models.rules import Rule
from scripted_models.traversal import walk

_ONLY_RUNS = "when: {api: responses} asks for responses, and"


def oddities(turn: TurnSpec) -> Iterator[Finding]:
    """Yield a finding for each step without a counterpart; places are below the turn."""
    if turn.when is None or turn.when.api != "responses":
        return
    for path, step in walk(turn.steps, ("steps",)):
        if (why := _why_not(step)) is not None:
            yield Finding(path, Rule.NO_COUNTERPART, f"{_ONLY_RUNS} {why}")


def _why_not(step: g.Step) -> str | None:
    match step:
        case g.ExpireStep():
            return "none expires: it fails with server_error"
        case g.StopStep(stop="max_prompt_tokens"):
            return "none is cut off by its input: the request is refused with context_length_exceeded"
        case g.ToolStep() | g.ToolsStep():
            return f"none uses {step.tool}: it fails with server_error"
        case _:
            return None
