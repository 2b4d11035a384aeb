"""``python -m contract_tests.matrix.loops``: how the loops of three libraries recover, by the verdict."""

import argparse
import logging
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from rich.console import Console

from contract_tests.matrix.environments import NotInstalledError, environment
from contract_tests.matrix.loops.cases import CASES, Case
from contract_tests.matrix.loops.libraries import LOOPS, Loop
from contract_tests.matrix.loops.report import PAGE, table, with_section
from contract_tests.matrix.loops.trials import Trial, trial
from emulator import LiveServer

# As many programs run at the same time.
_AT_ONCE = 2


def main(argv: Sequence[str] | None = None) -> int:
    arguments = _arguments(argv)
    logging.getLogger("emulator").setLevel(logging.ERROR)  # hints are in the table
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    loops = [loop for loop in LOOPS if arguments.loop in loop.name]
    try:
        trials = list(_trials(loops, arguments.only))
    except NotInstalledError as error:
        console.print(f"not installed: {error}", style="red", markup=False)
        return 1
    if arguments.requests:
        _list_requests(trials, console)
    Console(highlight=False, width=None if sys.stdout.isatty() else 160).print(table(loops, trials))
    if unsound := [one for one in trials if not one.case.goes_wrong and not one.is_sound]:
        for one in unsound:
            console.print(f"{one.loop.name} does not answer soundly although nothing goes wrong", style="red")
        return 1
    if arguments.only or loops != list(LOOPS):
        return 0
    page = PAGE.read_text(encoding="utf-8")
    if (as_found := with_section(page, trials)) == page:
        return 0
    if not arguments.write:
        console.print(f"{PAGE.name} says otherwise: have it written by --write", style="red")
        return 1
    PAGE.write_text(as_found, encoding="utf-8")
    return 0


def _list_requests(trials: Sequence[Trial], console: Console) -> None:
    for one in trials:
        console.print(f"\n{one.loop.name}: {one.case.name}: {one.did}", markup=False)
        for line in one.log:
            console.print(f"  {line}", markup=False)


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m contract_tests.matrix.loops", description=__doc__)
    parser.add_argument("--only", default="", metavar="TEXT", help="only cases whose name contains this")
    parser.add_argument("--loop", default="", metavar="TEXT", help="only loops whose name contains this")
    parser.add_argument("--requests", action="store_true", help="list the requests and the findings of each cell")
    parser.add_argument(
        "--write", action="store_true", help=f"write the section of {PAGE.name}, after all loops and cases"
    )
    return parser.parse_args(argv)


def _trials(loops: Sequence[Loop], only: str) -> Iterator[Trial]:
    homes = {loop.sdk: environment(loop.sdk) for loop in loops}
    with LiveServer() as server, ThreadPoolExecutor(_AT_ONCE) as pool:
        chosen = [(loop, case) for loop in loops for case in CASES if only in case.name and _may_meet(loop, case)]
        yield from pool.map(lambda one: trial(server, one[0], homes[one[0].sdk], one[1]), chosen)


def _may_meet(loop: Loop, case: Case) -> bool:
    return case.of == "all" or (case.of == "streams") == loop.streams


if __name__ == "__main__":
    raise SystemExit(main())
