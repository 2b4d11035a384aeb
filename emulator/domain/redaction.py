"""What is shown of a request and its answer: everything but keys, which stand in headers, URLs, fields and texts.

Two rules find them: what looks like a key (`domain.keys`), and what is named like one.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final
from urllib.parse import unquote, unquote_plus

from emulator.domain.keys import MASK, has_key, is_of_emulator, without_keys

# Of a path, a query or a header; no program sends as much.
MOST_SHOWN: Final = 2_000
_PART: Final = re.compile(r"[^&;]+")
# Azure's `api-key`, `subscription-key`, `sig` of signed URLs, `access_token`, and whatever else is named like these.
_WORDS: Final = "key|token|secret|passw|auth|credential|session|cookie"
_NAME: Final = rf"[\w.\-\[\]]*(?:{_WORDS})[\w.\-\[\]]*|sig|signature|jwt|pwd"
_NAME_OF_KEY: Final = re.compile(_NAME, re.IGNORECASE)
_KEY_INSIDE: Final = re.compile(rf"[?&;](?:{_NAME})=", re.IGNORECASE)
# Headers that are named like keys and hold none.
_OPEN_HEADERS: Final = ("idempotency-key", "www-authenticate")
_SCHEMES: Final = ("", "bearer", "basic")


# --- URLs -----------------------------------------------------------------------------------------------------------


def shown_query(query: bytes) -> str:
    """Return a query as it was sent, but for the values that are keys; of a long one its beginning."""
    shown = _PART.sub(_shown_part, query[:MOST_SHOWN].decode("latin-1"))
    return _beginning(shown, len(query))


def shown_path(path: str) -> str:
    """Return a path, but for keys in it; of a long one its beginning."""
    return _beginning(without_keys(path[:MOST_SHOWN]), len(path))


def shown_sent_path(path: bytes) -> str:
    """Return the same of a path as it was sent, with its escapes."""
    segments = path[:MOST_SHOWN].decode("latin-1").split("/")
    shown = "/".join(MASK if "%" in one and has_key(unquote(one)) else without_keys(one) for one in segments)
    return _beginning(shown, len(path))


def _beginning(shown: str, length: int) -> str:
    return f"{shown}…" if length > MOST_SHOWN else shown


def _shown_part(found: re.Match[str]) -> str:
    name, equals, value = found[0].partition("=")
    plain = unquote_plus(value)
    # A value may be a URL with a query of its own.
    is_secret = _NAME_OF_KEY.fullmatch(unquote_plus(name).strip()) or _KEY_INSIDE.search(plain)
    if equals and is_secret:
        return f"{name}={MASK}"
    return f"{without_keys(name)}{equals}{MASK if has_key(plain) else value}"


# --- headers --------------------------------------------------------------------------------------------------------


def shown_headers(raw: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Return headers by their lower-case names; of a name that is there several times, the values are joined."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in raw:
        name = raw_name.decode("latin-1").lower()
        value = shown_header(name, raw_value.decode("latin-1"))
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def shown_header(name: str, value: str) -> str:
    """Return a header's value. Of a key its scheme stays; keys of the emulator are no secret."""
    if name not in _OPEN_HEADERS and _NAME_OF_KEY.fullmatch(name):
        scheme, blank, key = value.strip().rpartition(" ")
        if scheme.lower() not in _SCHEMES:
            return MASK
        return f"{scheme}{blank}{key if is_of_emulator(key) else MASK}"
    return _beginning(shown_text(value[:MOST_SHOWN]), len(value))


