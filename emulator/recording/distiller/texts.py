"""Recorded texts as a scenario may hold them: without secrets, never taken for templates, with their stream's cuts."""

from collections.abc import Sequence
from typing import Any, Final

from emulator.domain.actions import Stream
from emulator.engine.chunks import cut
from emulator.recording.evidence.known import Pieces
from emulator.recording.secrets import Secrets
from scripted_models.writing import verbatim

_DECIMALS: Final = 3


class Texts:
    """Makes texts fit for a scenario. times: whether the pace of streams is kept. masked: texts that held secrets."""

    def __init__(self, secrets: Secrets, *, times: bool) -> None:
        self._secrets = secrets
        self._times = times
        self.masked = 0

    def plain(self, text: str) -> str:
        """Return a text without secrets, for places where nothing is a template."""
        shown = self._secrets.without_secrets(text)
        self.masked += shown != text
        return shown

    def template(self, text: str) -> str:
        """Return a text without secrets that gives itself where it is filled as a template."""
        return verbatim(self.plain(text))

    def plain_value(self, value: Any) -> Any:
        """Return a JSON value without secrets, for places where nothing is a template."""
        shown = self._secrets.without_secrets_in(value)
        self.masked += shown != value
        return shown

    def template_value(self, value: Any) -> Any:
        """Return the same where texts are filled as templates."""
        return _verbatim_in(self.plain_value(value))

    def stream(self, pieces: Pieces, text: str, kept_whole: Sequence[tuple[int, int]] = ()) -> dict[str, Any]:
        """Return ``{"stream": …}`` for a text that was streamed; nothing where the default does the same."""
        spec: dict[str, Any] = {}
        cuts = _cuts(pieces.texts, text)
        if cuts and self.plain(text) == text and cuts != cut(text, Stream(), kept_whole):
            spec["chunk"] = cuts
        if self._times and len(pieces.times) == len(pieces.texts) > 0:
            spec |= _pace(pieces)
        return {"stream": spec} if spec else {}


def _cuts(texts: Sequence[str], text: str) -> list[str]:
    """Return pieces that add up to a text; none where those of the stream are not of it."""
    together = "".join(texts)
    if not texts or together == text:
        return list(texts)
    if text.startswith(together):  # the stream broke, and the whole text was fetched later
        return [*texts, text[len(together) :]]
    beginning = "".join(texts[:-1])
    return [*texts[:-1], text[len(beginning) :]] if beginning and text.startswith(beginning) else []


def _pace(pieces: Pieces) -> dict[str, Any]:
    """Return how long the first piece took, and how many came in a second after it."""
    first, last = pieces.times[0], pieces.times[-1]
    pace: dict[str, Any] = {}
    if pieces.since is not None and first > pieces.since:
        pace["ttft"] = f"{max(1, round((first - pieces.since) * 1000))}ms"
    if last > first:
        pace["tps"] = max(0.001, round((len(pieces.times) - 1) / (last - first), _DECIMALS))
    return pace


def _verbatim_in(value: Any) -> Any:
    match value:
        case str():
            return verbatim(value)
        case dict():
            return {name: _verbatim_in(one) for name, one in value.items()}
        case list():
            return [_verbatim_in(one) for one in value]
        case _:
            return value
