"""Plays a Containerfile without an engine: its stages become folders and environments, its instructions are run in order.

An image's root is a folder, and its Python an environment whose only way to the packages of this one is a folder of
links; what is below the root is written as below /. It plays what our file has, and refuses anything else.
"""

import json
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from contract_tests.clean_environment import OFFLINE, clean_environment

# At the beginning of a path, where such a folder is one of the image.
FOLDERS = re.compile(r"(?<![\w./-])/(?=(?:source|wheels|build|data)\b)")


def instructions(text):
    """Return the (instruction, arguments) pairs of a Containerfile."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    joined = "\n".join(lines).replace("\\\n", " ")
    return [tuple(line.split(None, 1)) for line in joined.splitlines()]


def exec_form(arguments):
    """Return the command of an instruction that has it as a list."""
    return json.loads(arguments)


@dataclass
class Image:
    """A stage: its root, and what its instructions have said so far."""

    root: Path
    python: Path
    folder: str = "/"
    user: str = "0"
    env: dict = field(default_factory=dict)
    volumes: list = field(default_factory=list)
    ports: list = field(default_factory=list)
    entrypoint: list = field(default_factory=list)
    healthcheck: list = field(default_factory=list)

    def inside(self, text):
        """Return a text in which the paths of the image are those of this machine."""
        return FOLDERS.sub(f"{self.root}/", text)

    def path(self, name):
        return self.root / str(Path(self.folder) / name).lstrip("/")

    def environment(self, **more):
        """Return the environment of a process: nothing of this one but where the system's programs are, and no index."""
        own = {"PATH": f"{self.python}:/usr/bin:/bin", "HOME": str(self.root), **OFFLINE}
        return {**own, **self.env, **more}

    def run(self, command, **options):
        """Run a command as in a container of the image."""
        where = self.path("")
        return subprocess.run(
            command,
            cwd=where,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=100,
            **options,
        )


def build(text, context, folder):
    """Return the image of a Containerfile. context: the folder that is built; folder: where it is played."""
    stages = []
    names = {}
    for instruction, arguments in instructions(text):
        if instruction == "FROM":
            place = folder / str(len(stages))
            (place / "root").mkdir(parents=True)
            stages.append(Image(place / "root", clean_environment(place / "venv")))
            if " AS " in arguments:
                names[arguments.split(" AS ")[1]] = stages[-1]
            continue
        _play(stages[-1], instruction, arguments, context, names)
    return stages[-1]


def _play(image, instruction, arguments, context, names):
    match instruction:
        case "WORKDIR":
            image.folder = arguments
            image.path("").mkdir(parents=True, exist_ok=True)
        case "COPY":
            _copy(image, shlex.split(arguments), context, names)
        case "RUN":
            done = image.run(["sh", "-c", image.inside(arguments)])
            assert done.returncode == 0, f"RUN {arguments}\n{done.stdout}{done.stderr}"
        case "ENV":
            image.env |= dict(one.split("=", 1) for one in shlex.split(arguments))
        case "USER":
            image.user = arguments
        case "VOLUME":
            image.volumes.append(arguments)
        case "EXPOSE":
            image.ports.append(int(arguments))
        case "HEALTHCHECK":
            image.healthcheck = exec_form(arguments.partition("CMD ")[2])
        case "ENTRYPOINT":
            image.entrypoint = exec_form(arguments)
        case _:
            raise AssertionError(f"{instruction} is not played here")


def _copy(image, words, context, names):
    stage = names[words.pop(0).removeprefix("--from=")] if words[0].startswith("--from=") else None
    *sources, target = words
    for source in sources:
        found = stage.path(source) if stage else context / source
        place = image.path(target)
        if found.is_dir():  # what is in it, as the engines do
            shutil.copytree(found, place, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            place.mkdir(parents=True, exist_ok=True)
            shutil.copy(found, place)
