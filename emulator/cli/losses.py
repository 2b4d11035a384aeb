"""What of a thread has no place in a conversation, as lines on stderr: each thing once, and none left out."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import typer

_MOST_IDS: Final = 3


def say_losses(losses: Iterable[Mapping[str, Any]]) -> None:
    """Print what is lost, why, and what had it; what several imports lost alike is one line."""
    from emulator.domain.printable import printable

    joined: dict[tuple[str, str], list[str]] = {}
    for one in losses:
        joined.setdefault((one["what"], one["why"]), []).extend(one["of"])
    for (what, why), of in joined.items():
        more = f" and {len(of) - _MOST_IDS:,} more" if len(of) > _MOST_IDS else ""
        typer.echo(printable(f"lost: {what}: {why} ({', '.join(of[:_MOST_IDS])}{more})"), err=True)
