"""Files that a scenario names: images beside it, and files of the program that are found again by their names."""

import base64
import re
from pathlib import PurePosixPath
from typing import Any, Final

from emulator.recording.distiller.texts import Texts
from emulator.recording.evidence.documents import Documents
from emulator.recording.evidence.known import KnownFile
from emulator.recording.secrets import Secrets
from emulator.wire.files import EXTENSIONS

_STAND_IN: Final = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABpfZFQAAAAABJRU5ErkJggg=="
)
_SIGNATURES: Final = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpg", b"GIF8": "gif", b"RIFF": "webp"}
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._-]+")


class Files:
    """The files of one scenario. assets: those beside it. fixtures: those that it makes, by their names there.

    stand_ins: images without bytes. unknown: files without a name. without_bytes: cited uploads, with their names.
    lost: files that the scenario makes without their content. makes_files: whether it makes those that were there
    before; an export brings them along.
    """

    def __init__(
        self, documents: Documents, texts: Texts, secrets: Secrets, folder: str, *, makes_files: bool = True
    ) -> None:
        self._documents = documents
        self._texts = texts
        self._secrets = secrets
        self._folder = folder
        self._images: dict[str, str] = {}
        self.assets: dict[str, bytes] = {}
        self.fixtures: dict[str, dict[str, Any]] = {}
        self.stand_ins: dict[str, None] = {}
        self.unknown: dict[str, None] = {}
        self.without_bytes: dict[str, str] = {}
        self.lost: dict[str, str] = {}
        self._makes_files = makes_files

    # --- images -----------------------------------------------------------------------------------------------------

    def image(self, id_: str) -> str:
        """Return the path of an image beside the scenario: the real one, or a tiny one that stands in for it."""
        if id_ not in self._images:
            self._images[id_] = self._keep_image(id_)
        return self._images[id_]

    def _keep_image(self, id_: str) -> str:
        known = self._documents.files.get(id_)
        data = known.content if known else None
        ending = next((ending for sign, ending in _SIGNATURES.items() if data and data.startswith(sign)), None)
        if data is None or ending is None or self._secrets.has_secret(data):
            self.stand_ins[id_] = None
            return self._keep("stand-in.png", _STAND_IN)
        name = self.name(id_) or ""
        if id_ in name:  # the service named it so, which says nothing, and is otherwise in each recording
            name = ""
        stem = _safe(name).rsplit(".", 1)[0] or f"image-{len(self._images) + 1}"
        return self._keep(f"{stem}.{ending}", data)

    def _keep(self, name: str, data: bytes) -> str:
        """Keep a file beside the scenario, under a name of its own, and return its path."""
        stem, _, ending = name.rpartition(".")
        path, number = f"{self._folder}/{name}", 2
        while self.assets.get(path, data) != data:
            path, number = (
                f"{self._folder}/{stem or ending}-{number}.{ending}" if stem else f"{self._folder}/{name}-{number}",
                number + 1,
            )
        self.assets[path] = data
        return path

    # --- files of the program ---------------------------------------------------------------------------------------

    def name(self, id_: str) -> str | None:
        """Return the name of a file, as far as the recording shows it."""
        known = self._documents.files.get(id_)
        return self._texts.plain(known.name) if known and known.name else None

    def reference(self, id_: str) -> str:
        """Return what stands for the id of a file in a scenario: a template by its name, or the id itself."""
        known = self._documents.files.get(id_) or KnownFile(id_)
        name = self.name(id_)
        if name is not None and not known.by_model and known.purpose != "assistants_output":
            if known.made:
                if known.content is None:
                    self.without_bytes[id_] = name
            elif self._makes_files:
                self._add_fixture(known, _purpose(name))  # the program has not brought it along
            return f"{{{{ file_id({_quoted(name)}) }}}}"
        if known.content is not None or known.by_model or known.purpose == "assistants_output":
            self._add_fixture(known)
        else:
            self.unknown[id_] = None
        return id_

    def bring_along(self, id_: str) -> bool:
        """Let the scenario make a file of an export with its bytes; return whether they may be in a scenario."""
        known = self._documents.files.get(id_)
        if known is None or self._content(known) is None:
            return False
        self._add_fixture(known, known.purpose or _purpose(self.name(id_) or ""))
        return True

    def _add_fixture(self, file: KnownFile, purpose: str = "assistants_output") -> None:
        """Let the scenario make a file that the program did not upload, with a text where its content is lost."""
        if any(fixture["id"] == file.id for fixture in self.fixtures.values()):
            return
        name = self.name(file.id) or f"file-{len(self.fixtures) + 1}.txt"
        fixture: dict[str, Any] = {"id": file.id}
        content = self._content(file)
        if content is None:
            self.lost[file.id] = name
            fixture |= {"text": "[emulator] its content is not in the recording", "filename": name.rsplit("/", 1)[-1]}
        else:
            fixture |= {"path": self._keep(_safe(name) or "file", content), "filename": name.rsplit("/", 1)[-1]}
        self.fixtures[_free(_safe(name).rsplit(".", 1)[0] or "file", self.fixtures)] = {
            **fixture,
            "purpose": purpose,
        }

    def _content(self, file: KnownFile) -> bytes | None:
        if file.content is None:
            return None
        try:
            return self._texts.plain(file.content.decode()).encode()
        except UnicodeDecodeError:
            return None if self._secrets.has_secret(file.content) else file.content


def _purpose(name: str) -> str:
    """Return what a file was uploaded for, as far as its name allows that: the API takes some kinds of files only."""
    extension = PurePosixPath(name).suffix.removeprefix(".").lower()
    return "assistants" if not extension or extension in EXTENSIONS else "assistants_output"


def _safe(name: str) -> str:
    return _UNSAFE.sub("-", name.rsplit("/", 1)[-1]).strip("-.")[-80:]


def _quoted(text: str) -> str:
    """Return a text as a literal of a template, in which nothing looks like the end of one."""
    escaped = (
        text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("{", "\\x7b").replace("}", "\\x7d")
    )
    return f"'{escaped}'"


def _free(name: str, taken: dict[str, Any]) -> str:
    number, free = 2, name
    while free in taken:
        free, number = f"{name}-{number}", number + 1
    return free
