"""Ids for what came without one: always the same for the same content."""

import hashlib
import json
from typing import Any, Final

_LETTERS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_PREFIXES: Final = {
    "thread": "thread_",
    "thread.message": "msg_",
    "thread.run": "run_",
    "thread.run.step": "step_",
    "assistant": "asst_",
    "file": "file-",
    "vector_store": "vs_",
    "call": "call_",
}


def made_id(kind: str, *content: Any) -> str:
    """Return the id of an object that is known by its content."""
    # Not by orjson, after which every text keeps a copy of its bytes.
    text = json.dumps([kind, *content], ensure_ascii=False, separators=(",", ":"), sort_keys=True, default=str)
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()
    number = int.from_bytes(digest, "big")
    letters = []
    for _ in range(24):
        number, rest = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[rest])
    return _PREFIXES.get(kind, f"{kind.rpartition('.')[2]}_") + "".join(letters)
