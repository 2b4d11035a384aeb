"""The start of a server on a file with many conversations at rest, over that on a file with few."""

import statistics
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from contract_tests.benchmarks import filling, material, start
from contract_tests.benchmarks.figures import in_turn
from contract_tests.benchmarks.servers import THIS_VERSION
from contract_tests.soak.report import Report

_MOST_RATIO = 1.5


def run(report: Report, folder: Path, sizes: Sequence[int], rounds: int) -> None:
    """Start on files with so many conversations, in turn."""
    script = material.scenario(folder)
    sides = []
    for size in sizes:
        file = folder / f"rest-{size}.sqlite"
        filling.begin(file, script)
        started = time.perf_counter()
        filling.add_conversations(file, size)
        report.figure(f"filling a file with {size:,} conversations", time.perf_counter() - started, "s")
        command = ("-m", "emulator", "serve", "--db", str(file), "--port")
        sides.append(partial(start.until_answered, THIS_VERSION, *command))
    in_turn(sides, 1)
    few, many = (statistics.median(series) for series in in_turn(sides, rounds))
    report.figure(f"start to first answer, {sizes[0]:,} conversations at rest", few * 1e3, "ms")
    report.figure(f"start to first answer, {sizes[1]:,} conversations at rest", many * 1e3, "ms")
    report.figure("the ratio of the two", many / few, "times", _MOST_RATIO)
    report.restart = f"{sizes[1]:,} conversations over {sizes[0]:,}: {many / few:.2f} times"
