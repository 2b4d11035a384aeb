"""``python -m contract_tests.benchmarks``: measure, print a table of ratios, and never fail for being slow."""

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from contract_tests.benchmarks import (
    conversations,
    deletes,
    in_process,
    inspector,
    plugin,
    polling,
    recorded,
    replicas,
    responses,
    scale,
    single_requests,
    streams,
)
from contract_tests.benchmarks.figures import Figure
from contract_tests.benchmarks.material import Material, prepare
from contract_tests.benchmarks.options import add_beside
from contract_tests.benchmarks.servers import THIS_VERSION, Version
from contract_tests.benchmarks.start import restart, start

Part = Callable[[], list[Figure]]


def main() -> None:
    arguments = _arguments()
    console = Console(stderr=True, highlight=False)
    figures: list[Figure] = []
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as folder:
        for title, part in _parts(prepare(Path(folder), arguments.beside), arguments).items():
            if arguments.only and not any(word in title for word in arguments.only):
                continue
            console.print(f"measuring {title} …", style="dim")
            try:
                figures += part()
            except (OSError, RuntimeError) as error:
                console.print(f"  left out: {error}", style="red")
    table = _table(figures, arguments.beside, time.perf_counter() - started)
    Console(highlight=False, width=None if sys.stdout.isatty() else 180).print(table)
    if arguments.json:
        text = json.dumps([figure.to_json() for figure in figures], indent=2, ensure_ascii=False)
        arguments.json.write_text(text + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m contract_tests.benchmarks", description=__doc__)
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--quick", action="store_true", help="fewer rounds: about a minute")
    size.add_argument("--full", action="store_true", help="a million messages instead of a hundred thousand")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to a file too")
    parser.add_argument("--only", action="append", metavar="WORD", help="only parts named with this word; repeatable")
    add_beside(parser)
    return parser.parse_args()


def _parts(inputs: Material, arguments: argparse.Namespace) -> dict[str, Part]:
    quick: bool = arguments.quick
    large = 1_000_000 if arguments.full else 10_000 if quick else 100_000
    return {
        "conversations": lambda: conversations.official_client(inputs, blocks=4 if quick else 30),
        "responses": lambda: responses.responses(inputs, blocks=4 if quick else 30, rounds=6 if quick else 30),
        "in process": lambda: in_process.in_process(inputs, blocks=4 if quick else 30),
        "crowd": lambda: conversations.crowd(inputs, conversations=500, rounds=3 if quick else 9),
        "start": lambda: start(inputs, rounds=5 if quick else 11),
        "restart": lambda: restart(inputs, 2_000 if quick else 20_000, rounds=5 if quick else 11),
        "streams": lambda: streams.streams(inputs, rounds=6 if quick else 30, crowd=200, crowds=3 if quick else 7),
        "single requests": lambda: single_requests.single_requests(
            inputs, rounds=3 if quick else 7, times=1_000 if quick else 3_000
        ),
        "polling": lambda: polling.polling(inputs, rounds=3 if quick else 7),
        "plugin": lambda: plugin.plugin(inputs, many=200 if quick else 1_000, rounds=3 if quick else 9),
        "reset": lambda: conversations.reset(inputs, rounds=5 if quick else 15),
        "scale": lambda: scale.scale(inputs, large, rounds=3 if quick else 9, times=200 if quick else 1_000),
        "search": lambda: scale.first_search(inputs, 10_000, rounds=3 if quick else 7),
        "recorded": lambda: recorded.recorded(
            inputs, 10_000 if quick else 100_000, 1_000 if quick else 10_000, rounds=9 if quick else 41
        ),
        "deletes": lambda: deletes.deletes(inputs, 10_000 if quick else 200_000),
        "inspector pages": lambda: inspector.pages(
            inputs, 10_000, 5_000, rounds=3 if quick else 9, times=20 if quick else 50
        ),
        "inspector live": lambda: inspector.followed(
            inputs, requests=500 if quick else 2_000, rounds=2 if quick else 5
        ),
        "inspector bytes": inspector.weights,
        "inspector start": lambda: inspector.start(rounds=5 if quick else 21),
        "replicas": lambda: replicas.replicas(inputs, blocks=4 if quick else 20, conversations=240 if quick else 1_200),
        "memory": lambda: conversations.memory(inputs, conversations=512 if quick else 4_096),
    }


def _table(figures: list[Figure], beside: Version | None, seconds: float) -> Table:
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    versions = f"this version: {THIS_VERSION.describe()}" + (f", beside: {beside.describe()}" if beside else "")
    machine = f"Python {platform.python_version()}, {platform.system()}, {os.cpu_count()} cores{load}, {seconds:.0f} s"
    table = Table(
        title="This version, and its ratios (min / median / max)", caption=f"{versions}; {machine}", box=SIMPLE
    )
    table.add_column("what")
    table.add_column("unit", no_wrap=True)
    sides = ("this", "baseline", "beside") if beside else ("this", "baseline")
    for name in (*sides, *(f"over {name}" for name in sides[1:])):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("aim")
    for figure in figures:
        ratios = (figure.baseline, figure.beside) if beside else (figure.baseline,)
        values = (figure.value, *(ratio.value if ratio else None for ratio in ratios))
        spreads = (f"{_number(r.low)} / {_number(r.middle)} / {_number(r.high)}" if r else "" for r in ratios)
        table.add_row(figure.what, figure.unit, *(_number(value) for value in values), *spreads, figure.aim)
    return table


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.{0 if value >= 100 or isinstance(value, int) else 1 if value >= 10 else 2}f}"


if __name__ == "__main__":
    main()
