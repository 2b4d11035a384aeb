"""The log of a server: lines of text, or one JSON object a line; keys, tokens and passwords stand in neither."""

import json
import logging
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final, Literal, TextIO

from emulator.domain.database_url import masked_urls
from emulator.domain.keys import MASK
from emulator.domain.redaction import shown_text

LogFormat = Literal["text", "json"]
# What a call may say beside its message, as ``extra``; a line has those that are known.
FIELDS: Final = ("request_id", "namespace", "run", "replica")
# Shorter ones stand in too many words by chance.
_LEAST_SCRUBBED: Final = 4
_OWN: Final = "emulator"


class Redaction:
    """Takes secrets out of texts: those that are known, and whatever looks like one."""

    def __init__(self, secrets: Collection[str] = ()) -> None:
        # The longest first: one may be a part of another.
        self._secrets = sorted((one for one in secrets if len(one) >= _LEAST_SCRUBBED), key=len, reverse=True)

    def __call__(self, text: str) -> str:
        """Return a text without secrets."""
        shown = shown_text(masked_urls(text))
        for secret in self._secrets:
            shown = shown.replace(secret, MASK)
        return shown


class TextLines(logging.Formatter):
    """A message as it is, and its traceback below."""

    def __init__(self, redaction: Redaction) -> None:
        super().__init__()
        self._redaction = redaction

    def format(self, record: logging.LogRecord) -> str:
        """Return the lines."""
        return self._redaction(super().format(record))


class JsonLines(logging.Formatter):
    """A JSON object on one line: time (UTC), level, logger, message, `FIELDS`, and error with its traceback.

    replica: the name of this server among those that share its database, once it has one.
    """

    def __init__(self, redaction: Redaction) -> None:
        super().__init__()
        self._redaction = redaction
        self.replica: str | None = None

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": self._redaction(record.getMessage()),
        }
        said = {"replica": self.replica, **vars(record)}
        line |= {name: self._redaction(str(said[name])) for name in FIELDS if said.get(name) is not None}
        if record.exc_info:
            line["error"] = self._redaction(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


@contextmanager
def logging_as(format: LogFormat, secrets: Collection[str] = (), stream: TextIO | None = None) -> Iterator[None]:  # noqa: A002 - the name of the option
    """Let the log be written to stderr in one form, until the block ends; what a program has set up stays beside it.

    secrets: what is to stand in no line. As JSON, also what says little: that the server has started, and stops.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    redaction = Redaction(secrets)
    handler.setFormatter(JsonLines(redaction) if format == "json" else TextLines(redaction))
    handler.setLevel(logging.INFO if format == "json" else logging.WARNING)
    root, own = logging.getLogger(), logging.getLogger(_OWN)
    level = own.level
    root.addHandler(handler)
    if format == "json":
        own.setLevel(logging.INFO)
    try:
        yield
    finally:
        own.setLevel(level)
        root.removeHandler(handler)


def name_replica(name: str) -> None:
    """Let lines of JSON say from now on which replica writes them."""
    for handler in logging.getLogger().handlers:
        if isinstance(handler.formatter, JsonLines):
            handler.formatter.replica = name
