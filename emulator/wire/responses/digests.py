"""Digests of contexts: what stands in two of them is the same where their digests are.

Ids of items are no part of it: a client that keeps its own history need not send them back.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

import orjson

EMPTY: Final = ""
_OF_MESSAGE: Final = ("text", "refusal", "file_id", "image_url", "filename")
_OF_OTHERS: Final = ("type", "call_id", "name", "arguments", "output", "code", "queries")


def extended(digest: str, items: Iterable[Mapping[str, Any]]) -> str:
    """Return the digest of a context to which items were added. digest: of the context before; `EMPTY` of none."""
    for item in items:
        if item["type"] != "reasoning":
            digest = hashlib.sha256(digest.encode() + orjson.dumps(_content(item))).hexdigest()
    return digest


def _content(item: Mapping[str, Any]) -> list[Any]:
    if item["type"] == "message":
        parts = [[part[name] for name in _OF_MESSAGE if part.get(name)] for part in item["content"]]
        return [item["role"], parts]
    return [item.get(name) for name in _OF_OTHERS]
