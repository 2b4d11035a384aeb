"""Where annotations stand in a text that only the run has made: what was filled in may have moved them."""

from collections.abc import Mapping, Sequence
from typing import Any

Annotation = Mapping[str, Any]


def moved(annotations: Sequence[Annotation], text: str) -> tuple[Annotation, ...]:
    """Return annotations with the offsets of their texts in the message, in code points.

    Those that are right, or whose text is not in the message, stay as they are. Several of one text keep their order.
    """
    found: list[Annotation] = []
    behind = 0
    for annotation in annotations:
        part, start = annotation.get("text"), annotation.get("start_index")
        if isinstance(part, str) and part and isinstance(start, int) and text[start : start + len(part)] != part:
            at = text.find(part, behind)
            at = text.find(part) if at < 0 else at
            if at >= 0:
                annotation = {**annotation, "start_index": at, "end_index": at + len(part)}  # noqa: PLW2901
        end = annotation.get("end_index")
        behind = end if isinstance(end, int) else behind
        found.append(annotation)
    return tuple(found)
