"""``demo``: a conversation to look at."""

from emulator.cli.refusals import RefusedError


def demo() -> None:
    """Show a conversation between the official client and a scripted model."""
    from emulator.demo import run
    from emulator.harness.clients import MissingClientError

    try:
        run()
    except MissingClientError as error:
        raise RefusedError(str(error)) from None
