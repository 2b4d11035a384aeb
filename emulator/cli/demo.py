"""``demo``: a conversation to look at."""

from typing import TYPE_CHECKING, Annotated

import typer

from emulator.cli.browser import OpenPage, open_in_browser
from emulator.cli.refusals import RefusedError

if TYPE_CHECKING:
    from emulator.demo.screen import Screen


def demo(
    inspect: Annotated[
        bool, typer.Option("--inspect", help="Go on until Ctrl-C, to look at the conversation in a browser.")
    ] = False,
    open_page: OpenPage = False,
) -> None:
    """Show a conversation between the official client and a scripted model.

    With --open its thread is shown in your browser, and the server goes on as with --inspect.
    """
    from emulator.demo import run
    from emulator.harness.clients import MissingClientError

    def hold(screen: "Screen", url: str) -> None:
        from emulator.harness.interrupts import stopped_by_signal

        with stopped_by_signal() as wait:
            screen.title(f"The conversation in the inspector: {url}")
            screen.line("", "Press Ctrl-C to stop.")
            if open_page:
                open_in_browser(url)
            wait()

    try:
        run(hold=hold if inspect or open_page else None)
    except MissingClientError as error:
        raise RefusedError(str(error)) from None
