"""Where the server programs of PostgreSQL are, and who runs them: they refuse to be run by root."""

import os
import re
import shutil
from functools import cache
from pathlib import Path

_NEEDED = ("initdb", "postgres")
# Debian keeps each major version in a folder of its own, and only the clients' programs on the path.
_FOLDERS = ("/usr/lib/postgresql", "/usr/pgsql")
_ORDINARY_USERS = ("postgres", "nobody")
WHY_NOT = "the server programs of PostgreSQL are not installed (make postgres installs them)"
# "required": that they are missing is an error. "none": do not look for them.
_WISH = os.environ.get("CONTRACT_POSTGRES", "")
REQUIRED, UNWANTED = _WISH == "required", _WISH == "none"


class NoPostgresError(Exception):
    """There is none; the text says why."""


def folder():
    """Return the folder of the newest server programs. Raises NoPostgresError."""
    if UNWANTED:
        raise NoPostgresError("no PostgreSQL is wanted (CONTRACT_POSTGRES=none)")
    if not hasattr(os, "fork"):
        raise NoPostgresError("PostgreSQL is started as on POSIX systems only")
    if (on_path := shutil.which("initdb")) and _is_whole(found := Path(on_path).resolve().parent):
        return found
    versions = [one for parent in _FOLDERS for one in Path(parent).parent.glob(f"{Path(parent).name}*/**/bin")]
    if whole := [one for one in versions if _is_whole(one)]:
        return max(whole, key=_version)
    raise NoPostgresError(WHY_NOT)


def _is_whole(found):
    return all((found / name).is_file() for name in _NEEDED)


def _version(found):
    return [int(number) for number in re.findall(r"\d+", str(found))]


@cache
def identity():
    """Return the options for a process of an ordinary user: none, unless this is root. Raises NoPostgresError."""
    if os.geteuid() != 0:
        return {}
    import pwd

    for name in _ORDINARY_USERS:
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise NoPostgresError(f"root may not run PostgreSQL, and there is no user {' or '.join(_ORDINARY_USERS)}")
