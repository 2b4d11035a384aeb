"""What of a thread has no place in a conversation, as lines on stderr: each thing once, and none left out."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import typer

_MOST_IDS: Final = 3


def say_losses(losses: Iterable[Mapping[str, Any]]) -> None:
    """Print what is lost, why, and what had it; what is lost alike is one line."""
    from emulator.domain.printable import printable

    found: dict[tuple[str, str], list[str]] = {}
    for one in losses:
        found.setdefault((one["what"], one["why"]), []).extend(one["of"])
    alike: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (what, why), of in found.items():
        alike.setdefault((why, tuple(of)), []).append(what)
    for (why, ids), whats in alike.items():
        more = f" and {len(ids) - _MOST_IDS:,} more" if len(ids) > _MOST_IDS else ""
        line = f"lost: {', '.join(whats)}: {why} ({', '.join(ids[:_MOST_IDS])}{more})"
        typer.echo(printable(line), err=True)
