"""A thread as Markdown, for people: who said what, what was called, what is cited, and how each run ended.

Texts are as they are; one that would be something else as Markdown stands in a fence that is longer than any in it.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

from emulator.domain.exported_files import path_of_timeline
from emulator.domain.lifecycle import RUN_TERMINAL
from emulator.service.run_records import calls_of
from emulator.service.thread_exports import ThreadExport

Doc = Mapping[str, Any]
# What a text cannot have that stands in no fence: HTML, fences, headings, rules, definitions, footnotes, entities.
_NOT_PLAIN: Final = re.compile(
    r"<|```|~~~|\[\^|&#?\w+;|\r|^[ \t]*(#|(=+|-+|(?:[-*_][ \t]*){3,})[ \t]*$|\[[^\]]*\]:|\t| {4})", re.MULTILINE
)
_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>()#!|~&$])")
_LANGUAGES: Final = {"code_interpreter": "python", "function": "json"}


def markdown(export: ThreadExport, paths: Mapping[str, str]) -> str:
    """Return a thread as Markdown. paths: where files lie whose bytes are there, by their ids."""
    return "\n\n".join(_Page(export, paths).blocks()) + "\n"


class _Page:
    def __init__(self, export: ThreadExport, paths: Mapping[str, str]) -> None:
        self._export = export
        self._paths = paths
        self._files = {one["id"]: one for one in export.files}
        self._assistants = {one["id"]: one for one in export.assistants}
        self._written: dict[str, list[str]] = {}
        for message in export.messages:
            self._written.setdefault(message["run_id"] or "", []).append(message["id"])
        self._notes: list[str] = []

    def blocks(self) -> Iterator[str]:
        """Yield the blocks of the page."""
        export = self._export
        yield f"# Thread {_inline(export.thread['id'])}"
        counts = f"{_number(len(export.messages), 'message')}, {_number(len(export.runs), 'run')}"
        yield f"{_time(export.thread['created_at'])}, {counts}"
        if export.thread["metadata"]:
            yield "\n".join(f"- {_inline(name)}: {_inline(text)}" for name, text in export.thread["metadata"].items())
        yield from self._conversation()
        if self._notes:
            yield "---"
            yield "\n".join(self._notes)

    def _conversation(self) -> Iterator[str]:
        left: dict[str, Doc] = {message["id"]: message for message in self._export.messages}
        runs = list(self._export.runs)
        for place, message in enumerate(self._export.messages):
            while runs and self._export.begun_behind[runs[0]["id"]] <= place:
                yield from self._run(runs.pop(0), left)
            if left.pop(message["id"], None) is not None:
                yield from self._message(message)
        for run in runs:
            yield from self._run(run, left)

    # --- messages ---------------------------------------------------------------------------------------------------

    def _message(self, message: Doc) -> Iterator[str]:
        who = self._name_of(message["assistant_id"]) if message["role"] == "assistant" else "User"
        ending = "" if message["status"] == "completed" else f" ({message['status'].replace('_', ' ')})"
        yield f"## {who}{ending}"
        yield f"{_time(message['created_at'])}"
        for part in message["content"]:
            yield from self._part(part)
        attached = [one["file_id"] for one in message["attachments"] if one.get("file_id")]
        if attached:
            yield f"Attached: {', '.join(map(self._link, attached))}"

    def _name_of(self, assistant_id: str | None) -> str:
        name = self._assistants.get(assistant_id or "", {}).get("name")
        return f"Assistant {_inline(name)}" if name else "Assistant"

    def _part(self, part: Doc) -> Iterator[str]:
        match part["type"]:
            case "text":
                if part["text"]["value"]:
                    yield _text(part["text"]["value"])
                if marks := [self._cited(mark) for mark in part["text"]["annotations"]]:
                    yield f"Sources: {', '.join(marks)}"
            case "image_file":
                yield self._image(part["image_file"]["file_id"])
            case "image_url":
                yield f"![image]({_address(part['image_url']['url'])})"
            case _:
                yield _text(str(part.get("refusal", "")))

    def _cited(self, mark: Doc) -> str:
        """Return a citation by the text that it has in the message, with a footnote that says what is cited."""
        cited = mark.get(str(mark.get("type")))
        cited = cited if isinstance(cited, dict) else {}
        said = f": {_inline(str(cited['quote']))}" if cited.get("quote") else ""
        url, title = cited.get("url"), _inline(str(cited.get("title") or cited.get("url")))
        source = f"[{title}]({_address(str(url))})" if url else self._link(str(cited.get("file_id")))
        number = len(self._notes) + 1
        self._notes.append(f"[^{number}]: {source}{said}")
        return f"{_inline(str(mark.get('text') or source))}[^{number}]"

    def _link(self, file_id: str) -> str:
        file = self._files.get(file_id)
        if file is None:
            return f"{_inline(file_id)} (not there)"
        name = _inline(file["filename"])
        return f"[{name}]({self._paths[file_id]})" if file_id in self._paths else f"{name} (without its bytes)"

    def _image(self, file_id: str) -> str:
        return f"!{self._link(file_id)}" if file_id in self._paths else f"Image: {self._link(file_id)}"

    # --- runs -------------------------------------------------------------------------------------------------------

    def _run(self, run: Doc, left: dict[str, Doc]) -> Iterator[str]:
        """Yield what a run did, its messages among its calls. left: messages that were not shown yet."""
        for step in run["steps"]:
            for call, shown in zip(calls_of([step]), step["step_details"].get("tool_calls", ()), strict=True):
                yield from self._call(call, shown)
            message = left.pop(step["step_details"].get("message_creation", {}).get("message_id"), None)
            if message is not None:
                yield from self._message(message)
        for message_id in self._written.get(run["id"], ()):
            if (message := left.pop(message_id, None)) is not None:
                yield from self._message(message)
        yield f"*{_ending(run)}*"
        if run["id"] in self._export.timelines:
            yield f"![Timeline of the run {_inline(run['id'])}]({path_of_timeline(run['id'])})"

    def _call(self, call: Doc, shown: Doc) -> Iterator[str]:
        yield f"**{_inline(call['name'])}**"
        if call["arguments"]:
            yield _fenced(call["arguments"], _LANGUAGES.get(call["type"], ""))
        inner: Doc = shown[call["type"]] if call["type"] in {"code_interpreter", "file_search"} else {}
        results = inner.get("results")
        if isinstance(results, list):
            found = [f"{_inline(str(one.get('file_name')))} ({one.get('score')})" for one in results]
            yield f"Found: {', '.join(found) or 'nothing'}"
        elif call["output"] is not None:
            yield _fenced(call["output"])
        for output in inner.get("outputs", ()):
            if "image" in output:
                yield self._image(output["image"]["file_id"])


def _ending(run: Doc) -> str:
    """Return how a run ended, why, how long it took and what it used."""
    model = f" ({_inline(run['model'])})" if run["model"] else ""
    why = _reason(run)
    ended = next((run[f"{name}_at"] for name in ("completed", "failed", "cancelled") if run[f"{name}_at"]), None)
    began = run["started_at"]
    lasted = f" after {ended - began} s" if ended is not None and began is not None and ended > began else ""
    used = run["usage"] or {}
    tokens = f", {used['prompt_tokens']} + {used['completion_tokens']} tokens" if used.get("total_tokens") else ""
    status = run["status"].replace("_", " ") if run["status"] in RUN_TERMINAL else f"still {run['status']}"
    return f"Run {_inline(run['id'])}{model}: {status}{lasted}{why}{tokens}"


def _reason(run: Doc) -> str:
    if run["last_error"]:
        return f": {_inline(run['last_error']['code'])}: {_inline(run['last_error']['message'])}"
    return f": {_inline(run['incomplete_details']['reason'])}" if run["incomplete_details"] else ""


# --- Markdown --------------------------------------------------------------------------------------------------------


def _text(text: str) -> str:
    return text if text.strip() and not _NOT_PLAIN.search(text) else _fenced(text, "text")


def _fenced(text: str, language: str = "") -> str:
    """Return a text in a fence that is longer than any in it."""
    fence = "`" * max(3, 1 + max(map(len, re.findall(r"`+", text)), default=0))
    return f"{fence}{language}\n{text}{'' if text.endswith(chr(10)) else chr(10)}{fence}"


def _inline(text: str) -> str:
    """Return a text on one line, with nothing in it that Markdown would make something of."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _address(url: str) -> str:
    return quote(url, safe=":/?#@!$&'*+,;=%~-._")


def _time(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"
