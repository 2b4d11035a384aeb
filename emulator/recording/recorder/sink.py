"""Where exchanges go once they have ended: into the recording, or into the list of those that are left out."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from emulator.domain.printable import printable
from emulator.recording.recorder.errors import LeftOutError, UnusableFileError
from emulator.recording.recorder.exchanges import PassingExchange
from emulator.recording.recorder.lines import write
from emulator.recording.recorder.recording_file import RecordingFile
from emulator.recording.recorder.urls import without_secrets_in_url
from emulator.recording.secrets import Secrets

# A long upload, which takes seconds to be searched, is not to hold up what is asked meanwhile.
_AT_A_TIME: Final = 4


class Sink:
    """Writes exchanges on threads. recorded, left_out: how many there were.

    warn: is given a line for each that is left out.
    """

    def __init__(self, file: RecordingFile, secrets: Secrets, warn: Callable[[str], None]) -> None:
        self.recorded = 0
        self.left_out = 0
        self._file = file
        self._secrets = secrets
        self._warn = warn
        self._threads = ThreadPoolExecutor(_AT_A_TIME, thread_name_prefix="recording")
        self._writing: set[asyncio.Future[None]] = set()

    async def take(self, exchange: PassingExchange) -> None:
        """Write an exchange; return when that is done. It is done, too, if this is cancelled."""
        writing = asyncio.get_running_loop().run_in_executor(self._threads, self._write, exchange)
        self._writing.add(writing)
        writing.add_done_callback(self._writing.discard)
        await asyncio.shield(writing)

    async def close(self) -> None:
        """Wait until all is written."""
        if self._writing:
            await asyncio.wait(self._writing)
        self._threads.shutdown()

    def _write(self, exchange: PassingExchange) -> None:
        try:
            write(exchange, self._file, self._secrets)
        except (LeftOutError, UnusableFileError) as error:
            self._leave_out(exchange, str(error))
        except Exception as error:  # noqa: BLE001 - the exchange passes, whatever breaks here
            # What an error says may hold some of what was sent.
            self._leave_out(exchange, f"it cannot be written ({type(error).__name__})")
        else:
            self.recorded += 1
        finally:
            exchange.close()

    def _leave_out(self, exchange: PassingExchange, why: str) -> None:
        self.left_out += 1
        path = "/" + "/".join(exchange.url.split("/")[3:])
        path = without_secrets_in_url(path.partition("?")[0], self._secrets)
        self._warn(f"warning: {exchange.method} {printable(path)} is left out of the recording: {printable(why)}")
