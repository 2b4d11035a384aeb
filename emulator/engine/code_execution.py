"""Really running a script's code on the run's files, and keeping what it drew and wrote."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from emulator.domain.errors import EmulatorError
from emulator.domain.view import ModelView
from emulator.engine.namespace import Namespace
from emulator.engine.output_files import keep_output
from emulator.store.documents import Unit
from emulator.store.tables import File

if TYPE_CHECKING:
    from emulator.sandbox.result import InputFile

NOT_ALLOWED = "[emulator] code is not run here: start the server with --execute-code"


class NotExecutedError(EmulatorError):
    """The code was not run; the message is for `last_error`."""


@dataclass(frozen=True, slots=True)
class Executed:
    """What came of code. images: file ids. files: (name below /mnt/data, file id)."""

    logs: str
    images: tuple[str, ...]
    files: tuple[tuple[str, str], ...]


async def execute(namespace: Namespace, unit: Unit, view: ModelView, code: str) -> Executed:
    """Run code in the session of the run's thread. Raises `NotExecutedError` where that is not allowed or not safe."""
    if namespace.sessions is None:
        raise NotExecutedError(NOT_ALLOWED)
    from emulator.sandbox.result import SandboxError  # noqa: PLC0415 - few servers run code

    key = session_key(namespace, view.thread_id)
    try:
        ran = await namespace.sessions.run(key, code, _readable_files(namespace, view), now=namespace.clock.now())
    except SandboxError as error:
        raise NotExecutedError(f"[emulator] {error}") from error
    images = tuple(keep_output(namespace, unit, None, picture) for picture in ran.images)
    files = tuple((written.name, keep_output(namespace, unit, written.name, written.content)) for written in ran.files)
    return Executed(ran.logs.rstrip("\n"), images, files)


def session_key(namespace: Namespace, thread_id: str) -> str:
    """Return the name of a thread's session."""
    return f"{namespace.name}/{thread_id}"


def _readable_files(namespace: Namespace, view: ModelView) -> "list[InputFile]":
    """Return the files that the code interpreter may read."""
    from emulator.sandbox.result import InputFile  # noqa: PLC0415 - as above

    readable = []
    for file in view.files:
        row = namespace.documents.get(File, namespace.name, file.id)
        if row is not None and (not file.tools or "code_interpreter" in file.tools):
            readable.append(InputFile(file.id, file.name, namespace.blobs.read(row["blob"])))
    return readable
