"""Recordings that a namespace takes over: their threads as objects, their runs as scripts, or both."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, Literal, cast

from emulator.domain.errors import ApiError
from emulator.domain.ports import ScriptSource
from emulator.domain.replay import CONVERSATION, Taken, distilled
from emulator.recording.distilled_files import source_of
from emulator.recording.distiller import Distilled, Options, distil, holdings, secrets_of, useless
from emulator.recording.importables import given_objects
from emulator.recording.recognition import kind_of, read
from emulator.recording.recordings import AnyRecording, HttpRecording, UnreadableRecordingError
from emulator.recording.shown_objects import shown_objects
from emulator.service.exported_objects import Given, GivenObjects
from emulator.service.imports import ReceivedFile, import_objects
from emulator.service.namespaces import Namespaces
from emulator.store.blobs import receive_all

_HTTP: Final = frozenset({"vcrpy", "ruby-vcr", "har", "test-proxy", "recorded"})


def is_http_recording(path: Path) -> bool:
    """Return whether a file holds recorded requests, and not objects."""
    return kind_of(path) in _HTTP


@dataclass(frozen=True, slots=True)
class _Read:
    """What was made of recordings. contents: of files, by their ids."""

    objects: GivenObjects
    contents: Mapping[str, bytes]
    scripts: Sequence[tuple[Distilled, ScriptSource]]


async def import_recordings(
    namespaces: Namespaces,
    ns: str,
    paths: Sequence[Path],
    what: Taken | None,
    choices: Mapping[str, str],
    *,
    texts: Sequence[bytes] = (),
    received: Sequence[ReceivedFile] = (),
) -> dict[str, Any]:
    """Take over recordings; return what was imported, and their scripts. Those that share a thread give one script.

    what: what is taken of each; None: both of recorded requests, and the threads of exports. texts, received: objects
    and the bytes of files that are imported with them. Raises `ApiError` for what is no recording, and for scripts that
    cannot be loaded; then nothing has changed.
    """
    read_ = await namespaces.scripts.workers.compute(partial(_read, paths, what, choices, texts))
    sources = [source for _, source in read_.scripts]
    if sources:
        await namespaces.add_scripts(ns, sources)
    blobs, shown = namespaces.blobs, list[ReceivedFile]()
    try:
        for id_, content in read_.contents.items():
            shown.append(ReceivedFile(id_, id_, await blobs.beside(partial(receive_all, blobs, content))))
        files = [*received, *shown]
        as_conversations = what == CONVERSATION
        imported = await import_objects(namespaces, ns, lambda: read_.objects, files, as_conversations=as_conversations)
    finally:
        for one in shown:
            blobs.discard(one.received)
    return {**asdict(imported), "scripts": [_script(made, source) for made, source in read_.scripts]}


def _script(made: Distilled, source: ScriptSource) -> dict[str, Any]:
    about = {"kind": made.kind, "fidelity": made.fidelity, "turns": made.runs, "notes": list(made.notes)}
    return {"name": source.name, **about}


def _read(paths: Sequence[Path], what: Taken | None, choices: Mapping[str, str], texts: Sequence[bytes]) -> _Read:
    recordings = [_recording(path) for path in paths]
    taken = [(one, what or ("both" if isinstance(one, HttpRecording) else "threads")) for one in recordings]
    scripts = _scripts([one for one, of_it in taken if of_it in ("scripts", "both")], choices)
    shown = [one for one, of_it in taken if of_it != "scripts"]
    exports = [one.path.read_bytes() for one in shown if not isinstance(one, HttpRecording)]
    given = given_objects([*texts, *exports])
    http = [one for one in shown if isinstance(one, HttpRecording)]
    return _with_recorded(given, http, scripts) if http else _Read(given, {}, scripts)


def _recording(path: Path) -> AnyRecording:
    try:
        return read(path)
    except UnreadableRecordingError as error:
        raise ApiError(400, str(error).replace(f"{path.parent}/", "")) from None
    except RecursionError:
        raise ApiError(400, f"{path.name}: it is nested too deep") from None


def _with_recorded(
    given: GivenObjects, http: Sequence[HttpRecording], scripts: Sequence[tuple[Distilled, ScriptSource]]
) -> _Read:
    """Return objects together with those that recorded requests show."""
    shown, secrets = shown_objects(http), secrets_of(http)
    objects = [secrets.without_secrets_in(dict(one)) for one in shown.objects]
    recorded = [Given(str(one.get("id")), one, (0, place)) for place, one in enumerate(objects)]
    contents = {id_: data for id_, data in shown.contents.items() if not secrets.has_secret(data)}
    both = GivenObjects(
        [*recorded, *given.objects],
        {**shown.names, **given.names},
        given.skipped,
        [*shown.noted, *given.noted],
    )
    return _Read(both, contents, scripts)


def _scripts(recordings: Sequence[AnyRecording], choices: Mapping[str, str]) -> list[tuple[Distilled, ScriptSource]]:
    drift = cast("Literal['lenient', 'strict', 'template']", choices.get("drift", "lenient"))
    ids = cast("Literal['remap', 'pin']", choices.get("ids", "remap"))
    # Threads are imported as objects, or not at all.
    found = distil(recordings, Options(drift=drift, ids=ids, threads=False))
    for one in useless(recordings, found):
        raise ApiError(400, f"{one.path.name}: {holdings(one)}")
    return [(made, source_of(made, Path(distilled(made.sources[0].name)))) for made in found]
