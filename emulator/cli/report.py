"""``report``: what the namespaces of a running server have noticed, and how many failures there are."""

import json
from typing import Annotated, Literal

import typer

from emulator.cli.options import FailOnDrift
from emulator.cli.refusals import FAILED, RefusedError


def report(
    url: Annotated[
        str, typer.Option("--url", envvar="EMULATOR_URL", metavar="URL", help="Where the server answers.")
    ] = "http://127.0.0.1:8000",
    ns: Annotated[str | None, typer.Option("--ns", metavar="NAME", show_default="all", help="The namespace.")] = None,
    format: Annotated[  # noqa: A002 - the name of the option
        Literal["text", "json"], typer.Option(help="For people, or as the control API answers.")
    ] = "text",
    fail_on_drift: FailOnDrift = False,
    control_token: Annotated[
        str | None, typer.Option(envvar="EMULATOR_CONTROL_TOKEN", metavar="TOKEN", help="Token of the control API.")
    ] = None,
) -> None:
    """Show the report of a running server, exit code 1 if there are failures.

    Of namespaces with failures it names the page of the inspector. As JSON it is that of the namespace, or without
    --ns all of them by their names.
    """
    from emulator.cli.summary import pages_of, summary_of
    from emulator.domain.errors import EmulatorError
    from emulator.harness.emulator import Emulator
    from emulator.harness.namespace import Namespace

    try:
        with Emulator.connect(url, token=control_token) as emulator:
            namespaces = emulator.namespaces if ns is None else [Namespace(emulator, ns)]
            reports = {namespace.name: namespace.report(fail_on_drift=fail_on_drift) for namespace in namespaces}
            pages = pages_of(emulator, reports)
    except (EmulatorError, ValueError) as error:
        raise RefusedError(str(error)) from None
    summary = summary_of(reports, "the server has no namespaces", pages=pages)
    if format == "json":
        data = {name: dict(one.data) for name, one in reports.items()}
        typer.echo(json.dumps(data if ns is None else next(iter(data.values())), indent=2))
    else:
        typer.echo("\n".join(summary.lines))
    if summary.failures:
        raise typer.Exit(FAILED)
