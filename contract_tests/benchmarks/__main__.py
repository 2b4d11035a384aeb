"""``python -m contract_tests.benchmarks``: measure, show a table of ratios, and never fail for being slow."""

import argparse
import json
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from contract_tests.benchmarks import conversations, material, scale, single_requests, starting, streams
from contract_tests.benchmarks.figures import Figure

Part = Callable[[], list[Figure]]


def main() -> None:
    given = _arguments()
    console = Console(stderr=True, highlight=False)
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as name:
        figures: list[Figure] = []
        started = time.perf_counter()
        for title, part in _parts(Path(name), given).items():
            if given.only and not any(word in title for word in given.only):
                continue
            console.print(f"measuring {title} …", style="dim")
            try:
                figures += part()
            except (OSError, RuntimeError) as error:
                console.print(f"  left out: {error}", style="red")
        seconds = time.perf_counter() - started
    Console(highlight=False, width=None if sys.stdout.isatty() else 140).print(_table(figures, seconds))
    if given.json:
        given.json.write_text(json.dumps([figure.to_json() for figure in figures], indent=2, ensure_ascii=False) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m contract_tests.benchmarks", description=__doc__)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="fewer rounds: under a minute")
    size.add_argument("--full", action="store_true", help="a million messages instead of a hundred thousand")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures too")
    parser.add_argument("--only", action="append", metavar="WORD", help="only parts whose name holds this; repeatable")
    return parser.parse_args()


def _parts(folder: Path, given: argparse.Namespace) -> dict[str, Part]:
    quick: bool = given.quick
    script = material.scenario(folder)
    talk, stream = material.record(script)
    large = 1_000_000 if given.full else 10_000 if quick else 100_000
    return {
        "conversations": lambda: conversations.real_client(folder, script, talk, 40 if quick else 300),
        "crowd": lambda: conversations.at_once(folder, script, talk, rounds=1 if quick else 3),
        "start": lambda: starting.starting(3 if quick else 9),
        "streams": lambda: streams.streams(folder, script, stream, rounds=6 if quick else 30, crowd=200),
        "single requests": lambda: single_requests.single(
            folder, script, talk, rounds=3 if quick else 7, times=1_000 if quick else 3_000
        ),
        "reset": lambda: conversations.reset(script, folder, 5 if quick else 15),
        "scale": lambda: scale.scale(folder, script, large, rounds=3 if quick else 9, times=200 if quick else 1_000),
        "memory": lambda: conversations.memory(folder, script, 512 if quick else 4_096),
    }


def _table(figures: list[Figure], seconds: float) -> Table:
    machine = f"Python {platform.python_version()}, {platform.system()}, {seconds:.0f} s"
    table = Table(title="Ratios: the emulator over what stands beside it", caption=machine)
    table.add_column("what")
    for name in ("emulator", "beside it", "min", "ratio", "max"):
        table.add_column(name, justify="right")
    table.add_column("aim")
    for figure in figures:
        ratios = ("" if value is None else f"{value:.2f}" for value in (figure.low, figure.ratio, figure.high))
        other = "" if figure.other is None else _amount(figure.other, figure.unit)
        table.add_row(figure.what, _amount(figure.ours, figure.unit), other, *ratios, figure.aim)
    return table


def _amount(value: float, unit: str) -> str:
    number = f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.2f}"
    return f"{number} {unit}".strip()


if __name__ == "__main__":
    main()
