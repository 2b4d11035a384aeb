"""``record``: a server that passes requests on to another one, and writes down what was said, until it is stopped."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from emulator import __version__
from emulator.cli.options import Certificate, CertificateKey, Existing, Host, Port, Server
from emulator.cli.ready_file import ReadyFile
from emulator.cli.refusals import FAILED, refusing

if TYPE_CHECKING:
    from emulator.recording.recorder.recording_file import RecordingFile
    from emulator.recording.recorder.upstream import Upstream


def record(
    upstream: Annotated[
        str,
        typer.Option(
            metavar="URL",
            help="The server that is recorded, such as https://X.services.ai.azure.com/api/projects/P.",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", metavar="FILE", dir_okay=False, help="Recording (JSONL); one that is there is continued."
        ),
    ],
    host: Host = "127.0.0.1",
    port: Port = 8000,
    certfile: Certificate = None,
    keyfile: CertificateKey = None,
    ready_file: Annotated[
        Path | None,
        Server(
            metavar="FILE",
            dir_okay=False,
            show_default="none",
            help="Write url and pid there as JSON once requests are answered.",
        ),
    ] = None,
    ca_file: Annotated[
        Path | None,
        Existing(help="Certificates (PEM) to trust beside the usual ones.", show_default="none"),
    ] = None,
    include_neighbors: Annotated[
        bool, typer.Option("--include-neighbors", help="Record other paths too, such as those of chat completions.")
    ] = False,
) -> None:
    """Pass requests on to a server of the API, and record them without their keys, until Ctrl-C.

    The exit code is 1 if an exchange was left out, because a key remained in it or because it could not be written.
    """
    from emulator.listening import bound, is_loopback, tls_of, to_connect_to
    from emulator.recording.recorder.app import Recorder
    from emulator.recording.recorder.errors import UpstreamError
    from emulator.recording.recorder.recording_file import RecordingFile
    from emulator.recording.recorder.upstream import Upstream
    from emulator.server import Server as RunningServer

    def warn(line: str) -> None:
        typer.echo(line, err=True)

    with refusing(), ReadyFile(ready_file) as announcement:
        chosen, tls = Upstream.of(upstream), tls_of(certfile, keyfile)
        with bound(host, port) as sock:
            if chosen.is_at(host, sock.getsockname()[1]):
                raise UpstreamError("the upstream is where this command itself would listen; choose another --port")
            file = RecordingFile(output)
            if file.was_torn:
                warn(f"warning: the last line of {output} was not whole, and was removed")

            def ready(url: str) -> None:
                announcement.write(to_connect_to(url))
                typer.echo(_greeting(chosen, file, to_connect_to(url)))
                if not is_loopback(host):
                    warn("warning: other machines can use this server, and what they send is recorded")

            try:
                app = Recorder(chosen, file, warn, ca_file=ca_file, include_neighbors=include_neighbors)
                RunningServer(app, sock, ready=ready, tls=tls).serve_here()
            finally:
                file.close()
    sink = app.sink
    typer.echo(f"{sink.recorded} recorded in {output}, {sink.left_out} left out")
    if sink.left_out:
        raise typer.Exit(FAILED)


def _greeting(upstream: "Upstream", file: "RecordingFile", url: str) -> str:
    return "\n".join(
        (
            f"assistants-emulator {__version__} records {upstream.origin}{upstream.path} at {url}",
            "",
            *_ways_in(upstream, url),
            "",
            f"recording    {file.path} ({file.lines} exchanges so far)",
            "Press Ctrl-C to stop.",
        )
    )


def _ways_in(upstream: "Upstream", url: str) -> tuple[str, ...]:
    """Return what clients are to be given instead of the upstream's URL."""
    if "/api/projects/" in upstream.path:
        return (f"endpoint of the Foundry project: {url}{upstream.path}",)
    if upstream.is_azure and not upstream.path:
        return (f"export AZURE_OPENAI_ENDPOINT={url}",)
    return (f"export OPENAI_BASE_URL={url}{upstream.path or '/v1'}",)
