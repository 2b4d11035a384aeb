import importlib.util
import re
from pathlib import Path

import pytest

from emulator.domain.lifecycle import MACHINES, RUN

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def diagrams():
    spec = importlib.util.spec_from_file_location("diagrams", ROOT / "docs" / "diagrams.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", MACHINES)
def test_a_diagram_has_every_transition_of_its_machine_and_no_other(diagrams, name):
    machine = MACHINES[name]
    drawn = {
        (status, signal, target)
        for status, target, signals in re.findall(r"^ +(\w+) --> (\w+): (.+)$", diagrams.draw(machine), re.MULTILINE)
        for signal in signals.split(" / ")
    }
    assert drawn == {(status, signal, to.status) for status, row in machine.items() for signal, to in row.items()}


def test_a_diagram_starts_in_the_first_row_and_ends_in_the_empty_ones(diagrams):
    diagram = diagrams.draw(RUN)
    assert "[*] --> queued" in diagram
    assert set(re.findall(r"(\w+) --> \[\*\]", diagram)) == {status for status, row in RUN.items() if not row}


def test_drawing_twice_changes_nothing(diagrams):
    text = "before\n<!-- diagram: run -->\nold\n<!-- /diagram -->\nafter\n"
    drawn = diagrams.redraw(text)
    assert "old" not in drawn
    assert drawn.startswith("before\n")
    assert drawn.endswith("after\n")
    assert diagrams.redraw(drawn) == drawn


def test_stale_diagrams_broken_links_and_unknown_commands_are_found(diagrams, tmp_path, monkeypatch, capsys):
    (tmp_path / "Makefile").write_text("test: setup\n")
    (tmp_path / "README.md").write_text(
        "# Top of it\n[a](#top-of-it) [b](no.md) [c](#bottom) [d](https://example.com/no.md)\n"
        "```sh\nmake test\nmake -C ../other test\nmake coffee\nmake -C ../other tea\nassistants-emulator serve --port 0\nassistants-emulator brew\n```\n"
        "<!-- diagram: run -->\n<!-- /diagram -->\n"
    )
    monkeypatch.setattr(diagrams, "ROOT", tmp_path)
    assert diagrams.main(check=True) == 1
    assert capsys.readouterr().out.splitlines() == [
        "README.md: a diagram is stale; run python docs/diagrams.py",
        "README.md: no such file: no.md",
        "README.md: no such heading: README.md#bottom",
        "README.md: no such command: make coffee",
        "README.md: no such command: make -C ../other tea",
        "README.md: no such command: assistants-emulator brew",
    ]
    diagrams.main(check=False)
    assert "stale" not in capsys.readouterr().out
    assert "```mermaid" in (tmp_path / "README.md").read_text()


def test_the_documents_are_up_to_date(diagrams, capsys):
    assert diagrams.main(check=True) == 0, capsys.readouterr().out
