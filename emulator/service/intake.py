"""How long files on their way into a vector store are shown as in progress: a world's pace holds for them, too."""

import asyncio
from collections.abc import Callable, Coroutine

from emulator.domain.ports import Timer
from emulator.engine.gates import Gate
from emulator.engine.world import World


class Intake:
    """Files that are shown as in progress for as long as the world's pace says, and then taken in.

    polls: for so many polls of the store, of its files or of the batch. time: for so many seconds of the clock. At the
    other paces they are taken in at once, and whoever asks sees them settled.
    """

    def __init__(
        self, world: World, store_id: str, batch_id: str | None, take_in: Callable[[], Coroutine[None, None, None]]
    ) -> None:
        self._world = world
        self._store_id = store_id
        self._take_in = take_in
        self._gate = Gate(lambda: world.setup["pace"])
        self._shown: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._task: asyncio.Task[None] | None = None
        self.batch_id = batch_id
        self.settled = asyncio.Event()

    def begin(self) -> None:
        """Show the files, and take them in when the time has come."""
        self._world.intakes.setdefault(self._store_id, set()).add(self)
        self._task = asyncio.create_task(self._run(), name=f"take in {self._store_id}")
        self._task.add_done_callback(self._end)

    def polled(self) -> None:
        """Count a poll; the last one wanted lets the files be taken in."""
        if self._gate.polled():
            self.go_on()

    def go_on(self) -> None:
        """Take the files in, however long they were to be shown."""
        if not self._shown.done():
            self.settled.clear()
            self._shown.set_result(None)

    def stop(self) -> None:
        """Let go of them without a word."""
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        timer = self._timer(self._gate.seconds())
        polled = self._world.setup["pace"]["progression"] == "polls"
        if not self._shown.done() and (timer is not None or polled):
            self.settled.set()
            try:
                await self._shown
            finally:
                if timer is not None:
                    timer.cancel()
        await self._take_in()

    def _timer(self, seconds: float) -> Timer | None:
        """Return what ends the showing when the clock comes there; None where that is at once."""
        clock = self._world.clock
        if not seconds or clock.jump(seconds):
            return None
        return clock.call_at(clock.now() + seconds, self.go_on, delay=True)

    def _end(self, _task: "asyncio.Task[None]") -> None:
        others = self._world.intakes.get(self._store_id, set())
        others.discard(self)
        if not others:
            self._world.intakes.pop(self._store_id, None)
        self.settled.set()
