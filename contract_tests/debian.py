"""Packages of Debian, installed where that needs nobody's password: by root, and not for longer than it is worth."""

import os
import platform
import shutil
import subprocess

# Seconds. What takes longer than this is not coming.
FOR_A_DOWNLOAD = 300
_FOR_LISTS, _FOR_UNPACKING = 60, 300
_APT = ("apt-get", "-qq", "-o", "Acquire::Retries=0", "-o", "Acquire::http::Timeout=15", "-o", "DPkg::Lock::Timeout=30")


def is_root_of_debian():
    # Other distributions with apt-get may have packages of these names that install something else.
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    try:
        return platform.freedesktop_os_release().get("ID") == "debian"
    except OSError:
        return False


def update():
    """Load the lists of packages. Raises OSError or SubprocessError."""
    run(_FOR_LISTS, *_APT, "update")


def install(*packages):
    """Install packages of the lists. Raises OSError or SubprocessError."""
    # The download may be cut off, the unpacking should not be.
    command = (*_APT, "install", "--yes", "--no-install-recommends", *packages)
    run(FOR_A_DOWNLOAD, *command, "--download-only")
    run(_FOR_UNPACKING, *command, "--no-download")


def run(seconds, *command):
    """Run a program that asks nothing and prints nothing. Raises OSError or SubprocessError."""
    subprocess.run(
        command,
        check=True,
        timeout=seconds,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
    )
