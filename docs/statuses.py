"""Writes how to reach each run status into control-api.md: ``python docs/statuses.py [--check]``.

The table is that of `contract_tests.status_table`, whose cells the contract tests run. With ``--check`` nothing is
written; a stale table is reported and the exit code is 1.
"""

import importlib
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "control-api.md"
MARKED = re.compile(r"(<!-- statuses -->\n).*?(<!-- /statuses -->)", re.DOTALL)


def main(*, check: bool) -> int:
    """Write the table, or compare it; return the exit code."""
    sys.path.insert(0, str(ROOT))
    lines = "\n".join(importlib.import_module("contract_tests.status_table").table())
    text = PAGE.read_text(encoding="utf-8")
    written = MARKED.sub(lambda found: f"{found[1]}{lines}\n{found[2]}", text)
    if check and written != text:
        print("docs/control-api.md: the table of statuses is stale; run python docs/statuses.py")
        return 1
    PAGE.write_text(written, encoding="utf-8")
    print("statuses: up to date")
    return 0


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
