"""A browser and tests of asyncio in one process: neither disturbs the other."""

import os
import subprocess
import sys

import pytest

from contract_tests.inspector import browsers

SUITE = {
    "conftest.py": "from contract_tests.inspector.conftest import chromium\n",
    "test_1_browser.py": "def test_a_page_opens(chromium):\n    chromium.new_page().goto('about:blank')\n",
    "test_2_asyncio.py": (
        "import asyncio\n\n\nasync def test_a_loop_runs():\n    await asyncio.sleep(0)\n\n\n"
        "def test_a_loop_is_run():\n    assert asyncio.run(asyncio.sleep(0, 'slept')) == 'slept'\n"
    ),
    "test_3_browser.py": "def test_a_page_opens_again(chromium):\n    chromium.new_page().goto('about:blank')\n",
    "test_4_asyncio.py": "import asyncio\n\n\nasync def test_a_loop_runs_again():\n    await asyncio.sleep(0)\n",
}


def test_tests_of_asyncio_run_before_and_after_those_with_a_browser(chromium, tmp_path):
    for name, text in SUITE.items():
        (tmp_path / name).write_text(text)
    options = ["-q", "-W", "error", "-p", "no:assistants-emulator", "-p", "no:cacheprovider"]
    modes = ["-o", "asyncio_mode=auto", "-o", "asyncio_default_fixture_loop_scope=function"]
    suite = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *modes],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert "5 passed" in suite.stdout, suite.stdout + suite.stderr


def test_a_browser_without_its_libraries_is_none(monkeypatch, chromium, tmp_path):
    broken = tmp_path / "chromium"
    broken.write_text("#!/bin/sh\nexit 127\n")
    broken.chmod(0o755)
    monkeypatch.setattr(browsers, "on_path", lambda: str(broken))
    with pytest.raises(browsers.NoBrowserError, match="127"):
        browsers.launch(StartsAt(chromium))


class StartsAt:
    """Playwright, of a browser that runs: a second one cannot be begun in one thread."""

    def __init__(self, browser):
        self.chromium = browser.browser_type
