"""The kinds of recordings, known by how they begin."""

from collections.abc import Mapping
from typing import Any

from emulator.recording.formats import har, recorded, ruby_vcr, test_proxy, vcrpy
from emulator.recording.formats.exported import holds_exported, is_listing, is_message
from emulator.recording.formats.foreign import foreign_name, is_chat_log
from emulator.recording.formats.outline import Outline


def kind_of_outline(outline: Outline) -> str | None:  # noqa: PLR0911 - one for each kind
    """Return the kind of a recording; None for what is none, or is of a format that is not read."""
    match outline:
        case Outline("json lines", [dict() as first, *_]) if _is_recorded(first):
            return recorded.KIND
        case Outline(_, dict() as value) if (kind := _kind_of_mapping(value)) is not None:
            return kind
        case Outline(_, [dict() as first, *_]) if _is_interaction(first) and not is_chat_log(first):
            return ruby_vcr.KIND if "VCR::" in outline.tag else vcrpy.KIND
        case Outline("yaml" | "other"):
            return None
        case Outline(syntax, value) if not foreign_name(outline) and holds_exported(value):
            if syntax == "json lines":
                return "ndjson"
            return "messages-dump" if is_listing(value) or is_message(value) else "thread-export"
        case _:
            return None


def _kind_of_mapping(value: Mapping[str, Any]) -> str | None:  # noqa: PLR0911 - as above
    match value:
        case {"http_interactions": _}:
            return ruby_vcr.KIND
        case {"consumer": _} | {"emulator": _}:
            return None
        case {"interactions": list(found)} if not found or _is_interaction(found[0]):
            return vcrpy.KIND
        case {"interactions": None}:
            return vcrpy.KIND
        case {"log": {"entries": list()}}:
            return har.KIND
        case {"Entries": [{"RequestUri": _}, *_]} | {"Entries": []}:
            return test_proxy.KIND
        case _:
            return recorded.KIND if _is_recorded(value) else None


def _is_recorded(value: Mapping[str, Any]) -> bool:
    return isinstance(value.get("recording"), int) and not {"at", "request", "response"}.isdisjoint(value)


def _is_interaction(value: Any) -> bool:
    match value:
        case {"request": {"urlPath": _} | {"urlPattern": _} | {"urlPathPattern": _}}:
            return False
        case {"request": dict(request)}:
            return "path" not in request or "host" in request
        case {"request": _} | {"response": _}:
            return True
        case _:
            return False
