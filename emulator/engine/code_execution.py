"""Really running a script's code on the run's files."""

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from emulator.domain.errors import EmulatorError
from emulator.domain.view import AttachedFile, ModelView
from emulator.engine.namespace import Namespace
from emulator.store.documents import Row, Transaction
from emulator.store.tables import ContainerFile, File

if TYPE_CHECKING:
    from emulator.sandbox.result import CodeRun, InputFile

NOT_ALLOWED = "[emulator] code is not run here: start the server with --execute-code"


class NotExecutedError(EmulatorError):
    """The code was not run; the message is for `last_error`."""


async def execute(namespace: Namespace, workspace: str, code: str, files: "Sequence[InputFile]") -> "CodeRun":
    """Run code in the session of a workspace. Raises `NotExecutedError` where that is not allowed or not safe."""
    if namespace.sessions is None:
        raise NotExecutedError(NOT_ALLOWED)
    from emulator.sandbox.result import SandboxError  # noqa: PLC0415 - few servers run code

    try:
        return await namespace.sessions.run(session_key(namespace, workspace), code, files, now=namespace.clock.now())
    except SandboxError as error:
        raise NotExecutedError(f"[emulator] {error}") from error


def session_key(namespace: Namespace, workspace: str) -> str:
    """Return the name of a workspace's session: of another one with the same id, after a reset, it knows nothing."""
    return f"{namespace.generation}/{workspace}"


async def readable_files(namespace: Namespace, tx: Transaction, view: ModelView) -> "list[InputFile]":
    """Return the files that the code interpreter may read; none where code is not run.

    Raises `NotExecutedError` where the bytes of one are gone, or where all are too large.
    """
    if namespace.sessions is None:
        return []
    from emulator.sandbox.result import InputFile, SandboxError  # noqa: PLC0415 - as above

    readable, size = [], 0
    for file in view.files:
        row = await tx.get(File, file.id) or await tx.get(ContainerFile, file.id)
        if row is not None and (not file.tools or "code_interpreter" in file.tools):
            size += row["doc"]["bytes"]
            try:
                namespace.sessions.check_size(size)  # before all of it is in memory
                content = await namespace.blobs.beside(partial(namespace.blobs.read, row["blob"]))
            except SandboxError as error:
                raise NotExecutedError(f"[emulator] {error}") from error
            except OSError as error:
                raise NotExecutedError(f"[emulator] {file.id} cannot be read: {error.strerror}") from error
            readable.append(InputFile(file.id, file.name, content, _further_names(view, file, row)))
    return readable


def _further_names(view: ModelView, file: AttachedFile, row: Row) -> tuple[str, ...]:
    """Return what a file is called in a container, where names have something before them (recorded)."""
    if view.api != "responses":
        return ()
    path = row["doc"].get("path", f"{file.id}-{file.name}")
    return (path.rpartition("/")[2],)
