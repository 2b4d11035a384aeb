"""How messages are played: texts with images and annotations, and refusals."""

from collections.abc import Callable, Mapping, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from emulator.domain.actions import Refuse, Said, Say, Stream
from emulator.domain.calls import Cut
from emulator.domain.transcript import Progress
from emulator.engine.chunks import chunks_of, paced, spans

if TYPE_CHECKING:
    from emulator.engine.actions import ActionPlayer

Annotation = Mapping[str, Any]
# Clients put a message together from its deltas, so even an empty text needs one.
_EMPTY = [""]


async def say(player: "ActionPlayer", action: Say, again: Progress) -> Said:
    """Write a message. again: what was begun of it before a restart."""
    transcript = player.transcript
    found = [*(dict(one) for one in action.annotations), *_paths(player.written, action.text)]
    text, annotations = transcript.message_text(action.text, found)
    begun = transcript.begin_message(again)
    images = await player.keep_images(action.images, again)
    player.log_progress(**begun, images=images)
    for file_id in images:
        transcript.add_image(file_id)
    stream = action.stream or Stream()
    cut = chunks_of(player, text, stream, spans(annotations))
    if not len(cut) and not images:
        cut = Cut.of(_EMPTY)
    shown = _shown(cut, annotations)
    async for first, last in paced(player, cut, stream, tuple(shown)):
        transcript.append_text(cut, first, last, shown.get(last, ()))
    transcript.finish_message()
    return Said(begun["message"], action.text)


async def refuse(player: "ActionPlayer", action: Refuse, again: Progress) -> Said:
    """Write a message that refuses."""
    transcript = player.transcript
    begun = transcript.begin_message(again)
    player.log_progress(**begun, images=[])
    stream = action.stream or Stream()
    cut = chunks_of(player, action.text, stream)
    if not len(cut):
        cut = Cut.of(_EMPTY)
    async for first, last in paced(player, cut, stream):
        transcript.append_refusal(cut, first, last)
    transcript.finish_message()
    return Said(begun["message"], action.text)


def _paths(written: Mapping[str, str], text: str) -> list[dict[str, Any]]:
    """Return the annotations of files that code wrote and the text names: ``sandbox:/mnt/data/NAME`` (documented)."""
    found = []
    for name, file_id in written.items():
        path = f"sandbox:/mnt/data/{name}"
        start = text.find(path)
        if start >= 0:
            about = {"start_index": start, "end_index": start + len(path)}
            found.append({"type": "file_path", "text": path, **about, "file_path": {"file_id": file_id}})
    return sorted(found, key=lambda annotation: int(annotation["start_index"]))


def _shown(cut: Cut, annotations: Sequence[Annotation]) -> dict[int, Sequence[Annotation]]:
    """Return, by the number of pieces that have arrived, the annotations that are shown then.

    In their order, because clients count them; the last piece shows what is left.
    """
    shown: dict[int, Sequence[Annotation]] = {}
    left = list(annotations)
    for place in range(1, len(cut) + 1) if left else ():
        here = left if place == len(cut) else list(takewhile(_ends_before(cut.edges[place]), left))
        if here:
            shown[place] = here
            left = left[len(here) :]
    return shown


def _ends_before(at: int) -> Callable[[Annotation], bool]:
    """Return whether an annotation ends before a place. One without an end is at its index; an empty one is nowhere."""

    def ends(annotation: Annotation) -> bool:
        end = annotation.get("end_index", annotation.get("index"))
        is_empty = isinstance(end, int) and annotation.get("start_index") == end
        return not is_empty and (not isinstance(end, int) or end <= at)

    return ends
