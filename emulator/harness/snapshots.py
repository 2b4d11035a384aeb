"""Snapshots of a namespace, kept by its server or in a file."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from emulator.harness.control import NamespaceControl


class Snapshot:
    """What is kept of a namespace. name: on the server; size: bytes; objects: how many of each kind."""

    def __init__(self, control: NamespaceControl, about: Mapping[str, Any]) -> None:
        self.control = control
        self.name: str = about["name"]
        self.size: int = about["bytes"]
        self.created_at: float = about["created_at"]
        self.objects: Mapping[str, int] = about["objects"]

    def __repr__(self) -> str:
        return f"<Snapshot {self.name}: {self.size} bytes>"

    def read(self) -> bytes:
        """Return it as the bytes of a file, for any other server."""
        return self.control.read(path_of(self.name))

    def save(self, path: str | Path) -> Path:
        """Write it to a file and return its path."""
        path = Path(path)
        path.write_bytes(self.read())
        return path

    def delete(self) -> None:
        """Let the server forget it."""
        self.control.ask("DELETE", path_of(self.name))


def path_of(name: str) -> str:
    """Return the path of a snapshot below its namespace."""
    return f"/snapshots/{quote(name, safe='')}"
