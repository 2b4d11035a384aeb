"""The known name that a misspelt one probably means."""

from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that is nearest, or begins with the name as its first words; None where none is."""
    import difflib  # noqa: PLC0415 - only mistakes need it

    name, names = (
        name.lower(),
        {one.lower(): one for one in sorted(known, key=lambda one: (len(one), one), reverse=True)},
    )
    near = difflib.get_close_matches(name, reversed(names), n=1)
    return names[near[0]] if near else next((names[one] for one in reversed(names) if one.startswith(f"{name}_")), None)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return the end of a message about an unknown name; nothing where no known one is near."""
    near = nearest(name, known)
    return "" if near is None else f", did you mean {near}?"


def is_misspelt(name: str, known: Iterable[str]) -> bool:
    """Return whether a name that may be any is so near to a known one that it is hardly meant."""
    import difflib  # noqa: PLC0415 - see `nearest`

    known = list(known)
    swapped = any(sorted(name) == sorted(one) for one in known)
    return name not in known and (swapped or bool(difflib.get_close_matches(name, known, n=1, cutoff=0.8)))
