"""What the inspector has from others is what static/VENDORED.md says: the file, its version, its licence."""

import hashlib
import re
from importlib.resources import files

import pytest

STATIC = files("emulator.control.inspector").joinpath("static")
ROW = re.compile(
    r"^\| `(?P<file>[^`]+)` \| npm `(?P<package>[^`]+)`, `(?P<inside>[^`]+)` \| (?P<version>[\d.]+)"
    r" \| (?P<licence>[^,|]+), `(?P<text>[^`]+)` \| `(?P<sha256>[0-9a-f]{64})` \|$",
    re.MULTILINE,
)
LIST = STATIC.joinpath("VENDORED.md").read_text("utf-8")
ROWS = [found.groupdict() for found in ROW.finditer(LIST)]
# First lines of the licences, by the names that SPDX gives them.
LICENCES = {"0BSD": "Zero-Clause BSD"}


def test_each_file_that_is_not_the_inspectors_own_is_listed():
    others = {file.name for file in STATIC.iterdir() if file.name.endswith((".min.js", ".LICENSE.txt"))}
    assert others == {row["file"] for row in ROWS} | {row["text"] for row in ROWS}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["file"])
def test_a_file_is_the_one_that_was_listed(row):
    assert hashlib.sha256(STATIC.joinpath(row["file"]).read_bytes()).hexdigest() == row["sha256"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["file"])
def test_a_file_has_its_licence_beside_it(row):
    assert STATIC.joinpath(row["text"]).read_text("utf-8").startswith(LICENCES[row["licence"]])


def test_htmx_says_which_version_it_is():
    text = STATIC.joinpath("htmx.min.js").read_text("utf-8")
    (row,) = (row for row in ROWS if row["file"] == "htmx.min.js")
    assert f'"{row["version"]}"' in text


def test_what_is_read_by_browsers_has_no_address_elsewhere():
    addresses = re.compile(r"""["'(]\s*(?:https?:)?//[\w.-]+""")
    for file in STATIC.iterdir():
        if file.name.endswith((".js", ".css")):
            assert addresses.findall(file.read_text("utf-8")) == [], file.name
