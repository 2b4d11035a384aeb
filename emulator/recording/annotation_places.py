"""Where annotations stand in a text whose secrets are masked: that shortens it, and moves what is behind."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from scripted_models.annotation_places import moved

Annotation = Mapping[str, Any]


def relocated(annotations: Sequence[Annotation], text: str, mask: Callable[[str], str]) -> tuple[Annotation, ...]:
    """Return annotations with the places of their own texts, masked as well, in a text that is masked.

    They may fit the text as it is given, or as it was before somebody else has masked it: then they are looked for.
    """
    return moved([_placed(one, text, mask) for one in annotations], mask(text))


def _placed(annotation: Annotation, text: str, mask: Callable[[str], str]) -> Annotation:
    about, start = annotation.get("text"), annotation.get("start_index")
    if not isinstance(about, str) or not isinstance(start, int):
        return annotation
    own = mask(about)
    if text[start : start + len(about)] == about:
        start = len(mask(text[:start]))
    return {**annotation, "text": own, "start_index": start, "end_index": start + len(own)}
