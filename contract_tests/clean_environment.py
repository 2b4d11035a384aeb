"""An environment as users have it: with the packages of this one, but without the project, and without an index."""

import sysconfig
import venv
from pathlib import Path

# For pip: what is installed has to be there, and wheels are built with the packages that are there ("0" means that).
OFFLINE = {"PIP_NO_INDEX": "1", "PIP_NO_BUILD_ISOLATION": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def clean_environment(folder):
    """Make the environment, and return the folder of its programs."""
    venv.create(folder, with_pip=True, symlinks=True)
    packages = folder / "borrowed"
    packages.mkdir()
    for site in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
        for entry in Path(site).iterdir():
            is_own = "assistants_emulator" in entry.name or entry.name in ("emulator", "scripted_models")
            if not is_own and entry.suffix != ".pth" and not (packages / entry.name).exists():
                (packages / entry.name).symlink_to(entry)
    (target,) = folder.glob("lib/python*/site-packages")
    (target / "borrowed.pth").write_text(f"{packages}\n")
    return folder / "bin"
