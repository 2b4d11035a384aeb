"""``make browser``: look for a browser for the inspector's tests, and install one where that needs nobody's password.

As root on Debian it is the distribution's package, elsewhere Playwright's own build in the home folder. Where neither can
be had, one line says so, and the tests that need a browser are left out.
"""

import contextlib
import subprocess
import sys

from playwright.sync_api import sync_playwright

from contract_tests import debian
from contract_tests.inspector.browsers import REQUIRED, UNWANTED, NoBrowserError, launch

_PACKAGES = ("chromium", "fonts-dejavu-core")


def main():
    """Return the status of the process: an error only if a browser is required."""
    if UNWANTED or starts():
        return 0
    with contextlib.suppress(OSError, subprocess.SubprocessError):  # what counts is whether there is a browser then
        install()
    if starts():
        return 0
    print("no browser could be installed here: the tests of the inspector that need one are left out", file=sys.stderr)
    return 1 if REQUIRED else 0


def starts():
    """Return whether there is a browser that starts; one without its libraries is none."""
    with sync_playwright() as playwright:
        try:
            launch(playwright).close()
        except NoBrowserError:
            return False
    return True


def install():
    """Install a browser. Raises OSError or SubprocessError."""
    if debian.is_root_of_debian():
        print("installing Debian's chromium for the inspector's tests", file=sys.stderr)
        debian.update()
        debian.install(*_PACKAGES)
    else:
        print("installing Playwright's chromium for the inspector's tests", file=sys.stderr)
        download = (sys.executable, "-m", "playwright", "install", "--only-shell", "chromium")
        debian.run(debian.FOR_A_DOWNLOAD, *download)


if __name__ == "__main__":
    raise SystemExit(main())
