"""Which browser the tests drive, and how it is started: one of the machine's own, or Playwright's."""

import os
import shutil

from playwright.sync_api import Error

_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
_ARGUMENTS = (
    # A browser on its own looks up hosts of its maker; these tests prove that no request leaves the machine.
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # Containers often have 64 MB of shared memory, which is less than a long page takes.
    "--disable-dev-shm-usage",
)
WHY_NOT = "no browser is installed (make browser installs one)"
# "required": a missing browser is an error. "none": do not look for one.
_WISH = os.environ.get("CONTRACT_BROWSER", "")
REQUIRED, UNWANTED = _WISH == "required", _WISH == "none"


class NoBrowserError(Exception):
    """There is none, or it does not start; the text is what was tried."""


def on_path():
    """Return the path of a browser of the machine's own, or None."""
    return next((path for name in _NAMES if (path := shutil.which(name))), None)


def launch(playwright):
    """Return a browser, without a sandbox, which root could not have: it opens pages of the tests only."""
    if UNWANTED:
        raise NoBrowserError("none is wanted (CONTRACT_BROWSER=none)")
    try:
        return playwright.chromium.launch(executable_path=on_path(), args=_ARGUMENTS, chromium_sandbox=False)
    except Error as error:
        raise NoBrowserError(error.message) from error
