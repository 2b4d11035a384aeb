"""Recordings, written in the form that another program reads."""

from pathlib import Path

import typer

from emulator.cli.refusals import FAILED, RefusedError


def export_recording(file: Path, output: Path) -> None:
    """Write what `record` has written as a cassette of vcrpy. Raises `RefusedError`.

    The exit code is 1 if an exchange was left out, because a key is in it.
    """
    from emulator.recording.recognition import read
    from emulator.recording.recordings import HttpRecording, UnreadableRecordingError
    from emulator.recording.vcrpy_files import write_cassette

    try:
        recording = read(file)
        if not isinstance(recording, HttpRecording) or recording.kind != "recorded":
            raise RefusedError(
                f"{file} is of the kind {recording.kind}: only what `record` wrote is exported --as vcrpy"
            )
        count, left_out = write_cassette(output, recording.exchanges)
    except UnreadableRecordingError as error:
        raise RefusedError(str(error)) from None
    except OSError as error:
        raise RefusedError(f"{output} cannot be written: {error.strerror}") from None
    typer.echo(f"{output}: {count} exchange{'' if count == 1 else 's'}")
    for note in recording.notes:
        typer.echo(f"  {note}")
    for line in left_out:
        typer.echo(f"warning: {file}:{line}: left out, because a key is in it", err=True)
    if left_out:
        raise typer.Exit(FAILED)
