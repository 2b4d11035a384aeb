"""What is in a namespace, for people: what happened last, what needs somebody, and how much there is."""

from collections.abc import Mapping
from typing import NamedTuple

from emulator.engine.namespace import Namespace
from emulator.service.attention import Attention, attention
from emulator.service.feed import Feed, feed
from emulator.service.overview import MOST_COUNTED, failures_in, runs_by_status
from emulator.store.tables import Conversation, File, Thread


class Contents(NamedTuple):
    """All of one moment. runs: by status. failures: of the report. Objects are counted up to `MOST_COUNTED`."""

    feed: Feed
    attention: Attention
    runs: Mapping[str, int]
    failures: int
    threads: int
    conversations: int
    files: int


async def contents(namespace: Namespace, most_rows: int, most_of_a_kind: int) -> Contents:
    """Return what is in a namespace. most_rows: of the feed; most_of_a_kind: of what needs somebody."""
    async with namespace.transaction() as tx:
        return Contents(
            await feed(namespace, tx, most_rows),
            await attention(tx, most_of_a_kind),
            await runs_by_status(tx),
            await failures_in(tx),
            await tx.count_up_to(Thread, MOST_COUNTED),
            await tx.count_up_to(Conversation, MOST_COUNTED),
            await tx.count_up_to(File, MOST_COUNTED),
        )
