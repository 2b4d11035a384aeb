"""``export``: writes a thread of a running server, or a recording, in the form that others read."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from emulator.cli.connection import NamespaceName, Token, Url
from emulator.cli.refusals import RefusedError


def export(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="A recording, as `record` writes it.", exists=True, dir_okay=False),
    ] = None,
    thread: Annotated[
        str | None, typer.Option(metavar="ID", show_default="none", help="A thread of a running server.")
    ] = None,
    url: Url = None,
    ns: NamespaceName = "default",
    as_: Annotated[
        Literal["json", "markdown", "conversation", "vcrpy"],
        typer.Option(
            "--as",
            help="Of a thread: json is what `import` takes, markdown is for people, conversation is what makes a"
            " conversation of it. Of a recording: vcrpy, a cassette.",
        ),
    ] = "json",
    out: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="OUT",
            show_default="a thread is printed, without files",
            help="A file; of a thread also NAME.zip or a folder. Its files go to the folder `files` beside it.",
        ),
    ] = None,
    control_token: Token = None,
) -> None:
    """Export a thread of a running server, or a recording as a cassette that vcrpy replays.

    The exit code is 1 if an exchange of a recording was left out, because a key is in it.
    """
    if (file is None) == (thread is None):
        raise RefusedError("give either a recording, or a thread by --thread")
    if thread is not None:
        from emulator.cli.exported_threads import export_thread

        if as_ == "vcrpy":
            raise RefusedError("a thread is exported --as json, --as markdown or --as conversation")
        export_thread(thread, as_, out, url=url, ns=ns, token=control_token)
    elif file is not None:
        from emulator.cli.exported_cassettes import export_recording

        if as_ != "vcrpy" or out is None:
            raise RefusedError("a recording is exported --as vcrpy -o OUT")
        export_recording(file, out)
