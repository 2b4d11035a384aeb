"""Wrongly spelt keys of a body: which field was meant, as far as the service guessed it itself.

Reported for a missing field (betalgo/openai issue 569: ``file_Id`` for ``file_id``) and, as an optional suffix, for an
unknown one. How far apart two names may be is unverified: here they differ by case, or by up to two letters.
"""

from collections.abc import Collection, Iterable, Iterator
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin

from pydantic import Tag
from pydantic.fields import FieldInfo

from emulator.tools.body import Body
from emulator.wire.limits import OnlyOn

MOST_EDITS: Final = 2


def nearest(name: str, among: Iterable[str]) -> str | None:
    """Return the name that is most like another; None if none is like it."""
    rated = [(edits, other) for other in among if (edits := _edits(name.casefold(), other.casefold())) is not None]
    return min(rated, key=lambda one: one[0])[1] if rated else None


def near(name: str, among: Iterable[str]) -> list[str]:
    """Return the names that are like another, the nearest first, and in the order of letters where they are as near.

    Measured of responses (kangminlee-maker/local-OAuth-CLI-API-adapter.mjs, Aug 2026).
    """
    rated = [(edits, other) for other in among if (edits := _edits(name.casefold(), other.casefold())) is not None]
    return [other for _edits_made, other in sorted(rated)]


def _edits(one: str, other: str) -> int | None:
    """Return how many letters have to be replaced, added or taken away; None for too many of them."""
    most = min(MOST_EDITS, min(len(one), len(other)) - 1)  # nothing is like a word of one letter but itself
    if abs(len(one) - len(other)) > most:
        return 0 if one == other else None
    before = list(range(len(other) + 1))
    for row, letter in enumerate(one, 1):
        edits = [row]
        for column, candidate in enumerate(other, 1):
            replaced = before[column - 1] + (letter != candidate)
            edits.append(min(replaced, before[column] + 1, edits[-1] + 1))
        before = edits
    return before[-1] if before[-1] <= most else None


def fields_at(model: type[Body], location: Iterable[int | str], mount: str | None = "openai") -> Collection[str]:
    """Return the names of the fields that a body may have at one of pydantic's locations; none outside of objects.

    mount: where the body came in, by default as in `problems.validate`; fields of other mounts are left out.
    """
    annotation: Any = model
    for part in location:
        annotation = _below(annotation, part)
    found = [one for _tag, one in _alternatives(annotation) if _is_body(one)]
    fields = [(name, field) for one in found for name, field in one.model_fields.items()]
    return [field.alias or name for name, field in fields if _is_known(field, mount)]


def _is_known(field: FieldInfo, mount: str | None) -> bool:
    return all(one.knows(mount) for one in field.metadata if isinstance(one, OnlyOn))


def _below(annotation: Any, part: int | str) -> Any:
    """Return the annotation of what a type has under a key, at an index, or behind the tag of a union."""
    for tag, one in _alternatives(annotation):
        if tag is not None:
            if tag == part:
                return one
        elif isinstance(part, int):
            if get_origin(one) is list:
                return get_args(one)[0]
        elif _is_body(one):
            for name, field in one.model_fields.items():
                if part in (name, field.alias):
                    return field.annotation
    return None


def _alternatives(annotation: Any) -> Iterator[tuple[str | None, Any]]:
    """Yield the members of a union with their tags; any other type is its only alternative."""
    match get_origin(annotation):
        case None:
            yield None, annotation
        case origin if origin is Annotated:
            inner, *metadata = get_args(annotation)
            tags = [one.tag for one in metadata if isinstance(one, Tag)]
            if tags:
                yield tags[0], inner
            else:
                yield from _alternatives(inner)
        case origin if origin in (Union, UnionType):
            for one in get_args(annotation):
                yield from _alternatives(one)
        case _:
            yield None, annotation


def _is_body(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, Body)
