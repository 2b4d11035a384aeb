"""What all programs ask and offer, and how they say what came of it: one line of JSON."""

import json
import os
import sys

NAME = "Harbour"
INSTRUCTIONS = "Answer questions about the harbour."
MODEL = "gpt-4o"
QUESTION = "How is the harbour today?"
# Seconds. For the clients that can be given a time-out.
READ_TIMEOUT = 1.5


def look_outside(place: str) -> str:
    """Look at a place, and say what is there."""
    if os.environ.get("LOOP_FUNCTION") == "raises":
        raise RuntimeError("the window is frozen")
    return f"{place}: four boats"


def say(answer):
    """Print what a library handed to its program."""
    print(json.dumps({"answer": answer}), flush=True)


def say_error(error):
    """Print what a library raised."""
    print(json.dumps({"error": type(error).__name__, "text": str(error)[:300]}), flush=True)


def run(ask):
    """Ask, and print what came of it."""
    try:
        answer = ask()
    except Exception as error:  # noqa: BLE001 - whatever a library raises is what is asked for
        say_error(error)
        sys.exit(0)
    say(answer)
