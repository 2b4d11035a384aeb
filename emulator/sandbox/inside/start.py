"""What runs in the sandbox: an interpreter that takes code from one pipe and answers into another.

Only the standard library, and nothing that a newer Python than 3.10 would be needed for. Nothing here protects the
host: code in the same process can undo it all. The walls stand outside; this is service to well-behaved code.
"""

import json
import os
import site
import sys
from typing import Any

from emulator.sandbox.inside import data, figures
from emulator.sandbox.inside.cell import Notebook, quiet_modules
from emulator.sandbox.inside.confine import allow, confine, standing
from emulator.sandbox.inside.frames import Channel


def main() -> None:
    """Serve until the host closes the pipe."""
    told = json.loads(sys.argv[1])
    confine(told)
    channel, printing = _descriptors(told["answers"])
    channel.send({"hello": standing()})
    sys.argv = [""]
    sys.meta_path.append(figures.Backend())
    modules = quiet_modules()
    for folder in told["packages"]:
        site.addsitedir(folder)
    site.setquit()
    site.sethelper()
    notebook = Notebook(printing)
    ids: set[str] = set()
    while (message := channel.receive()) is not None:
        _answer(channel, notebook, ids, *message)
    modules.clear()
    os._exit(0)


def _descriptors(answers: int) -> tuple[Channel, int]:
    """Move the pipes out of the places where code expects other things."""
    questions, printing, answering = os.dup(0), os.dup(1), os.dup(answers)
    os.close(answers)
    nothing = os.open("/dev/null", os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return Channel(questions, answering), printing


def _answer(channel: Channel, notebook: Notebook, ids: set[str], asked: dict[str, Any], blobs: list[bytes]) -> None:
    try:
        for names, content in zip(asked["put"], blobs, strict=True):
            data.put(content, names)
        ids.update(asked["ids"])
    except OSError as problem:
        channel.send({"refused": f"the files cannot be put into /mnt/data: {problem.strerror}"})
        return
    del blobs[:]
    before = data.state()
    allow(asked["cpu_seconds"])
    error = notebook.run(asked["code"])
    try:
        figures.show()
    except BaseException as problem:  # noqa: BLE001 (drawing runs the user's objects too)
        error = error or notebook.tell(problem)
    notebook.flush()
    pictures, missed = figures.taken(asked["images"], asked["report_bytes"])
    room = asked["report_bytes"] - sum(map(len, pictures))
    now = data.state()
    files, left_out = data.changes(before, now, ids, asked, room)
    gone = sorted(set(before) - set(now))
    answer = {"number": asked["number"], "error": error, "images": len(pictures), "files": list(files), "gone": gone}
    channel.send({**answer, "left_out": missed + left_out}, [*pictures, *files.values()])
