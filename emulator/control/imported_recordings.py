"""Recordings as bodies of an import, or parts of one: whether a body is one, and what is to be taken of it."""

import json
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from emulator.daemon_threads import in_thread
from emulator.domain.errors import ApiError
from emulator.domain.id_forms import is_file_id
from emulator.domain.replay import CONVERSATION, TAKEN, Taken, replay_choices
from emulator.service.imports import ReceivedFile
from emulator.service.namespaces import Namespaces
from emulator.store.blobs import Blobs

# The name of a recording that comes without one.
_UNNAMED: Final = "recording"
_UNSAFE: Final = re.compile(r"[^\w.-]+")


@dataclass(frozen=True, slots=True)
class Choice:
    """What is asked for in the query. what: None where nothing is. name: of the recording that a body is."""

    what: Taken | None
    replay: Mapping[str, str]
    name: str | None


@dataclass(frozen=True, slots=True)
class Form:
    """What a form holds: the texts of objects, the bytes of files, and recordings."""

    texts: list[bytes] = field(default_factory=list)
    received: list[ReceivedFile] = field(default_factory=list)
    recordings: list[ReceivedFile] = field(default_factory=list)


def choice_of(query: Mapping[str, str]) -> Choice:
    """Return what is asked for. Raises `ApiError`."""
    what = next((one for one in TAKEN if one == query.get("as")), None)
    if what is None and "as" in query:
        raise ApiError(400, f"as={query['as']!r}: choose one of {', '.join(TAKEN)}", param="as")
    try:
        choices = replay_choices(drift=query.get("drift"), ids=query.get("ids"))
    except ValueError as error:
        raise ApiError(400, str(error), param=str(error).partition("=")[0]) from None
    return Choice(what, choices, query.get("name"))


async def imported_recording(namespaces: Namespaces, ns: str, choice: Choice, body: bytes) -> dict[str, Any] | None:
    """Take over a body that is a recording; None where it holds objects, and nothing else is asked for."""
    from emulator.recording.importing import import_recordings, is_http_recording  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="emulator-import-") as folder:
        path = Path(folder) / _file_name(choice.name)
        await in_thread(lambda: path.write_bytes(body), "import")
        if choice.what in (None, "threads", CONVERSATION) and not await in_thread(
            lambda: is_http_recording(path), "import"
        ):
            return None
        return await import_recordings(namespaces, ns, [path], choice.what, choice.replay)


async def imported_form(namespaces: Namespaces, ns: str, choice: Choice, form: Form) -> dict[str, Any] | None:
    """Take over a form with recordings in it; None where there are none, and no scripts are to be made of objects."""
    from emulator.recording.importing import import_recordings  # noqa: PLC0415 - as above

    recordings = [*form.recordings, *await in_thread(lambda: _recordings_among(namespaces.blobs, form), "import")]
    received = [one for one in form.received if one not in recordings]
    of_objects = form.texts if choice.what in ("scripts", "both") else []
    if not (recordings or of_objects):
        return None
    with tempfile.TemporaryDirectory(prefix="emulator-import-") as folder:
        paths = await in_thread(lambda: list(_named(namespaces.blobs, Path(folder), recordings, of_objects)), "import")
        texts = [] if of_objects else form.texts
        return await import_recordings(
            namespaces, ns, paths, choice.what, choice.replay, texts=texts, received=received
        )


def _recordings_among(blobs: Blobs, form: Form) -> list[ReceivedFile]:
    """Return the files that are recorded requests; one that has an id, or that objects name, is a file of theirs."""
    return [
        one
        for one in form.received
        if not is_file_id(one.name)
        and not any(json.dumps(one.filename).encode() in text for text in form.texts)
        and _is_recording(blobs, one)
    ]


def _is_recording(blobs: Blobs, file: ReceivedFile) -> bool:
    from emulator.recording.importing import is_http_recording  # noqa: PLC0415 - as above

    with blobs.on_disk(file.received.name) as path:
        return is_http_recording(path)


def _named(blobs: Blobs, folder: Path, recordings: Sequence[ReceivedFile], texts: Sequence[bytes]) -> Iterator[Path]:
    """Lay recordings and objects under names by which messages call them, each in a folder of its own."""
    for number, one in enumerate(recordings):
        path = folder / str(number) / _file_name(one.filename)
        path.parent.mkdir()
        with path.open("xb") as file:
            file.writelines(blobs.pieces(one.received.name))
        yield path
    for number, text in enumerate(texts, len(recordings)):
        path = folder / str(number) / "objects.json"
        path.parent.mkdir()
        path.write_bytes(text)
        yield path


def _file_name(name: str | None) -> str:
    return _UNSAFE.sub("-", name or "").strip("-.")[-100:] or _UNNAMED
