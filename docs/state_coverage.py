"""Writes the items of state coverage into state-coverage.md: ``python docs/state_coverage.py [--check]``.

They are those of `emulator.domain.coverage_items`, with the lines of `emulator.domain.coverage_reach`, which the
contract tests run. With ``--check`` nothing is written; a stale table is reported and the exit code is 1.
"""

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "state-coverage.md"
MARKED = re.compile(r"(<!-- items -->\n).*?(<!-- /items -->)", re.DOTALL)


def main(*, check: bool) -> int:
    """Write the table, or compare it; return the exit code."""
    sys.path.insert(0, str(ROOT))
    text = PAGE.read_text(encoding="utf-8")
    lines = "\n".join(table())
    written = MARKED.sub(lambda found: f"{found[1]}{lines}\n{found[2]}", text)
    if not check:
        PAGE.write_text(written, encoding="utf-8")
    elif written != text:
        print("docs/state-coverage.md: the table of items is stale; run python docs/state_coverage.py")
        return 1
    print("state coverage: up to date")
    return 0


def table() -> Iterator[str]:
    """Yield the lines of the table, in Markdown."""
    items = importlib.import_module("emulator.domain.coverage_items")
    groups = items.GROUPS
    ways = {
        items.BACKGROUND: "counts with a response in the background",
        items.STREAM: "counts with a response that is streamed",
    }
    reach = importlib.import_module("emulator.domain.coverage_reach").REACH
    yield "| group | item | a line that reaches it | with |"
    yield "| --- | --- | --- | --- |"
    for group in groups:
        for item in group.items:
            needs = ways.get(item.needs, f"counts with the tool `{item.needs}`") if item.needs else ""
            given = "; ".join(filter(None, (reach[item.name].about, needs)))
            yield f"| {group.name} | `{item.name}` | `{reach[item.name].line}` | {given} |"


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
