"""``make browser``: look for a browser for the inspector's tests, and install one where that needs nobody's password.

As root on Debian it is the distribution's package, elsewhere Playwright's own build in the home folder. Where neither can
be had, one line says so, and the tests that need a browser are left out.
"""

import contextlib
import os
import platform
import shutil
import subprocess
import sys

from playwright.sync_api import sync_playwright

from contract_tests.inspector.browsers import REQUIRED, UNWANTED, NoBrowserError, launch

# Seconds. What takes longer than this is not coming.
_FOR_LISTS, _FOR_A_DOWNLOAD, _FOR_UNPACKING = 60, 300, 300
_APT = ("apt-get", "-qq", "-o", "Acquire::Retries=0", "-o", "Acquire::http::Timeout=15", "-o", "DPkg::Lock::Timeout=30")
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
    if _is_root_of_debian():
        print("installing Debian's chromium for the inspector's tests", file=sys.stderr)
        _run(_FOR_LISTS, *_APT, "update")
        # The download may be cut off, the unpacking should not be.
        install_them = (*_APT, "install", "--yes", "--no-install-recommends", *_PACKAGES)
        _run(_FOR_A_DOWNLOAD, *install_them, "--download-only")
        _run(_FOR_UNPACKING, *install_them, "--no-download")
    else:
        print("installing Playwright's chromium for the inspector's tests", file=sys.stderr)
        _run(_FOR_A_DOWNLOAD, sys.executable, "-m", "playwright", "install", "--only-shell", "chromium")


def _is_root_of_debian():
    # Other distributions with apt-get have a package of this name that installs something else.
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    try:
        return platform.freedesktop_os_release().get("ID") == "debian"
    except OSError:
        return False


def _run(seconds, *command):
    subprocess.run(
        command,
        check=True,
        timeout=seconds,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
    )


if __name__ == "__main__":
    raise SystemExit(main())
