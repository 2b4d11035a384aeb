"""The pictures of the pages: each that the docs show is there, small, and shown somewhere."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs" / "pictures"
SHOWN = re.compile(r'(?:src|srcset)="([^"]+)"|!\[[^]]*\]\(([^)]+)\)')
MOST_BYTES = 120_000
FILES = sorted(file.name for file in PICTURES.glob("*.png"))


def shown():
    for page in [ROOT / "README.md", *ROOT.glob("docs/*.md")]:
        for first, second in SHOWN.findall(
            re.sub(r"^```.*?^```$", "", page.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)
        ):
            yield page, first or second


def test_each_picture_that_is_shown_is_there():
    paths = [(page.parent / target).resolve() for page, target in shown() if "://" not in target]
    assert paths
    assert [path for path in paths if not path.is_file()] == []


def test_each_picture_is_shown():
    assert {*FILES} - {Path(target).name for _, target in shown()} == set()


@pytest.mark.parametrize("name", FILES)
def test_a_picture_is_small(name):
    data = (PICTURES / name).read_bytes()
    assert data.startswith(b"\x89PNG")
    assert len(data) <= MOST_BYTES
