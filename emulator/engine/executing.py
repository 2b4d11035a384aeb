"""Really running a script's code on the run's files, and keeping what it drew and wrote."""

from dataclasses import dataclass

from emulator.domain.view import ModelView
from emulator.engine.drawing import keep_output
from emulator.engine.world import World
from emulator.sandbox.result import Given, SandboxError
from emulator.store.documents import Unit
from emulator.store.tables import File

NOT_ALLOWED = "[emulator] code is not run here: start the server with --execute-code"


class NotExecutedError(Exception):
    """The code was not run; the message is for `last_error`."""


@dataclass(frozen=True, slots=True)
class Executed:
    """What came of code. images: file ids. files: (name below /mnt/data, file id)."""

    logs: str
    images: tuple[str, ...]
    files: tuple[tuple[str, str], ...]


async def execute(world: World, unit: Unit, view: ModelView, code: str) -> Executed:
    """Run code in the session of the run's thread. Raises `NotExecutedError` where that is not allowed or not safe."""
    if world.sessions is None:
        raise NotExecutedError(NOT_ALLOWED)
    key = session_key(world, view.thread_id)
    try:
        ran = await world.sessions.run(key, code, _given(world, view), now=world.clock.now())
    except SandboxError as error:
        raise NotExecutedError(f"[emulator] {error}") from error
    images = tuple(keep_output(world, unit, None, picture) for picture in ran.images)
    files = tuple((written.name, keep_output(world, unit, written.name, written.content)) for written in ran.files)
    return Executed(ran.logs.rstrip("\n"), images, files)


def session_key(world: World, thread_id: str) -> str:
    """Return the name of a thread's session."""
    return f"{world.name}/{thread_id}"


def _given(world: World, view: ModelView) -> list[Given]:
    """Return the files that the code interpreter may read."""
    given = []
    for file in view.files:
        row = world.documents.get(File, world.name, file.id)
        if row is not None and (not file.tools or "code_interpreter" in file.tools):
            given.append(Given(file.id, file.name, world.blobs.read(row["blob"])))
    return given
