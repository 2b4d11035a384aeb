"""Writes the scenario format's JSON Schema, for editors: ``python docs/schema.py [--check]``."""

import json
import sys
from pathlib import Path

import scripted_models

FILE = Path(__file__).with_name("scenario-1.schema.json")


def main(*, check: bool) -> int:
    """Write the schema, or check the written one; return the exit code."""
    text = json.dumps(scripted_models.schema(), indent=2, ensure_ascii=False) + "\n"
    if not check:
        FILE.write_text(text, encoding="utf-8")
    elif not FILE.exists() or FILE.read_text(encoding="utf-8") != text:
        print(f"docs/{FILE.name} is stale; run python docs/schema.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
