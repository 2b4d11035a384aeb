"""Draws life cycles between the markers of the documents: ``python docs/diagrams.py [--check]``.

A diagram stands between ``<!-- diagram: NAME -->`` and ``<!-- /diagram -->``; NAME is a machine of
`emulator.domain.lifecycle`. With ``--check`` nothing is written: stale diagrams, broken local links, and commands in
shell blocks that do not exist are printed, and the exit code is 1.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from emulator.cli import COMMANDS
from emulator.domain.lifecycle import MACHINES, Machine

ROOT = Path(__file__).resolve().parent.parent
MARKED = re.compile(r"(<!-- diagram: (?P<name>[a-z ]+) -->\n).*?(<!-- /diagram -->)", re.DOTALL)
FENCED = re.compile(r"^```(?P<language>\w*)[^\n]*\n(?P<body>.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\((?!\w+:)(?P<target>[^)\s#]*)(?:#(?P<anchor>[^)\s]*))?\)")
HEADING = re.compile(r"^#+ +(?P<text>.+?) *$", re.MULTILINE)
COMMAND = re.compile(
    r"^(?:\$ )?(?:(?P<make>make)(?: -C \S+)?|(?:python3? -m emulator|assistants-emulator)) +(?P<name>[\w-]+)",
    re.MULTILINE,
)
TARGET = re.compile(r"^(?P<name>[a-z-]+):", re.MULTILINE)


def draw(machine: Machine) -> str:
    """Return a machine as a Mermaid diagram: it starts in its first row, and ends where a row is empty."""
    lines = ["stateDiagram-v2", f"    [*] --> {next(iter(machine))}"]
    for status, row in machine.items():
        signals: dict[str, list[str]] = {}
        for signal, arrival in row.items():
            signals.setdefault(arrival.status, []).append(signal)
        lines += [f"    {status} --> {target}: {' / '.join(names)}" for target, names in signals.items()]
        if not row:
            lines.append(f"    {status} --> [*]")
    return "\n".join(lines)


def redraw(text: str) -> str:
    """Return a document with all diagrams up to date."""

    def diagram(found: re.Match[str]) -> str:
        return f"{found[1]}```mermaid\n{draw(MACHINES[found['name']])}\n```\n{found[3]}"

    return MARKED.sub(diagram, text)


def documents() -> list[Path]:
    """Return the documents of the project, without those of installed and built packages."""
    within = ((path, path.relative_to(ROOT).parts) for path in ROOT.rglob("*.md"))
    return sorted(path for path, parts in within if not any(part == "build" or part.startswith(".") for part in parts))


def broken_links(path: Path, text: str) -> Iterator[str]:
    """Yield the local links of a document whose target does not exist."""
    for found in LINK.finditer(FENCED.sub("", text)):
        target = path.parent / found["target"] if found["target"] else path
        if not target.exists():
            yield f"no such file: {found['target']}"
        elif found["anchor"] and found["anchor"] not in _anchors(target.read_text(encoding="utf-8")):
            yield f"no such heading: {target.name}#{found['anchor']}"


def unknown_commands(text: str) -> Iterator[str]:
    """Yield the commands in a document's shell blocks that neither the Makefile nor the command line defines."""
    targets = {found["name"] for found in TARGET.finditer((ROOT / "Makefile").read_text(encoding="utf-8"))}
    for block in FENCED.finditer(text):
        if block["language"] in {"sh", "console", "bash"}:
            for found in COMMAND.finditer(block["body"]):
                if found["name"] not in (targets if found["make"] else COMMANDS):
                    yield f"no such command: {found[0].removeprefix('$ ')}"


def _anchors(text: str) -> set[str]:
    return {
        re.sub(r"[^\w\- ]", "", found["text"].lower()).replace(" ", "-")
        for found in HEADING.finditer(FENCED.sub("", text))
    }


def main(*, check: bool) -> int:
    """Redraw all documents, or check them; return the exit code."""
    findings = []
    for path in documents():
        text = path.read_text(encoding="utf-8")
        drawn = redraw(text)
        if drawn != text and not check:
            path.write_text(drawn, encoding="utf-8")
        elif drawn != text:
            findings.append(f"{path.relative_to(ROOT)}: a diagram is stale; run python docs/diagrams.py")
        findings += [f"{path.relative_to(ROOT)}: {finding}" for finding in broken_links(path, text)]
        findings += [f"{path.relative_to(ROOT)}: {finding}" for finding in unknown_commands(text)]
    print("\n".join(findings) or "documents: up to date")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
