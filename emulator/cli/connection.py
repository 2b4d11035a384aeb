"""The options of commands that ask a running server for something, and its namespace."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from emulator.cli.refusals import RefusedError

if TYPE_CHECKING:
    from emulator.harness.namespace import Namespace

Url = Annotated[
    str | None,
    typer.Option(envvar="EMULATOR_URL", metavar="URL", show_default="none", help="Where the server answers."),
]
NamespaceName = Annotated[str, typer.Option("--ns", metavar="NAME", help="The namespace on it.")]
Token = Annotated[
    str | None,
    typer.Option(
        "--control-token",
        envvar="EMULATOR_CONTROL_TOKEN",
        metavar="TOKEN",
        show_default="none",
        help="Bearer token of the control API.",
    ),
]


@contextmanager
def namespace_of(url: str | None, name: str, token: str | None) -> Iterator["Namespace"]:
    """Return a namespace of a running server; what is refused ends the command with one line."""
    from emulator.domain.errors import EmulatorError
    from emulator.harness.emulator import Emulator
    from emulator.harness.namespace import Namespace

    if url is None:
        raise RefusedError("say with --url where the server answers, such as http://127.0.0.1:8000")
    try:
        with Emulator.connect(url, token=token) as emulator:
            yield Namespace(emulator, name)
    except (EmulatorError, ValueError) as error:
        raise RefusedError(" ".join(str(error).split())) from None
