"""A file as objects of the API: each once, with an id, in order, and with stand-ins for what is only named."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final

from emulator.recording.exports import order
from emulator.recording.exports.findings import Findings
from emulator.recording.exports.json_texts import read_values
from emulator.recording.exports.made_ids import made_id
from emulator.recording.exports.objects import Found, as_id, found
from emulator.recording.exports.pieces import ANONYMOUS, pieces
from emulator.recording.exports.states import key_of, later

Doc = dict[str, Any]
_PLAIN: Final = ("file", "vector_store", "vector_store.file", "assistant")
_ON_THREAD: Final = ("thread.message", "thread.run", "thread.run.step")
_MADE: Final = "it has no id of the API, so one was made of its content"
MORE_PAGES: Final = "its page says that there was more behind it, and that is not in the file"


@dataclass(frozen=True, slots=True)
class Objects:
    """What a file holds. names: of files, by their ids, as far as they are known."""

    objects: list[Doc]
    names: Mapping[str, str]
    findings: Findings


def read_objects(data: bytes) -> Objects:
    """Return the objects of a file. Raises ValueError for one that is no JSON, or holds none; the message says why."""
    findings = Findings()
    every = [one for piece in pieces(read_values(data, findings), findings) if (one := found(piece, findings))]
    if not every:
        raise ValueError("; ".join(["holds no threads, messages, runs or assistants", *findings.lines()[:3]]))
    _note_missing_pages(every, findings)
    reading = _Reading(every, findings)
    return Objects(reading.objects(), reading.names, findings)


def _note_missing_pages(every: Sequence[Found], findings: Findings) -> None:
    """Note the pages behind which there was more, where nothing of it is in the file."""
    lists: dict[tuple[str, str], dict[int, Found]] = {}
    for one in every:
        group = (one.kind, str(one.doc.get("thread_id")))
        lists.setdefault(group, {})[one.piece.listing.number] = one
    for last_of in lists.values():
        (_, last), *others = last_of.items()
        if not others and not last.piece.listing.is_whole:
            findings.note(last.piece.place, MORE_PAGES)


class _Reading:
    """The objects of one file. names: of files, by their ids, as far as they are known."""

    def __init__(self, every: Sequence[Found], findings: Findings) -> None:
        self._findings = findings
        self._of: dict[str, list[Found]] = {}
        self.names: dict[str, str] = {}
        for one in every:
            self._of.setdefault(one.kind, []).append(one)
            self.names |= one.names

    def objects(self) -> list[Doc]:
        """Return all objects, in the order in which they need each other, and oldest first."""
        self._name_threads()
        plain = [doc for kind in _PLAIN for doc in self._plain(kind)]
        messages, runs, steps = self._messages(), self._runs(), self._steps()
        _name_writers(messages, steps)
        runs = _beside_messages(runs, messages)
        places = {one["id"]: place for place, one in enumerate(messages)}
        in_order = [step for listed in steps for step in _turned(listed, places)]
        return [*plain, *self._threads(), *messages, *runs, *in_order]

    # --- threads ----------------------------------------------------------------------------------------------------

    def _name_threads(self) -> None:
        """Give every object on a thread the id of that thread, in place of its key."""
        on_threads = [one for kind in ("thread", *_ON_THREAD) for one in self._of.get(kind, ())]
        keys = dict.fromkeys(one.piece.around.thread for one in on_threads)
        ids = {key: as_id("thread", key) for key in keys if not key.startswith(ANONYMOUS)}
        only = next(iter(ids.values())) if len(ids) == 1 else None
        for key in keys.keys() - ids.keys():  # the first of them is the file itself, in no thread's own place
            ids[key] = (only if key == ANONYMOUS else None) or made_id("thread", self._content_of(key))
        for one in on_threads:
            one.doc["thread_id" if one.kind != "thread" else "id"] = ids[one.piece.around.thread]

    def _content_of(self, key: str) -> Any:
        """Return what a thread without an id is known by: what was said on it."""
        said = [one for one in self._of.get("thread.message", ()) if one.piece.around.thread == key]
        ordered = order.oldest_first(said)
        return [_content(one) for listed in ordered for one in listed] or key

    def _threads(self) -> list[Doc]:
        threads = {one["id"]: one for one in self._once(self._of.get("thread", ()))}
        return [thread for thread in threads.values() if thread.keys() > {"id", "object"}]

    # --- messages ---------------------------------------------------------------------------------------------------

    def _messages(self) -> list[Doc]:
        by_thread = _grouped(self._of.get("thread.message", ()), "thread_id")
        threads: dict[str, str] = {}
        for thread_id, listed in by_thread.items():
            for one in listed:
                if (run := one.doc.get("run_id")) is not None:
                    one.doc["run_id"] = self._run_id(run, thread_id)
                if (id_ := one.doc.get("id")) is not None and threads.setdefault(id_, thread_id) != thread_id:
                    self._findings.note(one.piece.place, f"{id_} is on another thread too, so it gets another id")
                    del one.doc["id"]
        return [doc for listed in by_thread.values() for doc in self._ordered(listed)]

    def _ordered(self, listed: Sequence[Found]) -> list[Doc]:
        """Return objects that were listed together, each once and the oldest first, all of them with an id."""
        lists = order.oldest_first(listed)
        self._name(lists)
        docs = {doc["id"]: doc for doc in self._once(listed)}
        ids = order.joined([one.doc["id"] for one in objects] for objects in lists)
        ids = order.by_time(ids, {id_: docs[id_].get("created_at") for id_ in ids})
        return _dated([docs[id_] for id_ in ids])

    def _name(self, lists: Iterable[Sequence[Found]]) -> None:
        """Give ids to what has none. What is said twice in one list, or without a time in two, was said twice."""
        everywhere: Counter[str] = Counter()
        for listed in lists:
            here: Counter[str] = Counter()
            for one in listed:
                if "id" in one.doc:
                    continue
                content = (one.doc["thread_id"], _content(one), one.at)
                counted = everywhere if one.at is None else here
                counted[key := made_id(one.kind, *content)] += 1
                one.doc["id"] = made_id(one.kind, *content, counted[key])
                self._findings.note(one.piece.place, _MADE)

    # --- runs and steps ---------------------------------------------------------------------------------------------

    def _run_id(self, key: str, thread_id: str) -> str:
        return made_id("thread.run", thread_id, key) if key.startswith(ANONYMOUS) else as_id("thread.run", key)

    def _runs(self) -> list[Doc]:
        runs = self._of.get("thread.run", ())
        for one in runs:
            one.doc["id"] = self._run_id(one.piece.around.run or one.piece.place, one.doc["thread_id"])
        by_thread = _grouped(runs, "thread_id")
        return [doc for listed in by_thread.values() for doc in self._ordered(listed)]

    def _steps(self) -> list[list[Doc]]:
        steps = self._of.get("thread.run.step", ())
        runs = {one.doc["id"]: one.doc for one in self._of.get("thread.run", ())}
        for one in steps:
            one.doc["run_id"] = self._run_id(one.doc["run_id"], one.doc["thread_id"])
            if (run := runs.get(one.doc["run_id"])) is not None:
                one.doc["thread_id"] = run["thread_id"]
                one.doc["assistant_id"] = one.doc["assistant_id"] or run["assistant_id"]
        by_run = _grouped(steps, "run_id")
        return [self._ordered(listed) for listed in by_run.values()]

    # --- the rest ---------------------------------------------------------------------------------------------------

    def _plain(self, kind: str) -> list[Doc]:
        given = self._of.get(kind, ())
        for one in given:
            if "id" not in one.doc:
                one.doc["id"] = made_id(kind, one.doc)
                self._findings.note(one.piece.place, _MADE)
        return self._once(given)

    def _once(self, given: Iterable[Found]) -> list[Doc]:
        """Return each object once, as it was last."""
        docs: dict[tuple[str, str, str], Doc] = {}
        for one in given:
            key = key_of(one.doc)
            docs[key] = later(docs[key], one.doc) if key in docs else one.doc
        return list(docs.values())


def _content(one: Found) -> Doc:
    return {name: value for name, value in one.doc.items() if name not in {"id", "thread_id", "created_at"}}


def _grouped(given: Iterable[Found], name: str) -> dict[str, list[Found]]:
    groups: dict[str, list[Found]] = {}
    for one in given:
        groups.setdefault(one.doc[name], []).append(one)
    return groups


def _dated(docs: list[Doc]) -> list[Doc]:
    """Let objects without a time have that of what stands beside them, where there is one."""
    last = next((doc["created_at"] for doc in docs if "created_at" in doc), None)
    for doc in docs:
        last = doc.setdefault("created_at", last)
        if last is None:
            del doc["created_at"]
    return docs


def _name_writers(messages: Sequence[Doc], steps: Iterable[Sequence[Doc]]) -> None:
    """Let messages that do not say which run wrote them say what the steps of runs do."""
    by_id = {one["id"]: one for one in messages if one.get("run_id") is None}
    for step in (step for listed in steps for step in listed):
        if (message := by_id.get(_message_of(step))) is not None:
            message["run_id"] = step["run_id"]
            message["assistant_id"] = message.get("assistant_id") or step["assistant_id"] or None


def _beside_messages(runs: Sequence[Doc], messages: Sequence[Doc]) -> list[Doc]:
    """Return runs in order: those of one second as their messages stand, and those without some as they were listed."""
    first = {one.get("run_id"): place for place, one in reversed(list(enumerate(messages)))}
    placed: list[tuple[int, int, Doc]] = []
    for _, of_thread in groupby(runs, lambda run: run["thread_id"]):
        for at, group in groupby(of_thread, lambda run: run.get("created_at", 0)):
            listed = list(group)
            wrote = [first[run["id"]] for run in listed if run["id"] in first]
            if wrote and wrote[0] > wrote[-1]:
                listed.reverse()
            place = min(wrote, default=len(messages))
            for run in listed:
                place = first.get(run["id"], place)
                placed.append((at, place, run))
    return [run for _, _, run in sorted(placed, key=lambda one: one[:2])]


def _turned(steps: list[Doc], places: Mapping[str, int]) -> list[Doc]:
    """Return the steps of a run with those of one second turned round, where that is how they must have been.

    They are said as they were listed, and a list begins with the newest more often than not. places: of messages.
    """
    groups = [list(group) for _, group in groupby(sorted(steps, key=_moments), _moments)]
    for group in groups:
        wrote = [places[id_] for step in group if (id_ := _message_of(step)) in places]
        is_answer_first = group[0]["type"] == "message_creation" != group[-1]["type"]
        if wrote[0] > wrote[-1] if len(wrote) > 1 else is_answer_first:
            group.reverse()
    return [step for group in groups for step in group]


def _message_of(step: Doc) -> Any:
    made = step["step_details"].get("message_creation")
    return made.get("message_id") if isinstance(made, dict) else None


def _moments(step: Doc) -> tuple[int, float]:
    ended = step.get("completed_at")
    return step.get("created_at", 0), float("inf") if ended is None else ended
