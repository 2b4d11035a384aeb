"""Recordings as bodies of an import: whether a body is one, and what is to be taken of it."""

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from emulator.daemon_threads import in_thread
from emulator.domain.errors import ApiError
from emulator.domain.replay import REPLAY_CHOICES, replay_choices
from emulator.service.namespaces import Namespaces

_TEXT: Final[Mapping[str, Any]] = {"type": "string"}
PARAMETERS: Final = [
    {
        "name": "as",
        "in": "query",
        "schema": {**_TEXT, "enum": ["threads", "scripts", "both"]},
        "description": "What is taken of a recording; otherwise both of recorded requests, and threads of an export.",
    },
    {"name": "name", "in": "query", "schema": _TEXT, "description": "The name of the recording, for its scripts."},
    *(
        {"name": name, "in": "query", "schema": {**_TEXT, "enum": list(choices)}, "description": "Of its scripts."}
        for name, choices in REPLAY_CHOICES.items()
    ),
]
_UNSAFE: Final = re.compile(r"[^\w.-]+")


async def imported_recording(
    namespaces: Namespaces, ns: str, query: Mapping[str, str], body: bytes
) -> dict[str, Any] | None:
    """Take over a body that is a recording; None where it holds objects, and nothing else is asked for."""
    from emulator.recording.importing import UNNAMED, WHAT, import_recording, is_http_recording  # noqa: PLC0415

    what = next((one for one in WHAT if one == query.get("as")), None)
    if query.get("as") is not None and what is None:
        raise ApiError(400, f"as={query['as']!r}: choose one of {', '.join(WHAT)}", param="as")
    try:
        choices = replay_choices(drift=query.get("drift"), ids=query.get("ids"))
    except ValueError as error:
        raise ApiError(400, str(error), param=str(error).partition("=")[0]) from None
    name = _UNSAFE.sub("-", query.get("name") or "").strip("-.")[-100:] or UNNAMED
    with tempfile.TemporaryDirectory(prefix="emulator-import-") as folder:
        path = Path(folder) / name
        await in_thread(lambda: path.write_bytes(body), "import")
        if what in (None, "threads") and not await in_thread(lambda: is_http_recording(path), "import"):
            return None
        return await import_recording(namespaces, ns, path, what or "both", choices)
