"""What one process asks of all others on a database, and waits for: to write what they hold back, or to look anew."""

import asyncio
import itertools
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from emulator.domain.bus import Bus, Leave
from emulator.domain.errors import EmulatorError
from emulator.replicas.members import DEAD_AFTER, Members
from emulator.store.database import DatabaseError

# Does what is asked, in a namespace; "" means all of them.
Answer = Callable[[str], Awaitable[None]]
# Seconds after which it is asked again, and who is still there is looked up; a message may have been lost.
_AGAIN: Final = 0.5
# Seconds after which whoever has not answered counts as gone, though it gives signs of life.
_PATIENCE: Final = DEAD_AFTER + 2.0
_ASK, _DONE = "ask", "done"
_JOIN: Final = "join"
_log: Final = logging.getLogger(__name__)


@dataclass(slots=True)
class _Question:
    missing: set[int]
    answered: asyncio.Event = field(default_factory=asyncio.Event)

    def strike(self, gone: "set[int] | frozenset[int]") -> None:
        self.missing -= gone
        if not self.missing:
            self.answered.set()


class Questions:
    """Asks the others, and answers them. A question has the id of who asks and a number, which both repeat."""

    def __init__(self, members: Members, bus: Bus) -> None:
        self._members = members
        self._bus = bus
        self._answers: dict[str, Answer] = {_JOIN: self._welcome}
        self._asked: dict[int, _Question] = {}
        self._numbers = itertools.count(1)
        self._answering: set[asyncio.Task[None]] = set()
        self._leaves: list[Leave] = []

    def answer(self, what: str, call: Answer) -> None:
        """Say what is done where a question is asked, before it is answered. It may be done twice."""
        self._answers[what] = call

    async def start(self) -> None:
        """Join: listen, and be known to all others before this returns. Raises `UnusableDatabaseError`."""
        self._leaves = [self._bus.subscribe(_ASK, self._hear), self._bus.subscribe(_DONE, self._take)]
        try:
            await self._members.join()
        except BaseException:
            self._unsubscribe()
            raise
        await self.ask_all(_JOIN, str(self._members.id))

    async def stop(self) -> None:
        """Leave: nobody asks or waits for this process any more."""
        await self._members.leave()
        self._unsubscribe()
        for task in tuple(self._answering):
            task.cancel()
        if self._answering:
            await asyncio.wait(self._answering)

    def _unsubscribe(self) -> None:
        for leave in self._leaves:
            leave()
        self._leaves = []

    # --- asking -------------------------------------------------------------------------------------------------------

    async def ask_all(self, what: str, ns: str) -> None:
        """Ask all others, and wait until each has done it or is gone; who is alone has nothing to wait for.

        ns: the namespace; "" for all of them. Raises `UnavailableDatabaseError`.
        """
        if not self._members.others:
            return
        number, question = next(self._numbers), _Question(set(self._members.others))
        self._asked[number] = question
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._wait(question, f"{self._members.id} {number} {what} {ns}")
        except TimeoutError:
            silent = ", ".join(map(str, sorted(question.missing)))
            _log.warning("nothing was heard of replica %s, which was asked to %s", silent, what)
        finally:
            del self._asked[number]

    async def _wait(self, question: _Question, payload: str) -> None:
        while question.missing:
            await self._bus.send(_ASK, payload)
            try:
                async with asyncio.timeout(_AGAIN):
                    await question.answered.wait()
            except TimeoutError:
                await self._members.beat()
            question.strike(question.missing - self._members.others)

    def _take(self, payload: str) -> None:
        asker, number, who = payload.split(" ")
        if int(asker) == self._members.id and (question := self._asked.get(int(number))) is not None:
            question.strike({int(who)})

    # --- answering ----------------------------------------------------------------------------------------------------

    def _hear(self, payload: str) -> None:
        asker, number, what, ns = payload.split(" ")
        if self._members.id in (0, int(asker)):
            return
        answering = asyncio.create_task(self._answer(asker, number, what, ns), name=f"answer {what}")
        self._answering.add(answering)
        answering.add_done_callback(self._answering.discard)

    async def _answer(self, asker: str, number: str, what: str, ns: str) -> None:
        try:
            if (call := self._answers.get(what)) is not None:
                await call(ns)
            await self._bus.send(_DONE, f"{asker} {number} {self._members.id}")
        except DatabaseError as error:  # who asks does so again, or has given this process up
            _log.warning("%s could not be done: %s", what, error)
        except EmulatorError:
            _log.exception("%s could not be done", what)

    async def _welcome(self, id: str) -> None:  # noqa: A002 - its name everywhere
        self._members.add(int(id))


Ask = Callable[[str], Awaitable[None]]


def asking(questions: Questions, what: str) -> Ask:
    """Return what asks one question."""
    return partial(questions.ask_all, what)
