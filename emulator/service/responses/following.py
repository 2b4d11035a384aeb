"""Following a response: the events that were told, those to come, and none of them twice."""

from collections.abc import AsyncIterator, Sequence

from emulator.domain import response_refusals
from emulator.domain.errors import ApiError
from emulator.domain.lifecycle import RESPONSE_ENDS, RESPONSE_TERMINAL
from emulator.engine.namespace import Namespace
from emulator.service.responses import retrieval
from emulator.store.journal import Entry, Follower
from emulator.transcripts.responses import kept_events
from emulator.transcripts.responses.kept_events import ToldEvent
from emulator.transcripts.responses.play import play_of


class Followed:
    """The events of a response behind one of them; iterates over batches of them, which end with the response.

    told: those that were told. next: the number of the one that comes next. follower: of those to come; its error is
    why they end early. after: the number behind which they begin.
    """

    def __init__(self, follower: Follower, told: Sequence[ToldEvent] = (), next: int = 0, after: int = -1) -> None:  # noqa: A002
        self.follower = follower
        self.is_over = False
        self._told = told
        self.next = next
        self._after = after

    @property
    def error(self) -> ApiError | None:
        """Why it ended early."""
        return self.follower.error

    def leave(self) -> None:
        """Receive nothing more."""
        self.follower.leave()

    async def __aiter__(self) -> AsyncIterator[Sequence[ToldEvent]]:
        if self._told:
            yield self._told
        if self.is_over:
            return
        async for batch in self.follower:
            told = [rest for entry in batch if (rest := self._numbered(entry).after(self._after)) is not None]
            self.is_over = batch[-1].event in RESPONSE_ENDS
            if told:
                yield told
            if self.is_over:
                return

    def _numbered(self, entry: Entry) -> ToldEvent:
        told = ToldEvent(self.next, entry.event, entry.data)
        self.next = told.next
        return told


async def follow(namespace: Namespace, response_id: str, after: int) -> Followed:
    """Follow a response of the background; one that waits for polls goes on. after: the number of an event, or -1.

    Raises the refusal of a response that cannot be followed.
    """
    async with namespace.transaction(thread=await retrieval.thread_of(namespace, response_id)) as tx:
        row = await retrieval.find(namespace, tx, response_id)
        if not play_of(row)["background"]:
            raise response_refusals.not_streamable("background")
        if not play_of(row)["stream"]:
            raise response_refusals.not_streamable("stream")
        told = await kept_events.read(tx, response_id, after)
        next_number = kept_events.number_of_next(tx, response_id)
        await namespace.runs.streamed(tx, row)
        # Within the transaction nobody tells of anything, so what comes then follows on what was read.
        follower = namespace.documents.journal.follow(namespace.name, response_id, streams=True)
    followed = Followed(follower, told, next_number, after)
    if row["status"] in RESPONSE_TERMINAL:
        follower.leave()
        followed.is_over = True
    return followed
