"""The order of a conversation: where among the messages of a thread each of its runs began."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from emulator.store.documents import Row
from emulator.transcripts.prompt import MOST_MESSAGES

# The heavy columns of a run that say it.
PLACED: Final = ("view",)


def begun_behind(run: Row, messages: Sequence[Mapping[str, Any]], first: int = 0) -> int:
    """Return how many messages of its thread were there when a run began. run: with the columns of `PLACED`.

    messages: documents, oldest first. first: how many older ones there are. Times alone do not tell, because they are
    whole seconds and a clock may be frozen; but what a run was given does, unless that was cut.
    """
    seen = run["view"]
    if seen is not None and seen["truncation"]["type"] == "auto" and len(seen["messages"]) < MOST_MESSAGES:
        known: int = len(seen["messages"])
    else:
        known = first + sum(message["created_at"] <= run["doc"]["created_at"] for message in messages)
    own = next((place for place, message in enumerate(messages, first) if message["run_id"] == run["id"]), None)
    return known if own is None else min(known, own)
