"""The folder itself: every notebook is tested and listed, and every scenario passes lint."""

import re
from pathlib import Path

import pytest

from scripted_models import lint, load_file

HERE = Path(__file__).parent
SHARED = {"handbook", "hats", "notebook", "pdf", "sales_table", "v1"}
TESTS = {file.stem for file in HERE.glob("test_*.py")} | {"conftest"}
NOTEBOOKS = {file.stem for file in HERE.glob("*.py")} - SHARED - TESTS


def test_every_notebook_is_tested_and_listed_in_the_readme():
    tests = (file.read_text(encoding="utf-8") for file in HERE.glob("test_course_*.py"))
    tested = [name for test in tests for name in re.findall(r'run_notebook\("(\w+)"\)', test)]
    assert set(tested) == NOTEBOOKS
    readme = (HERE / "README.md").read_text(encoding="utf-8")
    assert {name for name in NOTEBOOKS if f"]({name}.py)" not in readme} == set()


@pytest.mark.parametrize("name", sorted(file.stem for file in HERE.glob("*.yaml")))
def test_a_scenario_passes_lint_and_belongs_to_a_notebook(name):
    assert lint([load_file(HERE / f"{name}.yaml")]) == []
    assert name in NOTEBOOKS | {"hats"}
