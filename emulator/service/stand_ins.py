"""Stand-ins for what objects name and nobody exported: readable through the API, and marked as what they are."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

Doc = dict[str, Any]
# How a stand-in is marked: a run, an assistant and a store by this key of their metadata, a file by its status_details.
MARK: Final = "emulator_stand_in"
_NOT_EXPORTED: Final = "not exported"
_NO_BYTES: Final = "not exported: a text stands in for the bytes"
# What is attached without a name, and what code has drawn or written.
_PURPOSES: Final = {"attached": "assistants", "shown": "vision", "written": "assistants_output"}
# The mark of a citation, with the name of the file where the service wrote it (see wire.history.behaviors).
_CITED: Final = re.compile(r"【\d+(?::\d+)?†(?!source】)(.+)】")


def stand_ins(objects: Sequence[Mapping[str, Any]], names: Mapping[str, str], there: Collection[str] = ()) -> list[Doc]:
    """Return what stands in for the runs, assistants, threads, files and stores that are named, and not among objects.

    names: of files, by their ids, as far as they are known. there: ids of which nothing stands in either.
    """
    return _StandIns(objects, names, there).made()


def named_files(objects: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the ids of the files that messages and steps name."""
    named = (id_ for one in objects for _, id_ in (*_in_message(one), *_in_step(one)))
    return [id_ for id_ in named if isinstance(id_, str) and id_]


def is_stand_in(doc: Mapping[str, Any]) -> bool:
    """Return whether an object says that it is a stand-in."""
    return doc.get("status_details") == _NO_BYTES if doc["object"] == "file" else MARK in doc.get("metadata", {})


def content_of(file: Mapping[str, Any]) -> bytes:
    """Return the bytes of a file that is a stand-in."""
    return f"The bytes of {file['filename']} ({file['id']}) were not exported. This text stands in for them.\n".encode()


class _StandIns:
    """What stands in for what some objects name."""

    def __init__(self, objects: Sequence[Mapping[str, Any]], names: Mapping[str, str], there: Collection[str]) -> None:
        self._there = {*there, *(str(one.get("id")) for one in objects)}
        self._of: dict[str, list[Mapping[str, Any]]] = {}
        for one in objects:
            self._of.setdefault(str(one.get("object")), []).append(one)
        self._names = dict(names)

    def made(self) -> list[Doc]:
        """Return them, in the order in which they need each other."""
        runs = list(self._runs())
        return [*self._files(), *self._stores(), *self._assistants(runs), *self._threads(), *runs]

    def _all(self, *kinds: str) -> Iterator[Mapping[str, Any]]:
        return (one for kind in kinds for one in self._of.get(kind, ()))

    def _missing(self, given: Iterable[Mapping[str, Any]], name: str) -> dict[str, list[Mapping[str, Any]]]:
        """Return the objects that name, in a field, what is not there: by its id."""
        groups: dict[str, list[Mapping[str, Any]]] = {}
        for one in given:
            if isinstance(id_ := one.get(name), str) and id_ and id_ not in self._there:
                groups.setdefault(id_, []).append(one)
        return groups

    # --- runs -------------------------------------------------------------------------------------------------------

    def _runs(self) -> Iterator[Doc]:
        """Yield a completed run for each that messages name, from the message before its own to the last of those."""
        before: dict[str, Any] = {}
        last: dict[Any, Any] = {}
        for one in self._all("thread.message"):
            run_id, thread_id = one.get("run_id"), one.get("thread_id")
            if isinstance(run_id, str):
                before.setdefault(run_id, last.get(thread_id))
            last[thread_id] = _time(one)
        assistants = {str(one.get("id")): one for one in self._all("assistant")}
        for run_id, own in self._missing(self._all("thread.message"), "run_id").items():
            times = [at for one in own if (at := _time(one)) is not None]
            begun = min([at for at in (before.get(run_id), *times) if at is not None], default=None)
            ended = max(times, default=None)
            assistant_id = next((id_ for one in own if isinstance(id_ := one.get("assistant_id"), str) and id_), "")
            about = {"created_at": begun, "started_at": begun, "completed_at": ended}
            yield {
                "id": run_id,
                "object": "thread.run",
                **({} if begun is None else about),
                "thread_id": own[0].get("thread_id"),
                "assistant_id": assistant_id,
                "status": "completed",
                **_known(assistants.get(assistant_id, {}), "model", "instructions", "tools"),
                "metadata": {MARK: _NOT_EXPORTED},
            }

    # --- assistants and threads -------------------------------------------------------------------------------------

    def _assistants(self, runs: Sequence[Doc]) -> Iterator[Doc]:
        """Yield an assistant for each that is named, with what its last run says of it."""
        naming = [*self._all("thread.run"), *runs, *self._all("thread.message", "thread.run.step")]
        for id_, named_by in self._missing(naming, "assistant_id").items():
            told: Doc = {}
            for one in sorted((one for one in named_by if one.get("object") == "thread.run"), key=_age):
                told |= _known(one, "model", "instructions", "tools")
            since = min((at for one in named_by if (at := _time(one)) is not None), default=None)
            yield {
                "id": id_,
                "object": "assistant",
                **({} if since is None else {"created_at": since}),
                "model": "unknown",
                **told,
                "metadata": {MARK: _NOT_EXPORTED},
            }

    def _threads(self) -> Iterator[Doc]:
        for id_, on_thread in self._missing(self._all("thread.message", "thread.run"), "thread_id").items():
            since = min((at for one in on_thread if (at := _time(one)) is not None), default=None)
            yield {"id": id_, "object": "thread", **({} if since is None else {"created_at": since})}

    # --- vector stores ----------------------------------------------------------------------------------------------

    def _stores(self) -> Iterator[Doc]:
        """Yield an empty store for each that a thread or an assistant searches: without it, no run could begin."""
        made: dict[str, Doc] = {}
        for one in self._all("thread", "assistant"):
            searched = _mapping(_mapping(one.get("tool_resources")).get("file_search"))
            for id_ in _listed(searched.get("vector_store_ids")):
                if isinstance(id_, str) and id_ and id_ not in self._there:
                    at = _time(one)
                    since = {} if at is None else {"created_at": at}
                    made.setdefault(
                        id_, {"id": id_, "object": "vector_store", **since, "metadata": {MARK: _NOT_EXPORTED}}
                    )
        yield from made.values()

    # --- files ------------------------------------------------------------------------------------------------------

    def _files(self) -> Iterator[Doc]:
        made: dict[str, Doc] = {}
        naming = [*self._all("thread.message"), *self._all("thread.run.step")]
        named = ((one, use, id_) for one in naming for use, id_ in (*_in_message(one), *_in_step(one)))
        for one, use, id_ in named:
            if not isinstance(id_, str) or not id_ or id_ in self._there or id_ in made:
                continue
            at = _time(one)
            made[id_] = {
                "id": id_,
                "object": "file",
                **({} if at is None else {"created_at": at}),
                "filename": id_,
                "purpose": _PURPOSES[use],
                "status_details": _NO_BYTES,
            }
        names = {**dict(pair for one in naming for pair in _names(one)), **self._names}
        for id_, doc in made.items():
            yield {**doc, "filename": names.get(id_, id_)}


