"""What has happened of a turn already, as its context shows it: the steps behind the message that the turn answers.

An API without runs has no log of a turn. Whoever goes on with one sends what has happened, or names it, and the script
is played against that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from emulator.domain.actions import CodeResult, Hits, Said, from_json, to_json


@dataclass(frozen=True, slots=True)
class PastCall:
    """A call of a function. output: what the client answered; None where that is not there."""

    id: str
    name: str
    arguments: str
    output: str | None = None


PastStep = Said | PastCall | Hits | CodeResult


def steps_to_json(steps: Sequence[PastStep]) -> list[Any]:
    """Return steps as JSON data."""
    return [_call_to_json(step) if isinstance(step, PastCall) else to_json(step) for step in steps]


def _call_to_json(call: PastCall) -> dict[str, Any]:
    return {"id": call.id, "name": call.name, "arguments": call.arguments, "output": call.output}


def steps_from_json(data: Sequence[Mapping[str, Any]]) -> tuple[PastStep, ...]:
    """Return the steps that `steps_to_json` wrote."""
    return tuple(from_json(step) if "is" in step else PastCall(**step) for step in data)
