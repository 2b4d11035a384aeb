"""Every error of the emulator, as one tree.

EmulatorError                  whatever the emulator raises on purpose
├─ ApiError                    an answer of the API that is a refusal (`domain.refusals` makes them)
│  └─ RefusedFixtureError      an object that a script asks for and the API refuses (`service.fixtures`)
├─ ScriptError                 a script that cannot be loaded (`domain.ports`)
├─ UnmatchedError              no turn of a script matches a run (`domain.ports`)
├─ IllegalSignalError          a signal that the law does not know in a status (`domain.lifecycle`)
├─ ScriptFaultError            a script that breaks while it is played (`engine.script_player`)
├─ TooMuchToRememberError      more variables than a script may keep (`engine.script_memory`)
├─ NotExecutedError            code that may not or cannot be run (`engine.code_execution`)
├─ SandboxError                code that cannot be isolated (`sandbox.result`)
├─ UnreadableFileError         a file that file search cannot read (`retrieval.refusals`)
├─ LostReaderError             a process that ended instead of reading a file (`retrieval.process`)
├─ UnusableDatabaseError       what cannot serve as a database (`store.database`)
├─ UnavailableDatabaseError    a database on a server that cannot be reached for now
├─ ArchiveError                a file that is no snapshot, or a damaged one (`store.archives`)
├─ UnreadableRecordingError    a file that is no recording, or a broken one (`recording.recordings`)
├─ UnusableObjectError         an exported object that cannot become a document (`wire.exported`)
├─ FolderError                 a folder that snapshots cannot be read from or saved to (`service.snapshot_folders`)
├─ GoneError                   a part of the journal that is not kept any more (`store.journal`)
├─ InterruptedRunError         a run that is to end, whatever it was doing (`engine.segments`)
├─ RestingRunError             a run that another task goes on with (`engine.segments`)
├─ BrokenConnectionError       a connection that ends in the middle of an exchange (`domain.broken_connection`)
├─ ForwardError                a forward that a server cannot be started with (`domain.forwards`)
├─ RecorderError               what the recorder cannot do (`recording.recorder.errors`)
├─ WouldOverwriteError         a file in the place of a distilled one (`recording.distilled_files`)
├─ NoScenariosError            a folder in which no scenario is (`script_files`)
├─ ServeError                  a server that cannot start (`listening`)
│  ├─ PortTakenError
│  └─ OpenHostError
├─ NotRunningError             a server in this process that has not started, or has stopped (`direct.loops`)
├─ ControlError                what the control API refuses (`harness.errors`)
├─ UnreachableError            no emulator where one should be (`harness.errors`)
├─ NoAddressError              a server without a socket, of which a browser is to show a page (`harness.errors`)
├─ CheckFailedError            what a program under test may have hidden (`harness.errors`)
├─ OrderStalledError           one of two programs that waited in vain for the other (`harness.errors`)
├─ MissingExtraError           packages that an option needs are not installed (`extras`)
├─ MissingHypothesisError      Hypothesis is not installed, and schedules are asked for (`schedules`)
└─ MissingClientError          the official client is not installed, or has no Assistants API any more
"""

from collections.abc import Mapping
from typing import Any


class EmulatorError(Exception):
    """The root of all errors that the emulator raises on purpose."""


class ApiError(EmulatorError):
    """An answer that is a refusal.

    status: HTTP status. message, type, param, code: the fields of the error envelope. headers: extra response headers.
    on_v1, on_azure: what v1 and Azure say instead, if that is something else; Azure's may have an on_v1 of its own.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        type: str = "invalid_request_error",  # noqa: A002 - the envelope's own word
        param: str | None = None,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
        on_v1: "ApiError | None" = None,
        on_azure: "ApiError | None" = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.type = type
        self.param = param
        self.code = code
        self.headers = dict(headers or {})
        self.on_v1 = on_v1
        self.on_azure = on_azure

    def body(self) -> dict[str, Any]:
        """Return the envelope. Key order: recorded."""
        return {"error": {"message": self.message, "type": self.type, "param": self.param, "code": self.code}}


class ServerStopsError(ApiError):
    """The server stops before it is done: a client is told so, and a run goes on with the next server."""

    def __init__(self) -> None:
        super().__init__(503, "[emulator] the server is stopping", type="server_error")


class UnavailableDatabaseError(EmulatorError):
    """The database cannot be reached for now, or has no connection free: whoever asked may ask again.

    What was to be written may or may not have been. The message names no password and is one line.
    """
