"""Whether a value holds what home-made exports hold: messages, threads, runs and their like, under whatever names."""

import re
from collections import deque
from collections.abc import Mapping
from typing import Any, Final

from emulator.recording.exports.fields import spelled

_ROLES: Final = frozenset({"role", "sender", "author", "speaker"})
_CONTENTS: Final = frozenset({"content", "text", "message", "value", "body", "parts"})
_IDENTITIES: Final = frozenset({"id", "messageid", "thread", "threadid", "createdat", "timestamp"})
_OBJECTS: Final = ("thread", "assistant", "vector_store")
_HOLDERS: Final = frozenset({"thread", "threads", "conversation", "conversations", "messages", "runs"})
# Wrappers around what was exported may be nested, but not without end.
_MOST_LEVELS: Final = 8
_MOST_VALUES: Final = 2000


def holds_exported(value: Any) -> bool:
    """Return whether there is such an object anywhere in the beginning of a value."""
    waiting = deque([(value, 0)])
    for _ in range(_MOST_VALUES):
        if not waiting:
            return False
        found, level = waiting.popleft()
        if isinstance(found, Mapping) and _is_exported(found):
            return True
        inner = found.values() if isinstance(found, Mapping) else found
        if level < _MOST_LEVELS:
            waiting.extend((item, level + 1) for item in inner if isinstance(item, dict | list))
    return False


def is_message(value: Any) -> bool:
    """Return whether a value is a message."""
    if not isinstance(value, Mapping):
        return False
    if value.get("object") == "thread.message":
        return True
    names = _names(value)
    return not names.isdisjoint(_ROLES) and not names.isdisjoint(_CONTENTS)


def is_bare_message(value: Any) -> bool:
    """Return whether a value is a message of nowhere and no time, as there are in prompts and training data."""
    return is_message(value) and _names(value).isdisjoint(_IDENTITIES)


def is_listing(value: Any) -> bool:
    """Return whether a value is a list of messages, a page of one, or a list of such pages."""
    first = value.get("data") if isinstance(value, Mapping) else value
    while isinstance(first, list) and first:
        first = first[0].get("data", first[0]) if isinstance(first[0], Mapping) else first[0]
    return is_message(first)


def _is_exported(value: Mapping[str, Any]) -> bool:
    if is_message(value) or str(value.get("object", "")).startswith(_OBJECTS):
        return True
    names = _names(value)
    # An export of a thread on which nothing was said has nothing else.
    if "thread" in names and not names.isdisjoint({"messages", "runs"}):
        return True
    return any(name in value for name in ("thread_id", "run_id")) or any(
        re.match(r"(?:thread|run|asst)_\w", str(item.get("id", "")))
        for name, inner in value.items()
        if spelled(str(name)) in _HOLDERS
        for item in (inner if isinstance(inner, list) else [inner])
        if isinstance(item, Mapping)
    )


def _names(value: Mapping[str, Any]) -> set[str]:
    return {spelled(str(name)) for name in value}
