"""``make postgres``: look for the server programs of PostgreSQL, and install them where that needs nobody's password.

That is as root on Debian. Elsewhere one line says that the tests which need a server are left out.
"""

import contextlib
import subprocess
import sys
from pathlib import Path

from contract_tests import debian
from contract_tests.postgres.programs import REQUIRED, UNWANTED, NoPostgresError, folder

# Debian starts a server of its own with the package, unless it is told not to; these tests need only the programs.
_NO_SERVER = Path("/etc/postgresql-common/createcluster.d/no-main-cluster.conf")


def main():
    """Return the status of the process: an error only if PostgreSQL is required."""
    if UNWANTED or is_there():
        return 0
    with contextlib.suppress(OSError, subprocess.SubprocessError):  # what counts is whether it is there then
        install()
    if is_there():
        return 0
    print(
        "PostgreSQL could not be installed here: the tests that need its server programs are left out"
        " (they are looked for on PATH and below /usr/lib/postgresql)",
        file=sys.stderr,
    )
    return 1 if REQUIRED else 0


def is_there():
    """Return whether there are server programs."""
    try:
        folder()
    except NoPostgresError:
        return False
    return True


def install():
    """Install the server programs, where that is possible. Raises OSError or SubprocessError."""
    if not debian.is_root_of_debian():
        return
    print("installing Debian's postgresql for the tests of replicas", file=sys.stderr)
    debian.update()
    debian.install("postgresql-common")
    _NO_SERVER.parent.mkdir(parents=True, exist_ok=True)
    if not _NO_SERVER.exists():
        _NO_SERVER.write_text("create_main_cluster = false\n")
    debian.install("postgresql")


if __name__ == "__main__":
    raise SystemExit(main())
