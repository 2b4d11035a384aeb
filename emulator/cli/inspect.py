"""``inspect``: saved snapshots, shown in the inspector of a server of its own."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from emulator.cli.browser import OpenPage, open_in_browser
from emulator.cli.options import Port
from emulator.cli.refusals import refusing

if TYPE_CHECKING:
    from emulator.cli.snapshot_files import SnapshotFiles
    from emulator.harness.emulator import Emulator
    from emulator.harness.namespace import Namespace

_MOST_THREADS: Final = 3


def inspect(
    snapshots: Annotated[
        list[Path],
        typer.Argument(
            metavar="SNAPSHOT",
            exists=True,
            readable=True,
            help="Files of snapshots, and folders with some in them, NAME.zip each.",
        ),
    ],
    port: Port = 0,
    open_page: OpenPage = False,
) -> None:
    """Show saved snapshots in a browser until Ctrl-C, such as those of tests that failed.

    A server of its own has them in memory; the files stay as they are. Clocks stand where they stood.

    What was under way stays so while it is looked at. It goes on when something is changed in its namespace.
    """
    from emulator.cli.snapshot_files import snapshot_files
    from emulator.harness.interrupts import stopped_by_signal
    from emulator.live_server import LiveServer
    from emulator.settings import Settings

    files = snapshot_files(snapshots)
    with refusing(), LiveServer(Settings(inspected=files.by_name), port=port) as server:
        emulator = server.emulator
        with stopped_by_signal() as wait:
            typer.echo("\n".join(_greeting(emulator, files)))
            if open_page:
                pages = [_namespace(emulator, name).inspector_url for name in files.by_name]
                open_in_browser(pages[0] if len(pages) == 1 else f"{emulator.url}/")
            wait()


def _namespace(emulator: "Emulator", name: str) -> "Namespace":
    from emulator.harness.namespace import Namespace

    return Namespace(emulator, name)


def _greeting(emulator: "Emulator", files: "SnapshotFiles") -> Iterator[str]:
    count = len(files.by_name)
    yield f"{count} snapshot{'s' * (count != 1)} at {emulator.url}/"
    for name, path in files.by_name.items():
        yield ""
        yield from _about(_namespace(emulator, name), path, files.renamed.get(name))
    yield ""
    yield "Clocks stand still. What was under way goes on once you change something in its namespace."
    yield "Press Ctrl-C to stop."


def _about(namespace: "Namespace", path: Path, wanted: str | None) -> Iterator[str]:
    called = "" if wanted is None else f", as namespace {namespace.name}"
    yield f"{path}{called}"
    yield f"  {namespace.inspector_url}"
    threads = namespace.threads
    newest = [*threads.dialogues(_MOST_THREADS), *(str(one["id"]) for one in threads.newest(_MOST_THREADS))]
    yield from (f"  {threads.inspector_url(one)}" for one in newest[::-1])
