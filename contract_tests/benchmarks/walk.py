"""``python -m contract_tests.benchmarks.walk``: how many calls and files of the emulator a request passes through."""

import argparse
import json
import subprocess
from typing import Any

from rich.box import SIMPLE
from rich.console import Console
from rich.table import Table

from contract_tests.benchmarks.options import add_beside
from contract_tests.benchmarks.servers import HERE, THIS_VERSION, Version, environment

_REQUESTS = {"poll": "GET of a run that is over", "stream": "POST of a run, streamed"}


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m contract_tests.benchmarks.walk", description=__doc__)
    parser.add_argument("--files", action="store_true", help="list the files too")
    add_beside(parser)
    arguments = parser.parse_args()
    versions = {"this version": THIS_VERSION} | ({"beside": arguments.beside} if arguments.beside else {})
    counts = {name: count(version) for name, version in versions.items()}
    table = Table(title="Python calls and files, from the call of the app to its last send", box=SIMPLE)
    table.add_column("request")
    for name, version in versions.items():
        table.add_column(f"{name} ({version.describe()})", justify="right")
    for request, title in _REQUESTS.items():
        found = [each[request] for each in counts.values()]
        table.add_row(title, *(f"{each['calls']} calls, {len(each['files'])} files" for each in found))
    console = Console(highlight=False)
    console.print(table)
    if arguments.files:
        for name, each in counts.items():
            for request, title in _REQUESTS.items():
                console.print(f"\n{name}, {title}:", *each[request]["files"], sep="\n  ")


def count(version: Version) -> dict[str, Any]:
    """Return calls and files of each request, counted by the version's own interpreter."""
    # -P: the folder of the measuring file, whose modules have common names, stays out of the search for modules.
    done = subprocess.run(
        [version.python, "-P", HERE / "calls.py"],
        cwd=version.root,
        env={**environment(), "PYTHONPATH": str(version.root)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{version.root} could not be measured:\n{done.stderr}")
    counts: dict[str, Any] = json.loads(done.stdout)
    return counts


if __name__ == "__main__":
    main()
