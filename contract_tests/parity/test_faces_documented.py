"""The example of docs/parity.md, run as it stands there."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "parity.md"
BLOCK = re.compile(r"```(?P<language>\w+)\n(?P<text>.*?)```", re.DOTALL)
LONGEST = 120


def test_the_command_of_the_page_prints_what_the_page_says(tmp_path):
    example = PAGE.read_text("utf-8").partition("## An example")[2].partition("\n## ")[0]
    scenario, before, after, command, report = (found["text"] for found in BLOCK.finditer(example))
    for name, text in (("library.yaml", scenario), ("before.py", before), ("after.py", after)):
        (tmp_path / name).write_text(text, "utf-8")
    words = [word.replace("python ", f"{sys.executable} -W ignore ") for word in shlex.split(command)[1:]]
    done = subprocess.run(
        [sys.executable, "-m", "emulator", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert done.stdout.replace(f"{sys.executable} -W ignore ", "python ") == report
