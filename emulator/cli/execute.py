"""``exec``: a command beside a server of its own."""


def execute() -> None:
    """Run."""
