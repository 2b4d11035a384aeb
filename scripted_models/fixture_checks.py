"""What is wrong or odd about fixtures: names that refer to nothing, ids that are taken or have no prefix of the API."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from emulator.domain import search_results
from emulator.domain.data_uris import from_data_uri
from emulator.domain.id_forms import is_file_id
from emulator.domain.instants import instant
from scripted_models import annotation_checks
from scripted_models.assets import find_asset
from scripted_models.fixtures import PREFIXES
from scripted_models.grammar import conversations as g
from scripted_models.grammar.fixtures import Fixtures
from scripted_models.problems import Finding, Path, brief, misnamed
from scripted_models.rules import Rule

_OBJECT_ID: Final = re.compile(r"(file|assistant|vs)[-_]")
_NAMES: Final[Mapping[str, str]] = {"files": "file", "vector_stores": "vector store", "assistants": "assistant"}


def mistakes(fixtures: Fixtures, assets: Mapping[str, str]) -> Iterator[Finding]:
    """Yield what cannot be made, each with its path within the fixtures."""
    for name, file in fixtures.files.items():
        if file.path is not None and find_asset(assets, file.path) is None:
            message = f"no file {brief(file.path)} beside the scenario"
            yield Finding(("files", name, "path"), Rule.MISSING_FILE, message)
    yield from _exports(fixtures, assets)
    for id_, name in fixtures.conversations.items():
        if name not in fixtures.threads and not name.startswith(PREFIXES["threads"]):
            message = f"no thread {brief(name)} among the fixtures"
            yield misnamed(("conversations", id_), Rule.UNKNOWN_FIXTURE, message, name, fixtures.threads)
    for path, kind, names in _references(fixtures):
        for name in names or ():
            if name not in getattr(fixtures, kind) and not _is_id(kind, name):
                message = f"no {_NAMES[kind]} {brief(name)} among the fixtures"
                yield misnamed(path, Rule.UNKNOWN_FIXTURE, message, name, getattr(fixtures, kind))
    assistants = {one.id or "" for one in fixtures.assistants.values()} | fixtures.assistants.keys()
    for name, thread in fixtures.threads.items():
        for found in _ThreadChecks(thread, assistants).mistakes():
            yield found.below("threads", name)
    yield from _taken(fixtures)


def oddities(fixtures: Fixtures) -> Iterator[Finding]:
    """Yield what is probably not meant, each with its path within the fixtures."""
    for kind, path, id_ in _pinned(fixtures):
        if not (is_file_id(id_) if kind == "files" else id_.startswith(PREFIXES[kind])):
            yield Finding(path, Rule.ID, f"ids of {kind.replace('_', ' ')} begin with {PREFIXES[kind]}")
    for name, thread in fixtures.threads.items():
        for found in _ThreadChecks(thread, ()).oddities():
            yield found.below("threads", name)


def _exports(fixtures: Fixtures, assets: Mapping[str, str]) -> Iterator[Finding]:
    for number, name in enumerate(fixtures.exports):
        if (content := find_asset(assets, name)) is None:
            yield Finding(("exports", number), Rule.MISSING_FILE, f"no file {brief(name)} beside the scenario")
        elif not _holds_objects(content):
            yield Finding(("exports", number), Rule.FIXTURE, f"{brief(name)} holds no objects in JSON")


def _holds_objects(uri: str) -> bool:
    """Return whether a file begins as JSON does that holds objects; what is in it is read when they are made."""
    try:
        _, data = from_data_uri(uri)
    except ValueError:
        return False
    return data.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0")[:1] in {b"{", b"["}


def _is_id(kind: str, name: str) -> bool:
    return name.startswith(PREFIXES[kind]) if kind == "assistants" else _OBJECT_ID.match(name) is not None


def _references(fixtures: Fixtures) -> Iterator[tuple[Path, str, Sequence[str] | None]]:
    """Yield every list of names by which one fixture refers to others, with the kind that they are of."""
    for name, store in fixtures.vector_stores.items():
        yield ("vector_stores", name, "files"), "files", store.files
    for name, assistant in fixtures.assistants.items():
        yield ("assistants", name, "files"), "files", assistant.files
        yield ("assistants", name, "vector_stores"), "vector_stores", assistant.vector_stores
    for name, thread in fixtures.threads.items():
        for number, message in enumerate(thread.messages):
            path: Path = ("threads", name, "messages", number)
            yield (*path, "files"), "files", message.files
            yield (*path, "assistant"), "assistants", [message.assistant] if message.assistant else None
        for title, run in thread.runs.items():
            path = ("threads", name, "runs", title)
            yield (*path, "assistant"), "assistants", [run.assistant]
            for number, step in enumerate(run.steps):
                if isinstance(step, g.OldCode):
                    yield (*path, "steps", number, "images"), "files", step.images


def _pinned(fixtures: Fixtures) -> Iterator[tuple[str, Path, str]]:
    """Yield every id that is pinned, with its kind and its place."""
    for kind in ("files", "vector_stores", "assistants", "threads"):
        for name, one in getattr(fixtures, kind).items():
            if one.id is not None:
                yield kind, (kind, name, "id"), one.id
    for name in fixtures.conversations:
        yield "conversations", ("conversations", name), name
    for name, thread in fixtures.threads.items():
        for kind, path, id_ in _pinned_in(thread):
            if id_ is not None:
                yield kind, ("threads", name, *path), id_


def _pinned_in(thread: g.ThreadFixture) -> Iterator[tuple[str, Path, str | None]]:
    for number, message in enumerate(thread.messages):
        yield "messages", ("messages", number, "id"), message.id
    for title, run in thread.runs.items():
        yield "runs", ("runs", title, "id"), run.id
        for number, step in enumerate(run.steps):
            yield "steps", ("runs", title, "steps", number, "step_id"), step.step_id


def _taken(fixtures: Fixtures) -> Iterator[Finding]:
    seen: dict[str, Path] = {}
    for _, path, id_ in _pinned(fixtures):
        if id_ in seen:
            first = ".".join(map(str, seen[id_][:-1]))
            yield Finding(path, Rule.ID, f"the id {brief(id_)} is pinned twice, first by {first}")
        seen.setdefault(id_, path)


class _ThreadChecks:
    """What the parts of one conversation say about each other."""

    def __init__(self, thread: g.ThreadFixture, assistants: Collection[str]) -> None:
        self._thread = thread
        self._runs = {run.id: run for run in thread.runs.values() if run.id is not None} | thread.runs
        self._assistants = assistants
        # By what refers to the run: the ids of its messages that have one.
        self._written: defaultdict[str | None, list[str]] = defaultdict(list)
        for message in thread.messages:
            if message.id is not None:
                self._written[message.run].append(message.id)

    def mistakes(self) -> Iterator[Finding]:
        for number, message in enumerate(self._thread.messages):
            for found in (*self._of_run(message), *annotation_checks.mistakes(message.annotations)):
                yield found.below("messages", number)
        for title, run in self._thread.runs.items():
            if run.model is None and run.assistant not in self._assistants:
                absent = "is missing: the assistant of the run is not among the fixtures"
                yield Finding(("runs", title, "model"), Rule.MISSING_KEY, absent)
            own = {*self._written[title], *(self._written[run.id] if run.id is not None else ())}
            for place, step in enumerate(run.steps):
                for found in _of_step(step, own):
                    yield found.below("runs", title, "steps", place)

    def oddities(self) -> Iterator[Finding]:
        last = 0.0
        for number, message in enumerate(self._thread.messages):
            at = message.created_at
            if at is not None and not at.startswith("-"):
                if instant(at) < last:
                    earlier = "is earlier than that of the message before it"
                    yield Finding(("messages", number, "created_at"), Rule.FIXTURE, earlier)
                last = max(last, instant(at))
            text = message.content if isinstance(message.content, str) else None
            for found in annotation_checks.oddities(message.annotations, text):
                yield found.below("messages", number)

    def _of_run(self, message: g.MessageFixture) -> Iterator[Finding]:
        if message.run is None:
            return
        if message.run not in self._runs and not message.run.startswith(PREFIXES["runs"]):
            found = misnamed(
                ("run",), Rule.UNKNOWN_FIXTURE, f"no run {brief(message.run)} of this thread", message.run, self._runs
            )
            yield found._replace(message=f"{found.message}; a run that is not there has an id, run_…")
        run = self._runs.get(message.run)
        if run is not None and message.assistant not in (None, run.assistant):
            wrong = f"the run is one of the assistant {brief(run.assistant)}"
            yield Finding(("assistant",), Rule.FIXTURE, wrong, run.assistant)


def _of_step(step: Any, own: Collection[str]) -> Iterator[Finding]:
    """Yield what is wrong with a step. own: the ids of the messages of its run."""
    if isinstance(step, g.OldMessage) and step.message not in own:
        message, needs = f"no message {brief(step.message)} of this run", "; the message needs this id, and this run"
        yield misnamed(("message",), Rule.UNKNOWN_FIXTURE, message, step.message, own, otherwise=needs)
    if isinstance(step, g.OldSearch):
        for number, result in enumerate(step.results):
            for path, text in search_results.mistakes(result):
                yield Finding(("results", number, *path), Rule.SEARCH_RESULT, text)
    if isinstance(step, g.OldToolCalls):
        for number, call in enumerate(step.tool_calls):
            if not isinstance(call.get("type"), str) or not isinstance(call.get("id"), str):
                yield Finding(("tool_calls", number), Rule.FIXTURE, "a call needs its id and its type")
