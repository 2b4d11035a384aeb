"""Writes the rules of comparisons into parity.md: ``python docs/parity.py [--check]``.

They are those of `emulator.domain.parity.rules`. With ``--check`` nothing is written; a stale table is reported and the
exit code is 1.
"""

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "parity.md"
MARKED = re.compile(r"(<!-- rules -->\n).*?(<!-- /rules -->)", re.DOTALL)


def main(*, check: bool) -> int:
    """Write the table, or compare it; return the exit code."""
    sys.path.insert(0, str(ROOT))
    text = PAGE.read_text(encoding="utf-8")
    lines = "\n".join(table())
    written = MARKED.sub(lambda found: f"{found[1]}{lines}\n{found[2]}", text)
    if not check:
        PAGE.write_text(written, encoding="utf-8")
    elif written != text:
        print("docs/parity.md: the table of rules is stale; run python docs/parity.py")
        return 1
    print("rules of parity: up to date")
    return 0


def table() -> Iterator[str]:
    """Yield the lines of the table, in Markdown."""
    yield "| rule | what is the same | fields |"
    yield "| --- | --- | --- |"
    for rule in importlib.import_module("emulator.domain.parity.rules").RULES:
        fields = ", ".join(f"`{field}`" for field in dict.fromkeys(field for field, _ in rule.cases))
        yield f"| {rule.name} | {rule.description} | {fields} |"


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
