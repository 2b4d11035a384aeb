"""Writes the message of a response that is open: its text or its refusal, and its annotations."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from emulator.domain.calls import Cut
from emulator.transcripts.responses.open_message import OpenMessage
from emulator.transcripts.responses.open_text import OpenText
from emulator.transcripts.responses.output import Output
from emulator.transcripts.responses.workspace import Workspace
from emulator.wire.responses import events, items

Annotation = Mapping[str, Any]


class MessageWriter:
    """Writes one message after the other. A message has one part."""

    def __init__(self, output: Output, workspace: Workspace) -> None:
        self._output = output
        self._workspace = workspace
        self.reset()

    def reset(self) -> None:
        """Let go of what is written: the message is begun once more, or another one."""
        self._text: OpenText | None = None
        self._annotations: list[Annotation] = []
        self._images: list[str] = []

    def take_up(self, begun: OpenMessage) -> None:
        """Go on with a message that was begun before a restart."""
        self._output.take_up(begun.item, begun.index)
        self._text, self._annotations = begun.text, list(begun.annotations)

    def begin(self, id: str, phase: str | None) -> None:  # noqa: A002
        """Begin a message."""
        self.reset()
        self._output.begin(items.message(id, status="in_progress", phase=phase))

    def add_image(self, file_id: str) -> None:
        """Cite an image when the text is whole (recorded): a message cannot show one."""
        self._images.append(file_id)

    def append_text(self, cut: Cut, first: int, last: int, annotations: Sequence[Annotation]) -> None:
        """Append pieces of the text; the annotations come behind the last of them."""
        text = self._text or self._begin_text()
        self._output.append(text, cut, first, last)
        self._annotate(annotations)

    def append_refusal(self, cut: Cut, first: int, last: int) -> None:
        """Append pieces of a refusal, which a message has in place of a text."""
        place = self._output.place
        delta = events.refusal_delta(place.item_id, place.index, 0)
        text = self._text or self._begin_part(items.refusal(""), *delta)
        self._output.append(text, cut, first, last)

    def end(self, status: str) -> None:
        """End the message."""
        place = self._output.place
        if self._images and self._text is None:
            self._begin_text()
        if (text := self._text) is None:
            self._output.end(status=status)
            return
        self._annotate(map(self._workspace.citation, self._images))
        self._text = None
        is_refusal = text.event == events.REFUSAL_DELTA
        part = items.refusal(text.text) if is_refusal else items.output_text(text.text, self._annotations)
        done = events.refusal_done if is_refusal else events.text_done
        self._output.publish(done(place.item_id, place.index, 0, text.text))
        self._output.publish(events.content_part_done(place.item_id, place.index, 0, part))
        self._output.end(content=[part], status=status)

    def _begin_text(self) -> OpenText:
        place = self._output.place
        return self._begin_part(items.output_text(""), *events.text_delta(place.item_id, place.index, 0))

    def _begin_part(self, part: Mapping[str, Any], event: str, make: Callable[[str], Mapping[str, Any]]) -> OpenText:
        place = self._output.place
        self._output.publish(events.content_part_added(place.item_id, place.index, 0, part))
        self._text = OpenText(event, make)
        return self._text

    def _annotate(self, annotations: Iterable[Annotation]) -> None:
        place = self._output.place
        for one in annotations:
            self._output.publish(events.annotation_added(place.item_id, place.index, 0, len(self._annotations), one))
            self._annotations.append(one)
