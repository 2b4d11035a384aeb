"""The page about replicas names what there is: options, metrics, fields of the log."""

import inspect
import re
from pathlib import Path

import pytest

from emulator.cli.serve import serve
from emulator.domain.measures import DECLARED
from emulator.domain.refusals import unavailable_database
from emulator.log_lines import FIELDS

PAGE = Path(__file__).parent.parent.parent / "docs" / "replicas.md"

pytestmark = pytest.mark.skipif(not PAGE.is_file(), reason="the page is in the checkout")
SUFFIXES = {"counter": "_total", "histogram": "", "gauge": ""}


@pytest.fixture(scope="module")
def page():
    return PAGE.read_text()


def section(page, title):
    return page.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_every_metric_stands_in_the_table_with_its_labels(page):
    rows = re.findall(r"^\| `emulator_(\w+)` \|([^|]*)\|", section(page, "Metrics"), re.MULTILINE)
    listed = {name: tuple(re.findall(r"`(\w+)`", labels)) for name, labels in rows}
    assert listed == {f"{name}{SUFFIXES[one.kind]}": one.labels for name, one in DECLARED.items()}


def test_every_field_of_a_line_stands_in_the_table(page):
    rows = re.findall(r"^\| (`[^|]+`) \|", section(page, "Logs"), re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert named == {"time", "level", "logger", "message", "error", *FIELDS}


def test_every_option_that_it_names_is_one_of_the_command(page):
    taken = {name.replace("_", "-") for name in inspect.signature(serve).parameters} | {
        "files",
        "scale",
        "build",
        "wait",
    }
    named = set(re.findall(r"--([a-z][a-z-]*)", page)) - {"files"}
    assert named <= taken, named - taken


def test_the_answer_of_a_bad_day_is_the_one_that_is_sent(page):
    import json

    (shown,) = re.findall(r"^```json\n(.*?)\n```", page, re.MULTILINE | re.DOTALL)
    assert json.loads(shown) == unavailable_database().body()
