"""How messages are played: texts with images and annotations, and refusals."""

from collections.abc import Mapping, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from emulator.domain.actions import Refuse, Said, Say, Stream
from emulator.engine import output_files
from emulator.engine.chunks import chunks_of, paced, spans
from emulator.wire import messages

if TYPE_CHECKING:
    from emulator.engine.run_task import RunTask

Progress = Mapping[str, Any] | None
Parts = tuple[list[dict[str, Any]], str]


async def say(task: "RunTask", action: Say, progress: Progress) -> Said:
    """Write a message. progress: how far it had got before a restart."""
    writer = task.writer
    annotations = [*(dict(a) for a in action.annotations), *_paths(task, action)]
    open_step = writer.open_message(progress)
    images = keep_images(task, action.images, progress)
    message_id = _remember_message(task, images)
    parts = [{"type": "image_file", "image_file": {"file_id": file_id}} for file_id in images]
    for index, part in enumerate(parts):
        writer.message_delta({"index": index, **part})
    final = [messages.annotation(a, task.namespace.config.wire) for a in annotations]
    at, announced = 0, 0

    def so_far() -> Parts:
        text = [messages.text_part(action.text[:at], final[:announced])] if at else []
        return [*parts, *text], action.text[:at]

    open_step.so_far = so_far
    stream = action.stream or Stream()
    # Clients put a message together from its deltas, so every content part needs one.
    empty = [] if parts else [""]
    async for piece in paced(task, chunks_of(task, action.text, stream, spans(annotations)) or empty, stream):
        first, at = at == 0, at + len(piece)
        here = annotations[announced:] if at == len(action.text) else _reached(annotations[announced:], at)
        new_annotations = [messages.annotation_delta(announced + place, a) for place, a in enumerate(here)]
        announced += len(here)
        writer.message_delta(
            messages.text_delta(len(parts), piece, new_annotations if new_annotations or first else None)
        )
    if action.text or not parts:
        parts.append(messages.text_part(action.text, final))
    writer.show_content(parts, action.text)
    return Said(message_id, action.text)


async def refuse(task: "RunTask", action: Refuse, progress: Progress) -> Said:
    """Write a message that refuses."""
    writer = task.writer
    open_step = writer.open_message(progress)
    message_id = _remember_message(task)
    at = 0

    def so_far() -> Parts:
        text = action.text[:at]
        return [{"type": "refusal", "refusal": text}] if text else [], text

    open_step.so_far = so_far
    stream = action.stream or Stream()
    async for piece in paced(task, chunks_of(task, action.text, stream) or [""], stream):
        writer.message_delta({"index": 0, "type": "refusal", "refusal": piece})
        at += len(piece)
    writer.show_content([{"type": "refusal", "refusal": action.text}], action.text)
    return Said(message_id, action.text)


def keep_images(task: "RunTask", images: Sequence[str], progress: Progress) -> list[str]:
    """Store images as files, once: an action that was begun before a restart has its files already."""
    if progress is not None:
        return list(progress["images"])
    return [output_files.keep_image(task.namespace, task.unit, image) for image in images]


def _remember_message(task: "RunTask", images: Sequence[str] = ()) -> str:
    open_step = task.writer.opened
    message_id: str = open_step.the_message["id"]
    task.log_progress(step=open_step.step["id"], message=message_id, images=list(images))
    return message_id


def _paths(task: "RunTask", action: Say) -> list[dict[str, Any]]:
    """Return the annotations of files that code wrote and the text names: ``sandbox:/mnt/data/NAME`` (documented)."""
    found = []
    for name, file_id in task.written.items():
        path = f"sandbox:/mnt/data/{name}"
        start = action.text.find(path)
        if start >= 0:
            about = {"start_index": start, "end_index": start + len(path)}
            found.append({"type": "file_path", "text": path, **about, "file_path": {"file_id": file_id}})
    return sorted(found, key=lambda annotation: int(annotation["start_index"]))


def _reached(annotations: Sequence[dict[str, Any]], at: int) -> list[dict[str, Any]]:
    """Return the annotations whose marker a text has reached; in their order, because clients count them."""
    return list(takewhile(lambda annotation: (annotation.get("end_index") or 0) <= at, annotations))
