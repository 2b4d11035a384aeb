"""The known name that a misspelt one probably means."""

from collections.abc import Collection, Iterable, Sequence
from typing import Final

# Comparing two names takes some hundredths of a millisecond, and scripts may have any number of names.
_MOST_COMPARED: Final = 300


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is nearest, or begins with the name as its first words; None where none is."""
    import difflib  # noqa: PLC0415 - only mistakes need it

    lower = name.lower()
    names = {one.lower(): one for one in reversed(_comparable(lower, known))}
    near = difflib.get_close_matches(lower, names, n=1)
    return (
        names[near[0]] if near else next((names[one] for one in reversed(names) if one.startswith(f"{lower}_")), None)
    )


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the end of a message about an unknown name; nothing where no known one is near."""
    near = nearest(name, known)
    return "" if near is None else f", did you mean {near}?"


def is_misspelt(name: str, known: Collection[str]) -> bool:
    """Return whether a name that may be any is so near to a known one that it is hardly meant."""
    import difflib  # noqa: PLC0415 - see `nearest`

    if name in known:
        return False
    names = _comparable(name, known)
    swapped = any(sorted(name) == sorted(one) for one in names)
    return swapped or bool(difflib.get_close_matches(name, names, n=1, cutoff=0.8))


def _comparable(name: str, known: Iterable[str]) -> Sequence[str]:
    """Return the names to compare with, the shortest first; of many only those of about the same length."""
    names = sorted(known, key=lambda one: (len(one), one))
    if len(names) > _MOST_COMPARED:
        alike = sorted(names, key=lambda one: abs(len(one) - len(name)))[:_MOST_COMPARED]
        names = sorted(alike, key=lambda one: (len(one), one))
    return names
