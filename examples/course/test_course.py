"""The folder itself: every notebook is played and listed, and every scenario is sound."""

import re
from pathlib import Path

import pytest

from scripted_models import lint, load_file

HERE = Path(__file__).parent
SHARED = {"handbook", "hats", "notebook", "pdf", "sales_table", "v1"}
TESTS = {file.stem for file in HERE.glob("test_*.py")} | {"conftest"}
NOTEBOOKS = {file.stem for file in HERE.glob("*.py")} - SHARED - TESTS


def test_every_notebook_is_played_here_and_named_in_the_list():
    tests = (file.read_text(encoding="utf-8") for file in HERE.glob("test_course_*.py"))
    played = [name for test in tests for name in re.findall(r'play\("(\w+)"\)', test)]
    assert set(played) == NOTEBOOKS
    told = (HERE / "README.md").read_text(encoding="utf-8")
    assert {name for name in NOTEBOOKS if f"]({name}.py)" not in told} == set()


@pytest.mark.parametrize("name", sorted(file.stem for file in HERE.glob("*.yaml")))
def test_a_scenario_has_no_flaw_and_belongs_to_a_notebook(name):
    assert lint([load_file(HERE / f"{name}.yaml")]) == []
    assert name in NOTEBOOKS | {"hats"}
