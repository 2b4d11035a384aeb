"""Sides of a comparison by their names on the command line: namespaces of running servers, and files of records."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from emulator.cli.refusals import RefusedError

if TYPE_CHECKING:
    from emulator.domain.parity.records import Record


def record_named(text: str, url: str, token: str | None) -> "Record":
    """Return the record of a file, or of a namespace, which is called by its name. Raises `RefusedError`."""
    from emulator.domain.errors import EmulatorError
    from emulator.harness.emulator import Emulator
    from emulator.harness.parity_sides import record_of

    try:
        if Path(text).is_file() or "@" in text:
            return record_of(text, token=token)
        with Emulator.connect(url, token=token) as emulator:
            return replace(record_of(text, server=emulator.control), namespace=text)
    except OSError as error:
        raise RefusedError(f"{text}: {error.strerror}") from None
    except (EmulatorError, ValueError) as error:
        raise RefusedError(" ".join(str(error).split())) from None
