"""Writes how to reach each run status into control-api.md and python.md: ``python docs/statuses.py [--check]``.

The tables are those of `contract_tests.status_table`, whose cells the contract tests run. With ``--check`` nothing is
written; a stale table is reported and the exit code is 1.
"""

import importlib
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Page -> whether it speaks Python.
PAGES = {ROOT / "docs" / "control-api.md": False, ROOT / "docs" / "python.md": True}
MARKED = re.compile(r"(<!-- statuses -->\n).*?(<!-- /statuses -->)", re.DOTALL)


def main(*, check: bool) -> int:
    """Write the tables, or compare them; return the exit code."""
    sys.path.insert(0, str(ROOT))
    table = importlib.import_module("contract_tests.status_table").table
    stale = [page for page, python in PAGES.items() if not _write(page, "\n".join(table(python=python)), check=check)]
    for page in stale:
        print(f"{page.relative_to(ROOT)}: the table of statuses is stale; run python docs/statuses.py")
    if not stale:
        print("statuses: up to date")
    return int(bool(stale))


def _write(page: Path, lines: str, *, check: bool) -> bool:
    """Write a table; return False where it is stale and only checked."""
    text = page.read_text(encoding="utf-8")
    written = MARKED.sub(lambda found: f"{found[1]}{lines}\n{found[2]}", text)
    if not check:
        page.write_text(written, encoding="utf-8")
    return written == text or not check


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
