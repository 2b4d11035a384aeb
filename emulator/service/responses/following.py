"""Following a response: the events that were published, those to come, and none of them twice."""

from collections.abc import AsyncIterator, Sequence

from emulator.domain import response_refusals
from emulator.domain.errors import ApiError
from emulator.domain.lifecycle import RESPONSE_ENDS, RESPONSE_TERMINAL
from emulator.engine.namespace import Namespace
from emulator.service.responses import retrieval
from emulator.store.journal import Entry, Follower
from emulator.transcripts.responses import stored_events
from emulator.transcripts.responses.play import play_of
from emulator.transcripts.responses.stored_events import NumberedEvent


class Followed:
    """The events of a response behind one of them; iterates over batches of them, which end with the response.

    earlier: those that were published. next: the number of the one that comes next. follower: of those to come; its
    error is why they end early. after: the number behind which they begin.
    """

    def __init__(
        self,
        follower: Follower,
        earlier: Sequence[NumberedEvent] = (),
        next: int = 0,  # noqa: A002
        after: int = -1,
    ) -> None:
        self.follower = follower
        self.is_over = False
        self._earlier = earlier
        self.next = next
        self._after = after

    @property
    def error(self) -> ApiError | None:
        """Why it ended early."""
        return self.follower.error

    def leave(self) -> None:
        """Receive nothing more."""
        self.follower.leave()

    async def __aiter__(self) -> AsyncIterator[Sequence[NumberedEvent]]:
        if self._earlier:
            yield self._earlier
        if self.is_over:
            return
        async for batch in self.follower:
            rests = [rest for entry in batch if (rest := self._numbered(entry).after(self._after)) is not None]
            self.is_over = batch[-1].event in RESPONSE_ENDS
            if rests:
                yield rests
            if self.is_over:
                return

    def _numbered(self, entry: Entry) -> NumberedEvent:
        numbered = NumberedEvent(self.next, entry.event, entry.data)
        self.next = numbered.next
        return numbered


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
        earlier = await stored_events.read(tx, response_id, after)
        next_number = await stored_events.number_of_next(tx, response_id)
        await namespace.runs.streamed(tx, row)
        # Within the transaction nothing is published, so what comes then follows on what was read.
        follower = namespace.documents.journal.follow(namespace.name, response_id, streams=True)
    followed = Followed(follower, earlier, next_number, after)
    if row["status"] in RESPONSE_TERMINAL:
        follower.leave()
        followed.is_over = True
    return followed
