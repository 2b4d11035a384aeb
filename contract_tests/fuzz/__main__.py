"""``python -m contract_tests.fuzz``: fuzz a server, print what was tested, and exit with 1 if anything failed."""

import argparse
import sys
import time

from contract_tests.fuzz.runner import fuzz


def main():
    parser = argparse.ArgumentParser(prog="python -m contract_tests.fuzz", description=__doc__)
    parser.add_argument(
        "--examples", type=int, default=100, help="requests per operation, in addition to the systematic ones"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--phases", default="coverage,fuzzing,stateful")
    parser.add_argument("--only", help="one operation, such as runs.create")
    parser.add_argument("--verbose", action="store_true", help="show the output of schemathesis")
    arguments = parser.parse_args()
    started = time.perf_counter()
    outcome = fuzz(examples=arguments.examples, seed=arguments.seed, phases=arguments.phases, only=arguments.only)
    seconds = time.perf_counter() - started
    if arguments.verbose or outcome.failures or not outcome.complete:
        print(outcome.text)
    for failure in outcome.failures:
        print(failure)
    print(f"{outcome.operations} operations, {outcome.cases} cases, {len(outcome.failures)} failures, {seconds:.0f} s")
    sys.exit(bool(outcome.failures) or not outcome.complete)


if __name__ == "__main__":
    main()
