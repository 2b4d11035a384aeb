"""Fixtures as the engine creates them: bodies of the API's create calls, each with its pinned id."""

import hashlib
import json
import mimetypes
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any, Final
from urllib.parse import quote

from emulator.domain.data_uris import from_data_uri
from scripted_models import conversations
from scripted_models.assets import find_asset
from scripted_models.grammar.fixtures import AssistantFixture, FileFixture, Fixtures, StoreFixture
from scripted_models.problems import Path

_KINDS: Final = ("files", "vector_stores", "assistants", "threads")
# What ids begin with, as the API makes them; those of files may also be Azure's.
PREFIXES: Final[Mapping[str, str]] = {
    "files": "file-", "vector_stores": "vs_", "assistants": "asst_", "threads": "thread_", "conversations": "conv_",
    "messages": "msg_", "runs": "run_", "steps": "step_", "calls": "call_",
}  # fmt: skip
_LETTERS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def fixture_id(script: str, kind: str, name: str) -> str:
    """Return the id of a fixture that pins none: always the same for the same names."""
    number = int.from_bytes(hashlib.sha256(f"{script}\0{kind}\0{name}".encode()).digest(), "big")
    letters = []
    for _ in range(24):
        number, rest = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[rest])
    return PREFIXES[kind] + "".join(letters)


def build(script: str, fixtures: Fixtures, assets: Mapping[str, str]) -> dict[str, list[dict[str, Any]]]:
    """Return everything that a scenario needs to exist."""
    builder = _FixtureBuilder(script, fixtures, assets)
    assistants = [builder.assistant(name, one) for name, one in fixtures.assistants.items()]
    stores = [builder.store(name, one) for name, one in fixtures.vector_stores.items()]
    threads = thread_ids(script, fixtures)
    return {
        "files": [builder.file(name, one) for name, one in fixtures.files.items()],
        "vector_stores": stores + builder.extra_stores,
        "assistants": assistants,
        "threads": [
            conversations.thread(name, one, builder.find, partial(fixture_id, script))
            for name, one in fixtures.threads.items()
        ],
        "exports": [
            {"id": _export_id(script, name), "content": find_asset(assets, name) or "data:,"}
            for name in fixtures.exports
        ],
        "conversations": [
            {"id": id_, "thread": threads.get(name, name)} for id_, name in fixtures.conversations.items()
        ],
    }


def places(script: str, fixtures: Fixtures) -> dict[str, Path]:
    """Return where each object is asked for, by its id."""
    found: dict[str, Path] = {}
    for kind in _KINDS:
        for name, one in getattr(fixtures, kind).items():
            path: Path = ("fixtures", kind, name)
            found[one.id or fixture_id(script, kind, name)] = path
            if kind == "assistants":
                found[_store_of(script, name)] = path
    found |= {id_: ("fixtures", "conversations", id_) for id_ in fixtures.conversations}
    return found | {
        _export_id(script, name): ("fixtures", "exports", number) for number, name in enumerate(fixtures.exports)
    }


def _export_id(script: str, name: str) -> str:
    return f"{script}/{name}"


def file_ids(script: str, fixtures: Fixtures, assets: Mapping[str, str]) -> dict[str, str]:
    """Return the ids of the files by their names; of several of one name the last one's, and those of exports last."""
    exported = (one for name in fixtures.exports for one in _exported_files(find_asset(assets, name) or "data:,"))
    return {unicodedata.normalize("NFC", one["filename"]): one["id"] for one in exported} | {
        unicodedata.normalize("NFC", _filename(name, one)): one.id or fixture_id(script, "files", name)
        for name, one in fixtures.files.items()
    }


def _exported_files(uri: str) -> Iterator[Mapping[str, str]]:
    """Yield the files among exported objects; what else an export may be is read when it is imported."""
    try:
        value: Any = json.loads(from_data_uri(uri)[1])
    except ValueError:
        return
    listed = value.get("objects", ()) if isinstance(value, dict) else value
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict) and one.get("object") == "file" and isinstance(one.get("filename"), str):
            yield {"id": str(one.get("id")), "filename": one["filename"]}


