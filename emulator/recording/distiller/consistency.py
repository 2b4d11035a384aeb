"""Recordings that may be of one conversation, kept apart from those that say something else under the same ids."""

from collections.abc import Iterator, Sequence

from emulator.recording.addresses import api_path
from emulator.recording.evidence.events import first_objects
from emulator.recording.evidence.known import Doc, texts_of
from emulator.recording.evidence.shapes import read_object
from emulator.recording.exchange import Exchange
from emulator.recording.recordings import AnyRecording, HttpRecording


def consistent(recordings: Sequence[AnyRecording]) -> list[list[AnyRecording]]:
    """Return recordings in groups in which no thread begins in two ways, and no message has two texts.

    Where ids were replaced by the same stand-ins in each file, or a file was copied and edited, the same id means
    different things. What shows no thread of its own, such as how an assistant was made, is in every group.
    """
    said = {number: dict(_said(one)) for number, one in enumerate(recordings) if isinstance(one, HttpRecording)}
    groups: list[tuple[dict[str, str], set[int]]] = []
    for number, texts in said.items():
        for known, members in groups:
            if all(known.get(id_, text) == text for id_, text in texts.items()):
                known.update(texts)
                members.add(number)
                break
        else:
            groups.append((texts, {number}))
    if len(groups) < 2:
        return [list(recordings)]
    silent = {number for number in range(len(recordings)) if not said.get(number)}
    return [[recordings[number] for number in sorted(members | silent)] for _, members in groups]


def _said(recording: HttpRecording) -> Iterator[tuple[str, str]]:
    """Yield how threads were begun, and what was written on them, by ids."""
    for exchange in recording.exchanges:
        found = api_path(exchange.url) if exchange.method == "POST" and 200 <= exchange.status < 300 else None
        match found and found[0].strip("/").split("/"):
            case ["threads"]:
                yield from _begun(exchange, "id", read_object(exchange.request.data) or {})
            case ["threads", "runs"]:
                body = read_object(exchange.request.data) or {}
                yield from _begun(exchange, "thread_id", body.get("thread", {}))
            case ["threads", _, "messages"]:
                message = read_object(exchange.response.data) or {}
                if "id" in message:
                    yield message["id"], _text_of(read_object(exchange.request.data) or {})
            case _:
                pass


def _begun(exchange: Exchange, name: str, body: Doc) -> Iterator[tuple[str, str]]:
    """Yield how a request has begun a thread. name: under which the answer shows its id."""
    shown = read_object(exchange.response.data)
    for one in first_objects(exchange.response.data or b"") if shown is None else [shown]:
        if name in one:
            yield one[name], "\n".join(_text_of(message) for message in body.get("messages", ()))
            return


def _text_of(message: Doc) -> str:
    content = message.get("content")
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else ()
    return "\n".join(texts_of([part for part in parts if isinstance(part, dict)]))
