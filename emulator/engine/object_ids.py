"""Which form of id a day gave to new objects."""

from typing import Final

from emulator.engine.namespace import Namespace
from emulator.wire.history.behaviors import HEX_STORE_IDS, IBJ_BATCH_IDS, PREFIXED_REQUEST_IDS, SHORT_FILE_IDS

# kind -> (since when it has its newest form, the form before it)
_OLDER: Final = {
    "file": (SHORT_FILE_IDS, "file24"),
    "vs": (HEX_STORE_IDS, "vs24"),
    "vsfb_ibj": (IBJ_BATCH_IDS, "vsfb"),
    "req": (PREFIXED_REQUEST_IDS, "req_bare"),
}


def make(namespace: Namespace, kind: str) -> str:
    """Return a new id of a kind, in the form of the namespace's day."""
    newest, before = _OLDER[kind]
    return namespace.ids.make(kind if newest.active_on(namespace.config.wire) else before)
