"""Where code cannot be isolated it is not run, and the reason is given."""

import sys
from pathlib import Path
from typing import Any

import pytest

from emulator.sandbox import Sessions, available, run
from emulator.sandbox.availability import gaps
from emulator.sandbox.result import SandboxError

GOOD: dict[str, Any] = {
    "uids": [1000],
    "capabilities": [0, 0, 0],
    "no_new_privileges": "1",
    "filter": "2",
    "processes": [1, 2],
    "spaces": {name: f"{name}:[1]" for name in ("mnt", "pid", "net", "ipc", "uts", "cgroup", "user")},
    "threads": 64,
    "memory": 2**30,
    "huge_pages": False,
}


@pytest.fixture
def path(tmp_path, monkeypatch):
    """A folder that is all of PATH."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def pretend(path, script):
    program = path / "bwrap"
    program.write_text(f"#!{sys.executable}\n{script}")
    program.chmod(0o755)


async def refused(match):
    with pytest.raises(SandboxError, match=match):
        await run("open('/etc/hostname').read()")


async def test_without_bubblewrap(path):
    found = available()
    assert not found.ok
    assert "bubblewrap is not installed" in found.why
    await refused("bubblewrap is not installed")


async def test_where_bubblewrap_fails(path):
    pretend(path, "import sys\nsys.exit('bwrap: No permissions to create new namespace')")
    assert available().why == "bubblewrap cannot isolate here: bwrap: No permissions to create new namespace"
    await refused("No permissions to create new namespace")


async def test_where_bubblewrap_says_nothing(path):
    pretend(path, "")
    assert available().why == "bubblewrap cannot isolate here: it ended with status 0"


async def test_where_bubblewrap_runs_the_command_without_isolation(path):
    # It passes on the options' file and starts the same interpreter on the host, as a broken wrapper would.
    script = """
import json, os, sys
place = os.environ.get("NOWHERE", os.path.dirname(os.path.dirname(os.path.dirname(os.path.dirname(%r)))))
sys.argv = [""] + sys.argv[-1:]
sys.path.insert(0, place)
from emulator.sandbox.inside.confinement import isolation_report
from emulator.sandbox.inside.frames import Channel
Channel(0, json.loads(sys.argv[1])["answers"]).send({"hello": isolation_report()})
"""
    pretend(path, script % __file__)
    found = available()
    assert not found.ok
    assert "namespaces shared with the host: cgroup, ipc, mnt, net, pid, " in found.why
    assert "no system calls are filtered" in found.why
    await refused("the isolation has gaps")


async def test_where_bubblewrap_answers_nonsense(path):
    pretend(path, "import json, os, sys\nos.write(json.loads(sys.argv[-1])['answers'], b'\\0\\0\\0\\x02{}')")
    assert "does not say how it stands" in available().why


async def test_a_wrapper_that_is_changed_after_the_trial_is_caught_too(isolation, tmp_path, monkeypatch, limits):
    assert available().ok
    async with Sessions(limits=limits) as sessions:
        pretend(tmp_path, "import sys\nsys.exit('changed')")
        monkeypatch.setattr("emulator.sandbox.sessions.bubblewrap", lambda: str(tmp_path / "bwrap"))
        with pytest.raises(SandboxError, match="changed"):
            await sessions.run("a", "1")


def test_an_old_or_missing_interpreter_is_named():
    found = available("/nonexistent/python")
    assert not found.ok
    assert "/nonexistent/python" in found.why or "bubblewrap" in found.why


def test_no_gap_is_no_gap():
    assert gaps({"hello": GOOD}) == []


@pytest.mark.parametrize(
    "change, why",
    [
        ({"uids": [1000, 0]}, "runs as root"),
        ({"capabilities": [0, 64, 0]}, "has privileges"),
        ({"no_new_privileges": "0"}, "could gain privileges"),
        ({"filter": "0"}, "no system calls are filtered"),
        ({"processes": [1, 2, 77]}, "sees other processes"),
        ({"memory": -1}, "memory is not limited"),
        ({"huge_pages": True}, "it can use huge pages"),
        ({"threads": -1}, "threads are not limited"),
        ({"spaces": {**GOOD["spaces"], "net": str(Path("/proc/self/ns/net").readlink())}}, "shared with the host: net"),
        ({"spaces": {}}, "shared with the host"),
    ],
)
def test_each_gap_is_named(change, why):
    (problem,) = gaps({"hello": {**GOOD, **change}})
    assert why in problem


@pytest.mark.parametrize("greeting", [{}, {"hello": None}, {"hello": []}, {"hello": {}}, []])
def test_a_greeting_of_another_shape_is_a_gap(greeting):
    assert "does not say" in gaps(greeting)[0]
