"""``python -m contract_tests.fuzz``: fuzz a server, tell what was asked of it, and fail if it did not bear it."""

import argparse
import sys
import time

from contract_tests.fuzz.running import fuzz


def main():
    asked = argparse.ArgumentParser(prog="python -m contract_tests.fuzz", description=__doc__)
    asked.add_argument("--examples", type=int, default=100, help="requests per operation, beside the systematic ones")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--phases", default="coverage,fuzzing,stateful")
    asked.add_argument("--only", help="one operation, such as runs.create")
    asked.add_argument("--verbose", action="store_true", help="show all that schemathesis says")
    given = asked.parse_args()
    started = time.perf_counter()
    done = fuzz(examples=given.examples, seed=given.seed, phases=given.phases, only=given.only)
    seconds = time.perf_counter() - started
    if given.verbose or done.failures or not done.complete:
        print(done.text)
    for failure in done.failures:
        print(failure)
    print(f"{done.operations} operations, {done.cases} cases, {len(done.failures)} failures, {seconds:.0f} s")
    sys.exit(bool(done.failures) or not done.complete)


if __name__ == "__main__":
    main()
