"""The content of a message in whatever form: a text, a list of parts, the API's own content."""

from collections.abc import Mapping
from typing import Any, Final

from emulator.domain.id_forms import is_file_id
from emulator.recording.exports.fields import Fields

Doc = dict[str, Any]
_TEXTS: Final = ("text", "value", "content", "message", "body")


def content_of(value: Any, annotations: Any = None) -> list[Doc] | None:
    """Return content as the API shows it; None for what is none. annotations: of a text that comes without its own."""
    match value:
        case None:
            return []
        case str() | int() | float():
            return [_text(str(value), annotations)]
        case list():
            parts = [_part(one) for one in value]
            return None if None in parts else [part for part in parts if part is not None]
        case Mapping():
            parts = Fields(value).first("parts")
            if isinstance(parts, list):
                return content_of(parts, annotations)
            part = _part(value)
            return None if part is None else [part]
    return None


def _text(value: str, annotations: Any) -> Doc:
    return {"type": "text", "text": {"value": value, "annotations": _annotations(annotations)}}


def _annotations(value: Any) -> list[Any]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _part(value: Any) -> Doc | None:
    """Return a part of a message as the API shows it; None for what is none."""
    if isinstance(value, str):
        return _text(value, None)
    if not isinstance(value, dict):
        return None
    fields = Fields(value)
    kind = str(fields.first("type") or "").lower()
    if "refusal" in fields and (kind == "refusal" or "text" not in fields):
        return {"type": "refusal", "refusal": str(fields.first("refusal"))}
    if "image" in kind or any(name in fields for name in ("imagefile", "imageurl", "image")):
        return _image(fields)
    inner = fields.first(*_TEXTS)
    if isinstance(inner, dict):
        within = Fields(inner)
        inner = within.first(*_TEXTS)
        found = within.first("annotations") or fields.first("annotations")
        return _text(inner, found) if isinstance(inner, str) else None
    return _text(str(inner), fields.first("annotations")) if isinstance(inner, str | int | float) else None


def _image(fields: Fields) -> Doc | None:
    given = fields.first("imagefile", "imageurl", "image", "url", "fileid")
    within = Fields(given if isinstance(given, dict) else {"value": given})
    named = within.first("fileid", "url", "value", "id")
    if not isinstance(named, str):
        return None
    kind, name = ("image_file", "file_id") if is_file_id(named) or "fileid" in within else ("image_url", "url")
    detail = within.first("detail")
    return {"type": kind, kind: {name: named, **({} if detail is None else {"detail": detail})}}
