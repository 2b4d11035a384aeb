"""``python -m contract_tests.matrix``: the same flows with every client library, from oldest to newest."""

import argparse
import platform
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from contract_tests.matrix.environments import ROOT
from contract_tests.matrix.report import page
from contract_tests.matrix.runner import Outcome, run, run_suite
from contract_tests.matrix.sdks import ALL, ENDS, SUITES, Sdk

PAGE = ROOT / "docs" / "sdk-matrix.md"


def main(argv: Sequence[str] | None = None) -> int:
    arguments = _arguments(argv)
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    outcomes = []
    for sdk in _chosen(arguments):
        console.print(f"{sdk.name} …", style="dim")
        outcome = run_suite(sdk) if sdk in SUITES else run(sdk, arguments.only)
        outcomes.append(outcome)
        if outcome.left_out:
            console.print(f"  left out: {outcome.left_out}", style="yellow")
        for failed in outcome.failed:
            console.print(f"  {failed}", style="red", markup=False)
    Console(highlight=False, width=None if sys.stdout.isatty() else 110).print(_table(outcomes))
    if arguments.write:
        _write(outcomes, arguments.write, console)
    return 1 if any(outcome.failed for outcome in outcomes) else 0


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m contract_tests.matrix", description=__doc__)
    parser.add_argument("--only", default="", metavar="TEXT", help="only flows whose title contains this")
    parser.add_argument("--python", metavar="VERSIONS", help="versions of openai-python, separated by commas, or none")
    parser.add_argument("--node", metavar="VERSIONS", help="versions of openai-node, separated by commas, or none")
    parser.add_argument(
        "--agents", metavar="VERSIONS", help="versions of azure-ai-agents, separated by commas, or none"
    )
    parser.add_argument("--runners", metavar="VERSIONS", help="versions of openai-agents, separated by commas, or none")
    parser.add_argument(
        "--langchain", metavar="VERSIONS", help="versions of langchain-openai, separated by commas, or none"
    )
    parser.add_argument(
        "--oldest-and-newest", action="store_true", help="only the oldest and the newest library of each language"
    )
    parser.add_argument("--suite", action="store_true", help="only the example suites in Node")
    parser.add_argument("--write", nargs="?", type=Path, const=PAGE, metavar="FILE", help=f"write {PAGE.name} too")
    return parser.parse_args(argv)


def _chosen(arguments: argparse.Namespace) -> Iterable[Sdk]:
    """Return the libraries to run: the named versions, if there are any, else all, and the example suites too."""
    if arguments.suite:
        return SUITES
    pool = [*(ENDS if arguments.oldest_and_newest else ALL), *(() if arguments.only else SUITES)]
    asked = {
        "openai-python": arguments.python,
        "openai-node": arguments.node,
        "azure-ai-agents": arguments.agents,
        "openai-agents": arguments.runners,
        "langchain-openai": arguments.langchain,
    }
    if not any(asked.values()):
        return pool
    named = {(kind, version) for kind, versions in asked.items() for version in (versions or "none").split(",")}
    known = {(sdk.kind, sdk.version) for sdk in ALL}
    if unknown := sorted(version for kind, version in named - known if version != "none"):
        raise SystemExit(f"not in the table of contract_tests/matrix/sdks.py: {', '.join(unknown)}")
    return [sdk for sdk in ALL if (sdk.kind, sdk.version) in named]


def _table(outcomes: Sequence[Outcome]) -> Table:
    caption = f"Python {platform.python_version()}, {platform.system()}"
    table = Table(title="The same flows with every client library", caption=caption)
    for name, side in (
        ("SDK", "left"),
        ("version", "left"),
        ("checks", "right"),
        ("failed", "right"),
        ("seconds", "right"),
    ):
        table.add_column(name, justify=side)
    for one in outcomes:
        if one.left_out:
            table.add_row(one.sdk.kind, one.sdk.version, "", "left out", "", style="yellow")
        else:
            row = (one.sdk.kind, one.sdk.version, str(one.checks), str(len(one.failed)), f"{one.seconds:.1f}")
            table.add_row(*row, style="red" if one.failed else None)
    return table


def _write(outcomes: Sequence[Outcome], path: Path, console: Console) -> None:
    completed = {outcome.sdk for outcome in outcomes if not outcome.left_out}
    if set(ALL) - completed:
        console.print(f"{path.name} is written only after a run of all libraries", style="yellow")
        return
    path.write_text(page([outcome for outcome in outcomes if outcome.sdk in ALL]), encoding="utf-8")


if __name__ == "__main__":
    raise SystemExit(main())
