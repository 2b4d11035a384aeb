"""A copy of a thread up to one of its messages, from which a conversation goes on another way."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from emulator.domain.errors import ApiError
from emulator.domain.lifecycle import RUN_TERMINAL
from emulator.engine.namespace import Namespace
from emulator.service.conversations import BEHIND, begun_behind
from emulator.service.thread_records import find
from emulator.store.documents import Cursor, Row, Transaction
from emulator.store.journal import Entry
from emulator.store.tables import Message, Run, RunStep, ScriptMemory, Thread

MOST_MESSAGES: Final = 10_000
MOST_RUNS: Final = 10_000
Doc = dict[str, Any]


async def fork(namespace: Namespace, thread_id: str, at: str | None) -> Doc:
    """Add a copy of a thread up to a message (None: of all of it); return it, and the new ids by the old ones.

    What was said and done is as it was, times included. Runs that are not over stay behind; so does a message that is
    being written, and what such a run has said loses its run. What scripts remember of the thread is copied as it is
    now. Raises `ApiError` for a thread or a message that is not there, and for too much.
    """
    async with namespace.transaction(thread=thread_id) as tx:
        before = await find(tx, thread_id)
        await check_size(tx, thread_id)
        rows = await tx.all(Message, thread_id=thread_id)
        end = len(rows) if at is None else _behind(rows, thread_id, at)
        messages = [row for row in rows[:end] if row["doc"]["status"] != "in_progress"]
        copy = _Copy(namespace, tx, thread_id, messages)
        doc = {**before, "id": copy.thread_id}
        tx.insert(Thread, copy.thread_id, id=copy.thread_id, doc=doc)
        tx.record(Entry(copy.thread_id, None, "thread.created", doc))
        await copy.take_runs({row["id"] for row in rows} - copy.messages.keys(), is_whole=end == len(rows))
        copy.take_messages()
        await copy.take_memory()
    return {"thread": doc, "messages": copy.messages, "runs": copy.runs}


async def check_size(tx: Transaction, thread_id: str) -> None:
    """Raise the refusal of a thread with too many messages or runs to be copied at once."""
    for name, table, most in (("messages", Message, MOST_MESSAGES), ("runs", Run, MOST_RUNS)):
        if (number := await tx.count(table, thread_id=thread_id)) > most:
            raise ApiError(400, f"The thread '{thread_id}' has {number:,} {name}; one with at most {most:,} is forked.")


def _behind(rows: Sequence[Row], thread_id: str, at: str) -> int:
    """Return how many messages there are up to one."""
    place = next((place for place, row in enumerate(rows) if row["id"] == at), None)
    if place is None:
        raise ApiError(404, f"No message found with id '{at}' on the thread '{thread_id}'.", param="at")
    if rows[place]["doc"]["status"] == "in_progress":
        raise ApiError(400, f"The message '{at}' is being written: fork at one that is complete.", param="at")
    return place + 1


class _Copy:
    """A copy of some messages of a thread that is being made. messages, runs: new ids by the old ones."""

    def __init__(self, namespace: Namespace, tx: Transaction, source: str, messages: Sequence[Row]) -> None:
        self._namespace = namespace
        self._tx = tx
        self._source = source
        self._copied = messages
        self.thread_id = self._new("thread")
        self.messages = {message["id"]: self._new("msg") for message in messages}
        self.runs: dict[str, str] = {}

    def _new(self, kind: str) -> str:
        return self._namespace.ids.make(kind)

    # --- runs -------------------------------------------------------------------------------------------------------

    async def take_runs(self, missing: Collection[str], *, is_whole: bool) -> None:
        """Copy the runs that are over, and what they did up to the end of the copy.

        missing: messages that are not copied. is_whole: the copy ends where the thread does.
        """
        by_id = {message["id"]: message for message in self._copied}
        written = {message["run_id"] for message in self._copied}
        last = max((message["seq"] for message in self._copied), default=0)
        page = await self._tx.page(Run, Cursor(MOST_RUNS, "asc"), also=("play",), thread_id=self._source)
        for row in page.rows:
            if row["status"] not in RUN_TERMINAL:
                continue
            if is_whole or row["id"] in written or await begun_behind(self._tx, row, by_id) < last:
                await self._take_run(row, missing)

    async def _take_run(self, row: Row, missing: Collection[str]) -> None:
        new = self.runs[row["id"]] = self._new("run")
        about = {"id": new, "thread_id": self.thread_id}
        play = dict(row["play"] or {})
        if (before := play.get(BEHIND)) is not None:
            play[BEHIND] = self.messages.get(before, before)
        self._tx.copy(Run, row["id"], **about, doc={**row["doc"], **about}, play=play)
        steps = [step["doc"] for step in await self._tx.all(RunStep, run_id=row["id"])]
        if any(_message_of(step) in missing for step in steps):  # it went on behind the end of the copy
            last = max((n for n, step in enumerate(steps) if _message_of(step) in self.messages), default=-1)
            steps = steps[: last + 1]
        for step in steps:
            self._take_step(step, new)

    def _take_step(self, step: Doc, run_id: str) -> None:
        id_ = self._new("step")
        details = step["step_details"]
        if (message_id := _message_of(step)) is not None:  # which may have been deleted
            details = {**details, "message_creation": {"message_id": self.messages.get(message_id, message_id)}}
        about = {"run_id": run_id, "thread_id": self.thread_id}
        self._tx.insert(RunStep, id_, id=id_, **about, doc={**step, "id": id_, **about, "step_details": details})

    # --- the rest ---------------------------------------------------------------------------------------------------

    def take_messages(self) -> None:
        """Copy the messages, when their runs are known."""
        for message in self._copied:
            id_, run_id = self.messages[message["id"]], self.runs.get(message["run_id"] or "")
            about = {"id": id_, "thread_id": self.thread_id, "run_id": run_id}
            self._tx.insert(Message, id_, **about, doc={**message["doc"], **about})

    async def take_memory(self) -> None:
        """Copy what scripts remember of the thread."""
        owner, new = f"thread:{self._source}", f"thread:{self.thread_id}"
        for row in await self._tx.all(ScriptMemory, owner=owner):
            key = f"{new}{row['key'].removeprefix(owner)}"
            self._tx.insert(ScriptMemory, key, owner=new, key=key, value=row["value"])


def _message_of(step: Mapping[str, Any]) -> str | None:
    """Return the message that a step wrote."""
    found: str | None = step["step_details"].get("message_creation", {}).get("message_id")
    return found
