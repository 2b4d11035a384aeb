"""The program in the sandbox: it reads code from one pipe, runs it, and writes the results to another.

It uses only the standard library, and runs on Python 3.10. Nothing here protects the host, because the user's code runs
in the same process and could undo it: the isolation is done outside. All this is for well-behaved code.
"""

import json
import os
import site
import sys
from typing import Any

from emulator.sandbox.inside import data_files, figures, mappings
from emulator.sandbox.inside.confinement import allow_cpu_seconds, confine, isolation_report
from emulator.sandbox.inside.frames import Channel
from emulator.sandbox.inside.notebook import Notebook, hide_modules


def main() -> None:
    """Serve until the host closes the pipe."""
    settings = json.loads(sys.argv[1])
    confine(settings)
    channel, printing = _move_pipes(settings["answers"])
    channel.send({"hello": isolation_report()})
    sys.argv = [""]
    sys.meta_path.append(figures.Backend())
    modules = hide_modules()
    mappings.make_private()
    for folder in settings["packages"]:
        site.addsitedir(folder)
    site.setquit()
    site.sethelper()
    notebook = Notebook(printing)
    ids: set[str] = set()
    status = 1
    try:
        while (message := channel.receive()) is not None:
            _answer(channel, notebook, ids, *message)
        modules.clear()
        status = 0
    finally:
        # Without a traceback, which would be printed as the code's; it was the code that broke this.
        os._exit(status)


def _move_pipes(answers: int) -> tuple[Channel, int]:
    """Move the pipes away from the descriptors that code expects to be something else."""
    questions, printing, answering = os.dup(0), os.dup(1), os.dup(answers)
    os.close(answers)
    nothing = os.open("/dev/null", os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return Channel(questions, answering), printing


def _answer(channel: Channel, notebook: Notebook, ids: set[str], question: dict[str, Any], blobs: list[bytes]) -> None:
    try:
        for names, content in zip(question["put"], blobs, strict=True):
            data_files.put(content, names)
        ids.update(question["ids"])
    except OSError as problem:
        channel.send({"refused": f"the files cannot be put into /mnt/data: {problem.strerror}"})
        return
    del blobs[:]
    before = data_files.snapshot()
    allow_cpu_seconds(question["cpu_seconds"])
    error = notebook.run(question["code"])
    try:
        figures.show()
    except BaseException as problem:  # noqa: BLE001 (drawing calls the user's objects too)
        error = error or notebook.print_traceback(problem)
    notebook.flush()
    pictures, undrawn = figures.take(question["images"], question["report_bytes"])
    room = question["report_bytes"] - sum(map(len, pictures))
    now = data_files.snapshot()
    files, left_out = data_files.changes(before, now, ids, question, room)
    answer = {
        "number": question["number"],
        "error": error,
        "note": f"not searched for written files: {now.unseen}" if now.unseen else None,
        "images": len(pictures),
        "files": list(files),
        "removed": data_files.removed(before, now),
        "left_out": undrawn + left_out,
    }
    channel.send(answer, [*pictures, *files.values()])
