"""What a response costs: what the script says of its turn, shared out, or an estimate."""

from collections.abc import Mapping, Sequence
from typing import Any

from emulator.domain.ports import Usage
from emulator.domain.tokens import estimate
from emulator.store.documents import Row


def share(scripted: Usage, *, is_last: bool) -> Usage:
    """Return what a response has of what its turn costs. is_last: no other follows, so it has all that is left.

    Nobody knows how many others follow: each has half of what is left, as the steps of a run have. Where the script has
    nothing behind its calls, none follows.
    """
    return (
        scripted
        if is_last or scripted.ends_in_calls
        else Usage(scripted.prompt_tokens // 2, scripted.completion_tokens // 2)
    )


def usage_left(row: Row) -> dict[str, Any] | None:
    """Return what a response leaves to the next one of its turn; None where the script says nothing of it."""
    scripted, spent = row["play"].get("usage"), row["doc"]["usage"]
    if scripted is None or spent is None:
        return None
    prompt, completion = spent["input_tokens"], spent["output_tokens"]
    return {
        "prompt_tokens": scripted["prompt_tokens"] - prompt,
        "completion_tokens": scripted["completion_tokens"] - completion,
    }


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