def _filename(name: str, one: FileFixture) -> str:
    if one.filename:
        return one.filename
    return f"{name}.txt" if one.path is None else one.path.rsplit("/", 1)[-1]


def thread_ids(script: str, fixtures: Fixtures) -> dict[str, str]:
    """Return the ids of threads by their names."""
    return {name: one.id or fixture_id(script, "threads", name) for name, one in fixtures.threads.items()}


def _store_of(script: str, assistant: str) -> str:
    """Return the id of the vector store that an assistant's own files are in."""
    return fixture_id(script, "vector_stores", f"files of {assistant}")


def _present(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


class _FixtureBuilder:
    def __init__(self, script: str, fixtures: Fixtures, assets: Mapping[str, str]) -> None:
        self._script = script
        self._assets = assets
        self._ids = {
            kind: {name: one.id or fixture_id(script, kind, name) for name, one in getattr(fixtures, kind).items()}
            for kind in ("files", "vector_stores", "assistants")
        }
        self.extra_stores: list[dict[str, Any]] = []

    def find(self, kind: str, name: str) -> str:
        """Return the id of a fixture; a name that no fixture has is an id."""
        return self._ids[kind].get(name, name)

    def _named(self, kind: str, names: Iterable[str] | None) -> list[str]:
        return [self.find(kind, name) for name in names or ()]

    def file(self, name: str, one: FileFixture) -> dict[str, Any]:
        filename = _filename(name, one)
        if one.text is not None:
            content = "data:text/plain;charset=utf-8," + quote(one.text)
        else:
            path = one.path or ""
            kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
            content = find_asset(self._assets, path) or f"data:{kind};base64,"
        return {"id": self._ids["files"][name], "filename": filename, "purpose": one.purpose, "content": content}

    def store(self, name: str, one: StoreFixture) -> dict[str, Any]:
        body = {"id": self._ids["vector_stores"][name], "name": one.name or name}
        options = _present(
            metadata=one.metadata, expires_after=one.expires_after, chunking_strategy=one.chunking_strategy
        )
        return body | {"file_ids": self._named("files", one.files)} | options

    def assistant(self, name: str, one: AssistantFixture) -> dict[str, Any]:
        id_ = one.id or fixture_id(self._script, "assistants", name)
        body = _present(
            name=one.name,
            description=one.description,
            instructions=one.instructions,
            metadata=one.metadata,
            temperature=one.temperature,
            top_p=one.top_p,
            reasoning_effort=one.reasoning_effort,
            response_format=one.response_format,
        )
        tools = [_newest(tool) for tool in one.tools]
        resources = self._resources(name, one, {tool["type"] for tool in tools})
        return {"id": id_, "model": one.model, "tools": tools} | body | _present(tool_resources=resources or None)

    def _resources(self, name: str, one: AssistantFixture, kinds: set[str]) -> dict[str, Any]:
        """Put the files where the assistant's tools look for them; what is in the API's own shape stays as it is."""
        resources = dict(one.tool_resources or {})
        files = self._named("files", one.files)
        if files and "code_interpreter" in kinds:
            resources = _with_ids(resources, "code_interpreter", "file_ids", files)
        stores = self._named("vector_stores", one.vector_stores)
        if files and ("file_search" in kinds or "code_interpreter" not in kinds):
            store = _store_of(self._script, name)
            self.extra_stores.append({"id": store, "name": name, "file_ids": files})
            stores = [*stores, store]
        return _with_ids(resources, "file_search", "vector_store_ids", stores) if stores else resources


def _newest(tool: dict[str, Any]) -> dict[str, Any]:
    return {**tool, "type": "file_search"} if tool["type"] == "retrieval" else tool


def _with_ids(resources: dict[str, Any], kind: str, field: str, ids: list[str]) -> dict[str, Any]:
    """Return resources to which ids were added; those of a wrong shape stay wrong, for the API to refuse."""
    of = {} if resources.get(kind) is None else resources[kind]
    known = of.get(field) if isinstance(of, dict) else ""
    known = [] if known is None else known
    return {**resources, kind: {**of, field: [*known, *ids]}} if isinstance(known, list) else resources
