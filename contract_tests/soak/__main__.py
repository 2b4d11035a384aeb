"""``python -m contract_tests.soak``: put a server under everything at once, and see what it loses and holds up.

It fails if anything that was acknowledged is lost, is there twice, or never ends, and if the server logs a traceback;
never for a time.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from contract_tests.soak import files, kills, messages, restarts, streams
from contract_tests.soak.report import Report

Section = Callable[[Report, Path], None]


def main() -> int:
    arguments = _arguments()
    report, started = Report(), time.perf_counter()
    for name, section in _sections(short=arguments.short, times=arguments.times).items():
        if arguments.only and name not in arguments.only:
            continue
        report.section = name
        begun = time.perf_counter()
        with tempfile.TemporaryDirectory(prefix=f"soak-{name}-") as folder:
            section(report, Path(folder))
        report.figure("seconds of this section", round(time.perf_counter() - begun))
    status = report.end()
    print(f"{'seconds':<18} {time.perf_counter() - started:.0f}")
    return status


def _sections(*, short: bool, times: int | None) -> dict[str, Section]:
    """Return the sections by name. times: how often the server is killed."""
    lives = times or (3 if short else 50)
    few = {"crowd": 40, "readers": 4, "words": 20_000, "seconds": 1}
    many = {"crowd": 500, "readers": 20, "words": 90_000, "seconds": 5}
    many_files = (20, 200) if short else (100, 1_000, 10_000)
    many_messages = 2_000 if short else 100_000
    at_rest, rounds = ((100, 500), 2) if short else ((1_000, 100_000), 7)
    return {
        "kills": lambda report, folder: kills.run(report, folder, lives),
        "streams": lambda report, folder: streams.run(report, folder, **(few if short else many)),
        "files": lambda report, folder: files.run(report, folder, many_files),
        "messages": lambda report, folder: messages.run(report, folder, many_messages),
        "restarts": lambda report, folder: restarts.run(report, folder, at_rest, rounds),
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m contract_tests.soak", description=__doc__)
    parser.add_argument("--short", action="store_true", help="a little of everything: less than a minute")
    parser.add_argument("--times", type=int, help="how often the server is killed (50, with --short 3)")
    names = list(_sections(short=True, times=None))
    parser.add_argument("--only", action="append", choices=names, help="only this section; repeatable")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
