"""What happens in a namespace: the journal from a number on, and then what comes."""

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from typing import Any

from emulator.engine.namespace import Namespace
from emulator.store.documents import Transaction
from emulator.store.journal import Entry, Follower, GoneError
from emulator.store.tables import NamespaceRecord, Run
from emulator.wire.pieces import Pieces

Event = Mapping[str, Any]


class Events:
    """The events of a namespace; iterates over them, once, and has to be left in the end.

    follower: of those to come. after: the number behind which to begin; None for what comes from now on. last: the
    number behind which the follower has begun; None where there is no namespace.
    """

    def __init__(self, namespace: Namespace, follower: Follower, after: int | None, last: int | None) -> None:
        self._namespace = namespace
        self._follower = follower
        self._after = after
        self._last = last

    def leave(self) -> None:
        """Receive nothing more."""
        self._follower.leave()

    async def __aiter__(self) -> AsyncGenerator[Event, None]:
        if (last := self._last) is None:
            return
        follower = self._follower
        if self._after is not None:
            async for event in _kept(self._namespace, follower, self._after, last):
                last = event["seq"]
                yield event
        async for batch in follower:
            if follower.has_gap:
                async for event in _kept(self._namespace, follower, last):
                    last = event["seq"]
                    yield event
                continue
            for entry in batch:
                if not entry.is_delta:
                    last = entry.seq or last
                    yield _event(entry)


async def follow(namespace: Namespace, after: int | None) -> Events:
    """Return the events of a namespace, but for deltas: {seq, event, object_id, status, cause, at, thread_id, run_id}.

    after: the number behind which to begin; None for what comes from now on, whichever process it happens in. What
    changes no status has no number and is not kept. Where something behind the number is not kept any more, the event
    ``gone`` comes first: {first, last, runs}, with every run that is not over, and then everything that is kept. They
    end with the namespace.
    """
    follower = namespace.documents.journal.follow(namespace.name, is_lossy=True)
    last = None
    try:
        async with namespace.transaction() as tx:
            # One that was deleted before the follower joined would never be ended by anything.
            if await tx.find(NamespaceRecord) is not None:
                last = await _begin(tx, follower)
    except BaseException:
        follower.leave()
        raise
    return Events(namespace, follower, after, last)


async def _begin(tx: Transaction, follower: Follower) -> int:
    """Let a follower begin with what comes next, and return the number behind which that is.

    Nobody else writes before the end of the transaction, so the journal ends where the follower begins.
    """
    await follower.skip(tx.session)
    return await tx.last_change()


async def _kept(namespace: Namespace, follower: Follower, after: int, until: int | None = None) -> AsyncIterator[Event]:
    """Yield what the journal has kept behind a number; what comes next is what the follower receives meanwhile.

    until: the number behind which the follower has begun; None where it has to begin anew.
    """
    is_behind = True
    while is_behind:
        async with namespace.transaction() as tx:
            if until is None:
                until = await _begin(tx, follower)
            try:
                rows = await tx.journal(after)
            except GoneError as gone:
                until = await _begin(tx, follower)
                events = [await _gone(tx, gone)]
            else:
                kept = (row for row in rows if row["seq"] <= until)
                events = [{name: value for name, value in row.items() if name != "ns"} for row in kept]
        for event in events:
            yield event
            after = event["seq"]
        is_behind = after < until
        await namespace.clock.yield_to_loop()  # a long past must not hold up the requests of others


async def _gone(tx: Transaction, gone: GoneError) -> Event:
    """Return what says so; its number is the one behind which everything is kept."""
    runs = [
        {"run": row["id"], "thread": row["thread_id"], "status": row["status"], "waits_for": row["waits_for"]}
        for row in await tx.unfinished(Run)
    ]
    return {"seq": gone.first - 1, "event": "gone", "first": gone.first, "last": gone.last, "runs": runs}


def _event(entry: Entry) -> Event:
    about = {"thread_id": entry.thread_id, "run_id": entry.run_id}
    if (change := entry.change) is not None:
        shown = {"object_id": change.object_id, "status": change.status, "cause": change.cause, "at": change.at}
        return {"seq": entry.seq, "event": entry.event, **shown, **about}
    return {"seq": None, "event": entry.event, "object_id": _object_id(entry.data), **about}


def _object_id(data: Mapping[str, Any] | Pieces) -> str | None:
    """Return what an event is about: its document or, as events of responses have it, what is named in it."""
    if isinstance(data, Pieces):
        return None
    document: Mapping[str, Any] = data.get("response") or data.get("item") or data
    object_id: str | None = document.get("id") or data.get("item_id")
    return object_id
