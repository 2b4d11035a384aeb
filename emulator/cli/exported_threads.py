"""Threads of a running server, written as files."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typer

from emulator.cli.connection import namespace_of
from emulator.cli.refusals import RefusedError

if TYPE_CHECKING:
    from emulator.harness.namespace import Namespace

Form = Literal["json", "markdown"]


def export_thread(thread: str, form: Form, out: Path | None, *, url: str | None, ns: str, token: str | None) -> None:
    """Write a thread of a namespace to a file, or print it. Raises `RefusedError`."""
    with namespace_of(url, ns, token) as namespace:
        if out is None:
            text = namespace.threads.export(thread, "markdown") if form == "markdown" else _json(namespace, thread)
            typer.echo(text, nl=False)
            return
        archive = namespace.threads.export(thread, "zip")
    try:
        written = _write(archive, form, out)
    except OSError as error:
        raise RefusedError(f"{error.filename or out}: {error.strerror}") from None
    typer.echo("\n".join(map(str, written)))


def _json(namespace: "Namespace", thread: str) -> str:
    import json

    return json.dumps(namespace.threads.export(thread), indent=2, ensure_ascii=False) + "\n"


def _write(archive: bytes, form: Form, out: Path) -> list[Path]:
    """Write what is wanted of an archive; return the paths."""
    import io
    import shutil
    import zipfile

    from emulator.domain.exported_files import FOLDER, JSON, MARKDOWN

    if out.suffix.lower() == ".zip":
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(archive)
        return [out]
    name = JSON if form == "json" else MARKDOWN
    target = out / name if out.is_dir() or not out.suffix else out
    target.parent.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    with zipfile.ZipFile(io.BytesIO(archive)) as content:
        for member in content.namelist():
            if member != name and not member.startswith(f"{FOLDER}/"):
                continue
            path = target if member == name else target.parent / member
            path.parent.mkdir(exist_ok=True)
            with content.open(member) as source, path.open("wb") as file:
                shutil.copyfileobj(source, file)
            written.append(path)
    return written
