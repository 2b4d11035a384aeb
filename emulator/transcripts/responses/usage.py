"""What a response costs: what the script says of its turn, shared out, or an estimate."""

from collections.abc import Mapping, Sequence
from typing import Any

from emulator.domain.tokens import estimate


def written_in(output: Sequence[Mapping[str, Any]]) -> int:
    """Return about how many tokens the items of an output cost."""
    return sum(map(estimate, map(_text, output)))


def _text(item: Mapping[str, Any]) -> str:
    match item["type"]:
        case "message":
            return "".join(part.get("text") or part.get("refusal") or "" for part in item["content"])
        case "function_call":
            return str(item["arguments"])
        case "file_search_call":
            return "".join(item["queries"])
        case "code_interpreter_call":
            return str(item["code"] or "")
        case _:
            return ""
