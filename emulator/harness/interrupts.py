"""Waiting until somebody stops this process: with Ctrl-C at its terminal, or by SIGTERM from elsewhere."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

_STOPPING: Final = (signal.SIGINT, signal.SIGTERM)
# Where a wait without an end could not be interrupted, it is one that begins again.
_SECONDS: Final = 1.0


@contextmanager
def stopped_by_signal() -> Iterator[Callable[[], None]]:
    """Return a function that waits until this process is asked to stop, now or since the block began.

    Within the block the signals do nothing else. Use it on the main thread.
    """
    stopped = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopped.set()

    def wait() -> None:
        while not stopped.wait(_SECONDS):
            pass

    before: dict[int, Any] = {number: signal.signal(number, stop) for number in _STOPPING}
    try:
        yield wait
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