def without_key_fields(fields: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return headers, or the parameters of a query, but for those whose names or values are keys; the last counts."""
    return {
        name: value
        for name, value in fields
        if not _NAME_OF_KEY.fullmatch(name.strip()) and not _KEY_INSIDE.search(value) and not has_key(value)
    }


# --- bodies ---------------------------------------------------------------------------------------------------------

# The words of a name: api_key, apiKey, API-Key.
_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_SECRET_WORD: Final = re.compile(
    r"(key|token|secret|password|credential|cookie)s?|passwd|passphrase|pwd|auth|authorization|session|jwt|sig|signature"
)
_SECRET_INSIDE: Final = re.compile(r"apikey|accesskey|token$|secret|passw|credential|authorization", re.IGNORECASE)
# Numbers of tokens are counts.
_COUNTED: Final = frozenset(("token", "tokens"))
# In a text that is JSON, whole or in part, as in events and in the arguments of calls. Where it stands in another text,
# so many backslashes stand before each quote.
_FIELD: Final = re.compile(r'(?<!\\)(\\*)"([^"\\]{1,100})\1"\s*:\s*')
_NUMBER: Final = re.compile(r"-?[0-9][0-9.eE+-]*")
_BRACKET: Final = re.compile(r"[\[\]{}]")
_PARAMETER: Final = re.compile(r"(\A|[?&;\s\"'])([\w.\-\[\]]{1,100})=([^&;\s\"'#\\]+)")
_LABELED: Final = re.compile(
    r"(\b(?:(?:api|access|auth|client|secret)[ _-]?(?:key|token|secret)|password|passwd)\s{0,9}:\s{0,9})"
    r"(?!sk-emu|\*)[^\s\"',;\\]{4,}",
    re.IGNORECASE,
)
_BEARER: Final = re.compile(r"\b(bearer|basic)\s+(?!sk-emu)[\w.~+/=-]{16,}", re.IGNORECASE)
_WEB_TOKEN: Final = re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*")


def shown_value(value: Any, name: str = "", *, within: str = "") -> Any:
    """Return a JSON value without keys. name: of its field; within: that of the object which has the field.

    A value may have as many levels as bodies may.
    """
    if is_secret_field(name) and not (within == "properties" and isinstance(value, dict)):  # a schema's parameter
        return _masked(value, name)
    if isinstance(value, str):
        return shown_text(value)
    if isinstance(value, list):
        return [shown_value(item, within=name) for item in value]
    if not isinstance(value, dict):
        return value
    is_filter = {"key", "type", "value"} <= value.keys()  # which names an attribute
    return {
        without_keys(key): shown_value(item, "" if is_filter and key == "key" else key, within=name)
        for key, item in value.items()
    }


def is_secret_field(name: str) -> bool:
    """Return whether a field is named like a key."""
    return any(map(_SECRET_WORD.fullmatch, _words(name))) or _SECRET_INSIDE.search(name) is not None


def _words(name: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(name)]


def _masked(value: Any, name: str) -> Any:
    """Return a value with every text in it masked, but for what says its kind."""
    match value:
        case dict():
            fields: Mapping[str, Any] = value
            return {without_keys(key): item if key == "type" else _masked(item, name) for key, item in fields.items()}
        case list():
            return [_masked(item, name) for item in value]
        case str():
            return value if is_of_emulator(value) or not value else MASK
        case bool() | None:
            return value
        case _:
            return value if not _COUNTED.isdisjoint(_words(name)) else MASK


def shown_text(text: str) -> str:
    """Return a text without keys, also where it is JSON or holds URLs."""
    shown = _without_secret_fields(without_keys(text)) if '"' in text else without_keys(text)
    if "=" in shown:
        shown = _PARAMETER.sub(_shown_parameter, shown)
    if ":" in shown:
        shown = _LABELED.sub(rf"\1{MASK}", shown)
    shown = _BEARER.sub(rf"\1 {MASK}", shown)
    return _WEB_TOKEN.sub(MASK, shown) if "eyJ" in shown else shown


def _without_secret_fields(text: str) -> str:
    """Return a text with the values of fields masked that are named like keys; what is cut off is masked to its end."""
    shown, place = [], 0
    for field in _FIELD.finditer(text):
        if field.end() < place or not is_secret_field(field[2]):
            continue
        begin, end = _value_in(text, field.end(), field[1] + '"', field[2])
        if begin < end and not is_of_emulator(text[begin:end]):
            shown += [text[place:begin], MASK]
            place = end
    return "".join([*shown, text[place:]])


def _value_in(text: str, begin: int, quote: str, name: str) -> tuple[int, int]:
    """Return where a field's value lies in a text: within its quotes, or all of an array or an object."""
    if text.startswith(quote, begin):
        begin += len(quote)
        closing = re.compile(rf"(?<!\\){re.escape(quote)}").search(text, begin)
        return begin, closing.start() if closing else len(text)
    if text[begin : begin + 1] in ("[", "{"):
        depth = 0
        for bracket in _BRACKET.finditer(text, begin):
            depth += 1 if bracket[0] in "[{" else -1
            if not depth:
                return begin, bracket.end()
        return begin, len(text)
    number = _NUMBER.match(text, begin)
    return begin, number.end() if number and _COUNTED.isdisjoint(_words(name)) else begin


def _shown_parameter(found: re.Match[str]) -> str:
    is_shown = is_of_emulator(found[3]) or not _NAME_OF_KEY.fullmatch(found[2])
    return found[0] if is_shown else f"{found[1]}{found[2]}={MASK}"