def _in_message(one: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield the files that a message names, each with what it is there for."""
    for file_id in _listed(one.get("file_ids")):
        yield "attached", file_id
    for part in map(_mapping, _listed(one.get("content"))):
        by_assistant = one.get("role") == "assistant"
        yield "written" if by_assistant else "shown", _mapping(part.get("image_file")).get("file_id")
        for mark in map(_mapping, _listed(_mapping(part.get("text")).get("annotations"))):
            yield "written", _mapping(mark.get("file_path")).get("file_id")
            yield "attached", _mapping(mark.get("file_citation")).get("file_id")
    for attachment in map(_mapping, _listed(one.get("attachments"))):
        yield "attached", attachment.get("file_id")


def _in_step(one: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for call in _calls(one):
        for output in map(_mapping, _listed(_mapping(call.get("code_interpreter")).get("outputs"))):
            yield "written", _mapping(output.get("image")).get("file_id")
        for result in map(_mapping, _listed(_mapping(call.get("file_search")).get("results"))):
            yield "attached", result.get("file_id")


def _names(one: Mapping[str, Any]) -> Iterator[tuple[Any, str]]:
    """Yield the names of files that a message or a step shows, by their ids."""
    for part in map(_mapping, _listed(one.get("content"))):
        for mark in map(_mapping, _listed(_mapping(part.get("text")).get("annotations"))):
            if "file_path" in mark and (name := str(mark.get("text")).rpartition("/")[2]):
                yield str(_mapping(mark["file_path"]).get("file_id")), name
            if "file_citation" in mark and (cited := _CITED.fullmatch(str(mark.get("text")))):
                yield str(_mapping(mark["file_citation"]).get("file_id")), cited[1]
    for call in _calls(one):
        for result in map(_mapping, _listed(_mapping(call.get("file_search")).get("results"))):
            if isinstance(result.get("file_name"), str) and result["file_name"]:
                yield str(result.get("file_id")), result["file_name"]


def _calls(step: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    return map(_mapping, _listed(_mapping(step.get("step_details")).get("tool_calls")))


def _known(one: Mapping[str, Any], *names: str) -> Doc:
    return {name: one[name] for name in names if one.get(name)}


def _time(one: Mapping[str, Any]) -> int | None:
    at = one.get("created_at")
    return at if isinstance(at, int) else None


def _age(one: Mapping[str, Any]) -> int:
    return _time(one) or 0


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else ()
