"""Threads of a running server, written as files."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

import typer

from emulator.cli.connection import namespace_of
from emulator.cli.losses import say_losses
from emulator.cli.refusals import RefusedError

if TYPE_CHECKING:
    from emulator.harness.namespace import Namespace

Form = Literal["json", "markdown", "conversation"]


def export_thread(thread: str, form: Form, out: Path | None, *, url: str | None, ns: str, token: str | None) -> None:
    """Write a thread of a namespace to a file, or print it. Raises `RefusedError`."""
    if form == "conversation" and out is not None and out.suffix.lower() == ".zip":
        raise RefusedError("a thread is exported --as conversation to a JSON file or a folder")
    with namespace_of(url, ns, token) as namespace:
        text = _text(namespace, thread, form) if out is None or form == "conversation" else None
        archive = b"" if out is None else namespace.threads.export(thread, "zip")
    if out is None:
        typer.echo(text, nl=False)
        return
    try:
        written = _write(archive, form, out, text)
    except OSError as error:
        raise RefusedError(f"{error.filename or out}: {error.strerror}") from None
    typer.echo("\n".join(map(str, written)))


def _text(namespace: "Namespace", thread: str, form: Form) -> str:
    """Return what is printed of a thread; what a conversation has no place for goes to stderr at once."""
    import json

    if form == "markdown":
        return namespace.threads.export(thread, "markdown")
    exported = namespace.threads.export(thread, form)
    say_losses(exported.get("lost", ()))
    return json.dumps(exported, indent=2, ensure_ascii=False) + "\n"


def _write(archive: bytes, form: Form, out: Path, text: str | None) -> list[Path]:
    """Write what is wanted of an archive; return the paths. text: what is not in it, and stands beside its files."""
    import io
    import shutil
    import zipfile

    from emulator.domain.exported_files import CONVERSATION, FOLDER, JSON, MARKDOWN, TIMELINES

    if out.suffix.lower() == ".zip":
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_bytes(archive)
        return [out]
    name = {"json": JSON, "markdown": MARKDOWN, "conversation": CONVERSATION}[form]
    beside = (f"{FOLDER}/", f"{TIMELINES}/") if form == "markdown" else f"{FOLDER}/"
    target = out / name if out.is_dir() or not out.suffix else out
    target.parent.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    if text is not None:
        target.write_text(text, encoding="utf-8")
        written.append(target)
    with zipfile.ZipFile(io.BytesIO(archive)) as content:
        for member in content.namelist():
            if member != name and not member.startswith(beside):
                continue
            path = target if member == name else target.parent / member
            path.parent.mkdir(exist_ok=True)
            with content.open(member) as source, path.open("wb") as file:
                shutil.copyfileobj(source, file)
            written.append(path)
    return written
