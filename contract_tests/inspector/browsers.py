"""Which browser the tests drive, and how it is started: one of the machine's own, or Playwright's."""

import shutil
from functools import cache
from pathlib import Path

_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
WHY_NOT = "no browser is installed (make browser installs one)"
# A browser on its own looks up hosts of its maker; these tests prove that no request leaves the machine.
ARGUMENTS = ("--disable-background-networking", "--disable-component-update", "--no-first-run", "--disable-sync")


@cache
def executable():
    """Return the path of a browser, or None where there is none."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    return found or _playwrights_own()


def _playwrights_own():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None
