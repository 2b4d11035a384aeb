"""What is to be imported: objects in the API's own JSON as they are, and home-made exports made such objects."""

from collections.abc import Sequence
from typing import Any, Final

import orjson

from emulator.domain.errors import ApiError
from emulator.recording.exports.pieces import holds_others
from emulator.recording.exports.reading import Objects, read_objects
from emulator.recording.exports.states import joined_objects
from emulator.recording.recognition import problem_in
from emulator.service import exported_objects
from emulator.service.exported_objects import Given, GivenObjects, all_given, lists_of

# Where home-made exports stand among what is as old: behind what came as the API showed it.
_LAST: Final = 1_000_000


def given_objects(texts: Sequence[bytes], *, is_bounded: bool = True) -> GivenObjects:
    """Return the objects of some texts. Raises `ApiError` for one that is no import, and for more than there may be."""
    read: list[Objects] = []
    plain: list[bytes] = []
    for text in texts:
        if (found := _home_made(text)) is None:
            plain.append(text)
        else:
            read.append(found)
    given = all_given(plain)
    joined = joined_objects([one.objects for one in read])
    given += [Given(str(one["id"]), one, (_LAST, number)) for number, one in enumerate(joined)]
    if is_bounded and len(given) > exported_objects.MOST_OBJECTS:
        raise ApiError(413, f"An import may have at most {exported_objects.MOST_OBJECTS} objects.")
    findings = [one.findings for one in read]
    return GivenObjects(
        given,
        {id_: name for one in read for id_, name in one.names.items()},
        [(place, why) for one in findings for why, places in one.skipped.items() for place in places],
        [(place, why) for one in findings for why, places in one.noted.items() for place in places],
    )


def _home_made(text: bytes) -> Objects | None:
    """Return what a home-made export holds; None for what is in the API's own form, or nothing at all.

    Raises `ApiError` for a file of another API or tool: something like messages may be in it, and no thread is.
    """
    if text.lstrip()[:1] in (b"[", b"{") and (problem := problem_in(text)) is not None:
        raise ApiError(400, f"The body {problem}.")
    try:
        value: Any = orjson.loads(text)
    except ValueError:
        value = None
    if value is not None and is_in_api_form(value):
        return None
    try:
        return read_objects(text)
    except ValueError as error:
        if value is None:
            raise ApiError(400, f"The body {error}.") from error
        return None


def is_in_api_form(value: Any) -> bool:
    """Return whether a value is an object of the API, a list, a page or `objects`, and nothing else."""
    try:
        items = [one for listed, _ in lists_of(value) for one in listed]
    except ApiError:
        return True  # which it is refused for
    objects = [one for one in items if isinstance(one, dict)]
    return all(isinstance(one.get("object"), str) and not holds_others(one) for one in objects)
