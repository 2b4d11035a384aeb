"""The help desk of a plant nursery: what its program has and is asked, whichever API it speaks."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

MODEL: Final = "gpt-4o"
INSTRUCTIONS: Final = "You answer for a plant nursery. Look orders up before you say anything about them."
TEMPERATURE: Final = 0.2
GREETING: Final = "Good morning! What can I do for you?"
CUSTOMER: Final = {"customer": "c-17"}
CARE: Final = ("care.md", b"Water a fern twice a week, and never at noon.")
INVOICE: Final = ("invoice.txt", b"Order 13: one fern, 14 euros.")
ORDERS: Final[Mapping[str, Any]] = {
    "12": {"plant": "pear tree", "sent": None},
    "13": {"plant": "fern", "sent": "on Monday"},
}


@dataclass(frozen=True, slots=True)
class Question:
    """What a customer writes at once, and how the answer is wanted.

    messages: the last one is the question. attached: a file that comes with the first of them. more: instructions for
    this answer alone. schema: of the answer; None for plain text.
    """

    messages: tuple[str, ...]
    attached: tuple[str, bytes] | None = None
    more: str | None = None
    schema: Mapping[str, Any] | None = None
    metadata: Mapping[str, str] = field(default_factory=lambda: {"channel": "web"})


QUESTIONS: Final = (
    Question(("Where are my orders 12 and 13?",)),
    Question(("How often do I water a fern?",)),
    Question(("This is the invoice that came with the fern.", "It is dead. What did I pay?"), attached=INVOICE),
    Question(
        ("I want my money back.",),
        more="Answer in JSON.",
        schema={
            "type": "object",
            "properties": {"refunded": {"type": "integer"}},
            "required": ["refunded"],
            "additionalProperties": False,
        },
    ),
)


def find_order(number: str) -> str:
    """Return what is known of an order."""
    return json.dumps(ORDERS[number])


def refund(number: str, euros: int) -> str:
    """Pay money back."""
    return json.dumps({"order": number, "refunded": euros})


FUNCTIONS: Final[Mapping[str, Callable[..., str]]] = {"find_order": find_order, "refund": refund}
DECLARED: Final[tuple[dict[str, Any], ...]] = (
    {
        "name": "find_order",
        "description": "Look an order up.",
        "parameters": {"type": "object", "properties": {"number": {"type": "string"}}, "required": ["number"]},
    },
    {
        "name": "refund",
        "description": "Pay money back.",
        "parameters": {
            "type": "object",
            "properties": {"number": {"type": "string"}, "euros": {"type": "integer"}, "note": {"type": "string"}},
            "required": ["number", "euros"],
        },
    },
)


def output_of(name: str, arguments: str) -> str:
    """Return what the function answers to the arguments of a call."""
    return FUNCTIONS[name](**json.loads(arguments))
