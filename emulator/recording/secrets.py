"""Secrets in texts, JSON values and bytes: masked where they can be, and found wherever they remain.

Four rules find them: what looks like a key (of OpenAI, Azure and others), what is named like one, what stands behind a
word such as `Bearer`, and what is known to be one because a request was authorized by it. The keys of the emulator are
no secrets. Texts of people and models are kept as they are otherwise: a `risk-free-investment` is no key.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote, quote_plus

from emulator.domain.keys import MASK, is_of_emulator
from emulator.recording.annotation_places import relocated
from emulator.recording.hidden_texts import hidden_texts

Spans = list[tuple[int, int]]

# --- what looks like a key ------------------------------------------------------------------------------------------

# By what is part of each. A literal comes first, and then what may not stand before it: so it is found faster.
_LOOKS: Final = (
    # OpenAI's; within words only where they say what they are, because of words such as "risk-free".
    ("sk-", r"sk-(?<![A-Za-z0-9]sk-)(?!emu)[\w-]{8,}"),
    ("sk-", r"sk-(?:proj|svcacct|admin|ant)-[\w-]{8,}"),
    ("sess-", r"sess-(?<![A-Za-z0-9]sess-)[A-Za-z0-9]{24,}"),
    ("org-", r"org-(?<![\w-]org-)(?=[A-Za-z0-9]*[0-9A-Z])[A-Za-z0-9]{8,}"),
    ("proj_", r"proj_(?<![\w-]proj_)(?=[A-Za-z0-9]*[0-9A-Z])[A-Za-z0-9]{8,}"),
    # Azure's: those of 84 characters that say that they are one, and shared access signatures.
    ("JQQJ99", r"(?<![A-Za-z0-9])[A-Za-z0-9]{40,64}JQQJ99[A-Za-z0-9]{16,40}"),
    ("sig=", r"sig=(?<![A-Za-z0-9]sig=)[\w%+/~.-]{16,}={0,2}"),
    # Web tokens, such as those of Entra ID.
    ("eyJ", r"eyJ[\w-]{8,600}\.[\w-]{8,}(?:\.[\w-]*)*"),
    ("PRIVATE KEY", r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----[^-]*(?:-----END [A-Z ]{0,20}PRIVATE KEY-----)?"),
)
_KEYS_BY_PART: Final = tuple((part, re.compile(look, re.ASCII)) for part, look in _LOOKS)
_KEYS: Final = re.compile("|".join(look for _, look in _LOOKS), re.ASCII)
# Where an encoding hides them, any letter may stand before them.
_LOOKS_WITHIN: Final = (
    r"sk-(?!emu)(?=[\w-]*[0-9])(?=[\w-]*[a-z])(?=[\w-]*[A-Z])[\w-]{20,}",
    r"(?:org-|proj_)(?=[A-Za-z0-9]*[0-9])[A-Za-z0-9]{16,}",
    r"[A-Za-z0-9]{40}JQQJ99[A-Za-z0-9]{16}",
    r"sig=[\w%+/~.-]{16}",
)
_KEYS_WITHIN: Final = re.compile("|".join((*(look for _, look in _LOOKS), *_LOOKS_WITHIN)), re.ASCII)
# One of these is part of each, and most texts have none.
_PARTS: Final = tuple(dict.fromkeys(part for part, _ in _LOOKS))
_PARTS_IN_BYTES: Final = tuple(part.encode() for part in _PARTS)
# Around such a part, as much as its key may take; where there are many of them, the whole is searched instead.
_BEFORE, _BEHIND, _MANY = 256, 2_048, 64

# --- what stands behind a word --------------------------------------------------------------------------------------

_SCHEME: Final = re.compile(
    r"\b(?i:bearer|basic|sharedaccesssignature)\s+(?!sk-emu)(?=[\w.~+/=&%-]*[0-9A-Z])([\w.~+/=&%-]{16,})",
    re.ASCII,
)
_SCHEMES: Final = ("bearer", "basic", "signature")
_SCHEMES_IN_BYTES: Final = tuple(scheme.encode() for scheme in _SCHEMES)
_LABELED: Final = re.compile(
    r"\b(?:(?:api|access|auth|client|secret|account|subscription)[ _-]?(?:key|token|secret)|password|passwd|token)"
    r"\s{0,9}(?::|\bis\b|=)\s{0,9}([^\s\"',;\\]{4,})",
    re.IGNORECASE,
)
# As the keys of Azure's resources are.
_LABELED_HEX: Final = re.compile(
    r"\b(?:keys?|tokens?|secrets?)\b[\s:=\"'`]{0,5}(?:is\s)?[\s\"'`]{0,5}([0-9a-f]{32})(?![0-9a-z])", re.IGNORECASE
)
_OF_URL: Final = re.compile(r"://[^\s/:@\"'\\]{0,200}:([^\s/:@\"'\\]{1,200})@")
_PARAMETER: Final = re.compile(r"(?:\A|(?<=[?&;\s\"'(,{]))([\w.\-\[\]]{1,100})=([^&;\s\"'#\\,)}]+)")

# --- what is named like a key ---------------------------------------------------------------------------------------

# The value is a secret, whatever it looks like.
_STRONG: Final = re.compile(
    r"(?:api|access|account|subscription|shared|sharedaccess|secret|private|auth|admin|master|storage)keys?(?:\d|value)?$"
    r"|secret(?!ar)|passw(?:or)?d|passphrase|^pwd$|credential|^authorization|authorization$|connectionstring"
    r"|(?:access|refresh|id|auth|bearer|session|sas|api|security|csrf|user|client)tokens?$"
    r"|^(?:set)?cookies?\d?$|^jwt$|clientassertion|sharedaccesssignature|^xmstoken"
)
# It is one where it looks like one: other things are called so, too.
_WEAK: Final = re.compile(r"(?:keys?|tokens?|sig|signature|auth|jwt|sas|bearer)\d?$")
# One of these is part of each such name, and of what labels a key in a text.
_IN_NAMES: Final = (
    *("key", "token", "secret", "passw", "passphrase", "pwd", "credential", "authorization", "connection", "cookie"),
    *("jwt", "assertion", "signature", "sig", "auth", "sas", "bearer"),
)
# And of these each label has one.
_LABELS: Final = ("key", "token", "secret", "passw")
_IN_NAME: Final = re.compile(r"[^a-z0-9]+")
# A name and its quote, in a text that is JSON or holds some; so many backslashes stand before each quote there.
_FIELD: Final = re.compile(r'(?<!\\)(\\*)"([^"\\]{1,100})\1"\s*:\s*\1"')
_MIXED: Final = re.compile(r"(?=\S*[0-9])(?=\S*[A-Za-z])\S{16,}|(?=\S*[0-9])(?=\S*[a-z])(?=\S*[A-Z])\S{10,}")
# No secret is shorter, and most texts of documents are.
_SHORTEST: Final = 8
# Without one of these, no encoding hides anything; in base64, eight characters are eleven.
_HIDING: Final = re.compile(r"[\w+/-]{11}|\\u00|%[2-7]|\0|data:", re.ASCII)
_WORD: Final = re.compile(r"[\w+/=%\\.:\0-]+", re.ASCII)
# Between texts that are searched together: no rule finds anything that goes over it.
_APART: Final = "\n\x01\n"
# What a known secret is made of; shorter or plainer ones are words and numbers that texts may hold, too.
_KNOWABLE: Final = re.compile(r"[^*]{16,}|(?=.*[0-9])(?=.*[A-Za-z])[^*]{8,}")
_MOST_KNOWN: Final = 1_000
# Of texts that were masked.
_MOST_KEPT, _LONGEST_KEPT = 32, 16_384
# Fields of the API that say what kind something is, within one that is masked.
_KINDS: Final = ("type", "object")
# Of a JSON Schema.
_SCHEMA_TYPES: Final = ("string", "integer", "number", "boolean", "array", "object", "null")


def is_named_like_a_key(name: str, value: str) -> bool:
    """Return whether a field, a parameter or a header of this name and this value is a secret."""
    plain = _IN_NAME.sub("", name.lower())
    if not value or is_of_emulator(value) or value == MASK:
        return False
    return bool(_STRONG.search(plain)) or (bool(_WEAK.search(plain)) and bool(_MIXED.fullmatch(value)))


class Secrets:
    """Finds and masks secrets. Those that authorize requests can be learned, and are known from then on.

    masks_hidden: whether what an encoding hides is masked, too; else it remains in a text, where `has_secret` finds it.
    """

    def __init__(self, *, masks_hidden: bool = False) -> None:
        self._masks_hidden = masks_hidden
        self._known: dict[str, None] = {}
        self._spelled: tuple[bytes, ...] = ()
        self._known_pattern: re.Pattern[str] | None = None
        # Texts that were masked lately, for each is shown in several places.
        self._masked: dict[str, str] = {}

    def learn(self, secret: str) -> None:
        """Know a secret by itself, wherever it stands: what a request was authorized by."""
        secret = secret.strip()
        if secret in self._known or is_of_emulator(secret) or not _KNOWABLE.fullmatch(secret):
            return
        if len(self._known) >= _MOST_KNOWN:  # those of long ago have ended
            del self._known[next(iter(self._known))]
        self._known[secret] = None
        spelled = {one for secret in self._known for one in (secret, quote(secret, safe=""), quote_plus(secret))}
        self._spelled = tuple(one.encode() for one in spelled)
        self._masked.clear()
        self._known_pattern = re.compile("|".join(map(re.escape, sorted(spelled, key=len, reverse=True))))

    # --- masking ----------------------------------------------------------------------------------------------------

    def without_secrets(self, text: str) -> str:
        """Return a text with its secrets masked."""
        if (masked := self._masked.get(text)) is not None:
            return masked
        masked = self._without(text)
        if len(text) <= _LONGEST_KEPT:
            if len(self._masked) >= _MOST_KEPT:
                self._masked.clear()
            self._masked[text] = masked
        return masked

    def _without(self, text: str) -> str:
        shown, place = [], 0
        for begin, end in self.spans(text):
            shown += [text[place:begin], MASK]
            place = end
        masked = "".join((*shown, text[place:])) if shown else text
        return self._without_hidden(masked) if self._masks_hidden else masked

    def _without_hidden(self, text: str) -> str:
        """Return a text without the words that hide a secret; without all of it where only several together do."""
        if _HIDING.search(text) is None or not self.has_secret(text):
            return text
        masked = _WORD.sub(lambda word: MASK if self.has_secret(word[0]) else word[0], text)
        return MASK if self.has_secret(masked) else masked

    def without_secrets_in(self, value: Any) -> Any:
        """Return a JSON value with the secrets in its texts and in its names masked, at any depth.

        Most values hold nothing that could be one: these are looked at as a whole, and returned as they are.
        """
        return value if isinstance(value, dict) and not self._may_be_in(value) else self._masked_in(value)

    def _masked_in(self, value: Any) -> Any:
        match value:
            case str():
                return self.without_secrets(value)
            case dict():
                masked = {self.without_secrets(name): self._field(name, one) for name, one in value.items()}
                return self._annotated(masked, value) if "annotations" in value else masked
            case list():
                return [self._masked_in(one) for one in value]
            case _:
                return value

    def _annotated(self, masked: dict[str, Any], value: Mapping[str, Any]) -> dict[str, Any]:
        """Return the text of a message with its annotations where they stand in it now."""
        text, annotations = value.get("value"), value["annotations"]
        if not isinstance(text, str) or masked["value"] == text or not isinstance(annotations, list):
            return masked
        if not all(isinstance(one, dict) for one in annotations):
            return masked
        moved = relocated(annotations, text, self.without_secrets)
        return {**masked, "annotations": [self._masked_in(one) for one in moved]}

    def _field(self, name: str, value: Any) -> Any:
        if isinstance(value, str):
            return MASK if is_named_like_a_key(name, value) else self.without_secrets(value)
        is_strong = _STRONG.search(_IN_NAME.sub("", name.lower())) is not None
        if is_strong and not _is_schema(value):
            return _masked(value)
        return self._masked_in(value)

    def spans(self, text: str) -> Spans:
        """Return where the secrets of a text stand: from where to where, in order, none within another."""
        if len(text) < _SHORTEST:
            return []
        # The patterns ignore case by Unicode's rules, by which there are more spellings of s and k.
        lower = text.casefold()
        found = list(self._certain(text, lower))
        if any(one in lower for one in _IN_NAMES):
            if any(label in lower for label in _LABELS):
                found += (one.span(1) for one in _LABELED.finditer(text) if _is_labeled_secret(one[1]))
                found += (one.span(1) for one in _LABELED_HEX.finditer(text))
            if "=" in text:
                found += (one.span(2) for one in _PARAMETER.finditer(text) if is_named_like_a_key(one[1], one[2]))
            if '"' in text:
                found += _fields(text)
        if "://" in text:
            found += (one.span(1) for one in _OF_URL.finditer(text) if one[1] != MASK)
        return _merged(found) if found else found

    def _certain(self, text: str, lower: str) -> Iterator[tuple[int, int]]:
        """Yield where secrets stand that are some by their own look, or by what is known."""
        for part, keys in _KEYS_BY_PART:
            if part in text:
                behind = len(part) if part == "sig=" else 0
                yield from ((one.start() + behind, one.end()) for one in keys.finditer(text))
        if any(scheme in lower for scheme in _SCHEMES):
            yield from (one.span(1) for one in _SCHEME.finditer(text))
        if self._known_pattern is not None:
            yield from (one.span() for one in self._known_pattern.finditer(text))

    # --- what cannot hold any -----------------------------------------------------------------------------------------

    def _may_be_in(self, value: Any) -> bool:
        """Return whether a secret may stand in a JSON value: False only where no rule finds one in any of its texts."""
        texts: list[str] = []
        names: set[str] = set()
        if not _is_gathered(value, texts, names):
            return True
        if not all(map(_is_plain_name, names)) or (
            self._known_pattern and self._known_pattern.search(_APART.join(names))
        ):
            return True
        together = _APART.join(texts)
        # A field that is cut ends with its text, of which nothing is seen here.
        if '"' in together and _FIELD.search(together) and any(one in together.casefold() for one in _IN_NAMES):
            return True
        if self.spans(together):
            return True
        return self._masks_hidden and self._may_be_hidden_in(together.encode("utf-8", "surrogatepass"))

    def _may_be_hidden_in(self, data: bytes) -> bool:
        """Return whether an encoding may hide a secret in some texts; of a stream it may always."""
        parts = (*_PARTS_IN_BYTES, *self._spelled)
        return b"data:" in data or any(
            any(part in one for part in parts) or any(scheme in one.lower() for scheme in _SCHEMES_IN_BYTES)
            for one in hidden_texts(data)
        )

    # --- what remains -----------------------------------------------------------------------------------------------

    def has_secret(self, data: bytes | str) -> bool:
        """Return whether a secret stands in a text or in bytes, also where it is hidden by an encoding."""
        if isinstance(data, str):
            data = data.encode("utf-8", "surrogatepass")
        return self._is_in(data, _KEYS) or any(self._is_in(one, _KEYS_WITHIN) for one in hidden_texts(data))

    def _is_in(self, data: bytes, keys: re.Pattern[str]) -> bool:
        if any(one in data for one in self._spelled):
            return True
        if any(part in data and _has_key_at(data, part, keys) for part in _PARTS_IN_BYTES):
            return True
        lower = data.lower()
        if not any(scheme in lower for scheme in _SCHEMES_IN_BYTES):
            return False
        return _SCHEME.search(data.decode("latin-1")) is not None

    def has_secret_in(self, value: Any) -> bool:
        """Return whether a secret stands in one of the texts of a JSON value."""
        return self.has_secret(_APART.join(_texts(value)))


def without_secrets(text: str) -> str:
    """Return a text with its secrets masked."""
    return Secrets().without_secrets(text)


def without_secrets_in(value: Any) -> Any:
    """Return a JSON value with its secrets masked."""
    return Secrets().without_secrets_in(value)


def has_secret(data: bytes | str) -> bool:
    """Return whether a secret stands in a text or in bytes, also in base64 or split over the deltas of a stream."""
    return Secrets().has_secret(data)


def _is_gathered(value: Any, texts: list[str], names: set[str]) -> bool:
    """Gather the texts of a value and the names of its fields; return whether none of these makes a text a secret."""
    match value:
        case str():
            texts.append(value)
        case dict():
            names.update(value)
            return all(
                (one is None or isinstance(one, int | float) or not _is_name_of_keys(name))
                and _is_gathered(one, texts, names)
                for name, one in value.items()
            )
        case list():
            return all(_is_gathered(one, texts, names) for one in value)
        case _:
            pass
    return True


@lru_cache(4096)
def _is_plain_name(name: str) -> bool:
    """Return whether a name of a field holds no secret itself."""
    secrets = Secrets()
    return not (secrets.spans(name) or secrets.has_secret(name))


@lru_cache(4096)
def _is_name_of_keys(name: str) -> bool:
    """Return whether the value of a field may be a secret by its name."""
    plain = _IN_NAME.sub("", name.lower())
    return _STRONG.search(plain) is not None or _WEAK.search(plain) is not None


def _has_key_at(data: bytes, part: bytes, keys: re.Pattern[str]) -> bool:
    """Return whether a key stands at one of the places of a part of it."""
    if data.count(part) > _MANY:
        return keys.search(data.decode("latin-1")) is not None
    place = data.find(part)
    while place >= 0:
        around = data[max(0, place - _BEFORE) : place + _BEHIND].decode("latin-1")
        if keys.search(around):
            return True
        place = data.find(part, place + 1)
    return False


def _is_labeled_secret(value: str) -> bool:
    return not is_of_emulator(value) and MASK not in value and _MIXED.search(value) is not None


def _fields(text: str) -> Iterator[tuple[int, int]]:
    """Yield where values stand that are named like keys, in a text that is JSON or holds some; a cut one to its end."""
    for field in _FIELD.finditer(text):
        closing = re.compile(rf"(?<!\\){re.escape(field[1])}\"").search(text, field.end())
        end = closing.start() if closing else len(text)
        if is_named_like_a_key(field[2], text[field.end() : end]):
            yield field.end(), end


def _merged(spans: Iterable[tuple[int, int]]) -> Spans:
    merged: Spans = []
    for begin, end in sorted(spans):
        if merged and begin <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        elif begin < end:
            merged.append((begin, end))
    return merged


def _is_schema(value: Any) -> bool:
    """Return whether a value describes a parameter, which may be named like a key."""
    return isinstance(value, Mapping) and value.get("type") in _SCHEMA_TYPES


def _masked(value: Any) -> Any:
    match value:
        case dict():
            return {name: one if name in _KINDS else _masked(one) for name, one in value.items()}
        case list():
            return [_masked(one) for one in value]
        case str():
            return value if not value or is_of_emulator(value) else MASK
        case _:
            return value


def _texts(value: Any) -> Sequence[str]:
    """Return all texts of a JSON value, names among them."""
    match value:
        case str():
            return [value]
        case dict():
            return [one for name, inner in value.items() for one in (name, *_texts(inner))]
        case list():
            return [one for inner in value for one in _texts(inner)]
        case _:
            return []
