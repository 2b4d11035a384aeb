"""What may stand on a side of a comparison: a namespace, its name, or a record in a file or in memory."""

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from emulator.domain.parity.records import Record
from emulator.harness.async_namespace import AsyncNamespace
from emulator.harness.control import Control, ask
from emulator.harness.emulator import Emulator
from emulator.harness.errors import ControlError
from emulator.harness.names import namespace_name
from emulator.harness.namespace import Namespace

Side = Namespace | AsyncNamespace | Record | Mapping[str, Any] | Path | str
_NOT_FOUND: Final = 404


def record_of(side: Side, *, server: Control | None = None, token: str | None = None) -> Record:
    """Return the record of a side.

    A text is the path of a record if there is such a file, else the name of a namespace: of `server`, or of another one
    as ``NAME@URL``. token: of the control API of that one. Raises `EmulatorError` for what a server refuses, OSError
    for a file that cannot be read, and ValueError for what is no side.
    """
    match side:
        case Record():
            return side
        case AsyncNamespace():
            return record_of(side.sync)
        case Namespace():
            return _asked(side.control.control, side.name)
        case Mapping():
            return Record.from_json(side)
        case Path() | str():
            is_file = isinstance(side, Path) or Path(side).is_file()
            return read_record(Path(side)) if is_file else _named(str(side), server, token)
    raise TypeError(f"{side!r:.80} is no side of a comparison: give a namespace, its name, or a record or its file")


def read_record(path: Path) -> Record:
    """Return the record of a file, which is called by its path. Raises OSError, and ValueError for another file."""
    try:
        data = json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        raise ValueError(f"{path} holds no record: it is no JSON") from None
    try:
        return replace(Record.from_json(data), namespace=str(path))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path} holds no record: {error}") from None


def _named(text: str, server: Control | None, token: str | None) -> Record:
    name, at, url = text.partition("@")
    if at and not url.startswith(("http://", "https://")):
        raise ValueError(f"{text!r}: give NAME@URL, such as {name}@http://127.0.0.1:8000")
    if at:
        with Emulator.connect(url, token=token) as other:
            return replace(_asked(other.control, name), namespace=text)
    if server is not None:
        return _asked(server, name)
    if url := os.environ.get("EMULATOR_URL", ""):
        with Emulator.connect(url, token=token or os.environ.get("EMULATOR_CONTROL_TOKEN")) as other:
            return _asked(other.control, name)
    raise ValueError(f"{text!r} is no file, and there is no server that may have such a namespace: give NAME@URL")


def _asked(server: Control, name: str) -> Record:
    """Return the record of a namespace. Raises ValueError where there is none."""
    if namespace_name(name) != name:
        raise ValueError(f"{name!r} is neither a file nor the name of a namespace")
    try:
        return Record.from_json(ask(server, "GET", f"/ns/{name}/parity-record"))
    except ControlError as error:
        if error.status != _NOT_FOUND:
            raise
        raise ValueError(f"{name!r} is neither a file nor a namespace of the server") from None
