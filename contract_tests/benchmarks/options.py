"""The option that the commands share: another version of the emulator, to be measured beside this one."""

import argparse
import os
from pathlib import Path

from contract_tests.benchmarks.servers import Version


def add_beside(parser: argparse.ArgumentParser) -> None:
    """Add ``--beside DIR``, whose default is the environment variable BENCH_BESIDE."""
    parser.add_argument(
        "--beside",
        type=_version,
        default=os.environ.get("BENCH_BESIDE") or None,
        metavar="DIR",
        help="a checkout of another version, with its own .venv, to measure beside this one (default: BENCH_BESIDE)",
    )


def _version(folder: str) -> Version:
    try:
        return Version.at(Path(folder))
    except FileNotFoundError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
