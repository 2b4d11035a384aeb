import ast
import importlib.util
import re
from pathlib import Path

import pytest

from contract_tests.ledger import DOCUMENTED, ENDPOINTS, RULES, UNVERIFIED
from emulator.api import endpoints

HERE = Path(__file__).parent
ROOT = HERE.parent
USED = [(one.id, test) for one in RULES for test in one.tests] + [
    (" ".join(endpoint), test) for endpoint, known in ENDPOINTS.items() for test in known.tests
]


@pytest.fixture(scope="module")
def existing_tests():
    """Every test function, named as in the ledger."""
    found = set()
    for path in (*HERE.glob("test_*.py"), *HERE.glob("responses/test_*.py")):
        file = path.relative_to(HERE).with_name(path.stem.removeprefix("test_")).as_posix()
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                found.add(f"{file}::{node.name}")
    return found


@pytest.fixture(scope="module")
def coverage():
    spec = importlib.util.spec_from_file_location("coverage_page", ROOT / "docs" / "coverage.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_test_in_the_ledger_exists(existing_tests):
    assert [f"{name}: {test}" for name, test in USED if test not in existing_tests] == []


def test_every_rule_and_every_endpoint_has_a_test():
    assert [one.id for one in RULES if not one.tests] == []
    assert [endpoint for endpoint, known in ENDPOINTS.items() if not known.tests] == []


def test_every_rule_has_a_unique_id():
    ids = [one.id for one in RULES]
    assert sorted({name for name in ids if ids.count(name) > 1}) == []
    assert all(re.fullmatch(r"[a-z0-9-]+\.[a-z0-9-]+", name) for name in ids)


def test_every_rule_names_its_evidence():
    for one in RULES:
        dated = re.search(r"\b20\d\d\b", one.evidence)
        assert one.evidence in (DOCUMENTED, UNVERIFIED) or dated, one.id


def test_the_ledger_lists_the_served_endpoints():
    served = {(endpoint.method, endpoint.path.replace(":path}", "}")) for endpoint in endpoints.ENDPOINTS}
    assert served == set(ENDPOINTS)


def test_every_endpoint_of_v1_alone_is_served_as_such():
    for endpoint in endpoints.ENDPOINTS:
        known = ENDPOINTS[endpoint.method, endpoint.path.replace(":path}", "}")]
        assert endpoint.only_v1 is (known.v2 is None)


def test_the_coverage_page_is_up_to_date(coverage, capsys):
    assert coverage.main(check=True) == 0, capsys.readouterr().out


def test_a_stale_coverage_page_is_detected(coverage, tmp_path, monkeypatch, capsys):
    page = tmp_path / "coverage.md"
    page.write_text("old")
    monkeypatch.setattr(coverage, "PAGE", page)
    assert coverage.main(check=True) == 1
    assert "stale" in capsys.readouterr().out
    assert coverage.main(check=False) == 0
    assert coverage.main(check=True) == 0
