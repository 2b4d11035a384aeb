"""Drift of a run whose server is restarted: every line is reported, and once."""

import pytest

from emulator.domain.actions import Call, Calls, Say
from emulator.domain.drift import Drift
from emulator.domain.ports import Place, ScriptSource, Turn
from scripted_models import load

GIVEN = Drift("instructions", "$.instructions", "a", "b", turn="tea").to_json()
FUNCTION = {"type": "function", "function": {"name": "price"}}


@pytest.fixture
def recorded(engine, tmp_path):
    """Return an engine whose script makes two recorded calls."""

    def begin(view):
        actions = iter([Calls(Call("price", recorded="1"), Call("price", recorded="2")), Say("done")])
        return Turn(actions, name="tea", place_below=place_below, drift=[GIVEN], recording="lenient")

    def place_below(*path):
        return Place("a.yaml", 4, ".".join(map(str, path)))

    return engine(begin, db=tmp_path / "drift.db")


def drift(s):
    return [about for kind, about in s.report if kind == "drift"]


@pytest.mark.parametrize("crashes", [0, 1, 2])
async def test_drift_is_reported_once_however_often_the_server_is_restarted(recorded, crashes):
    s = recorded
    await s.play(tools=[FUNCTION])
    for _ in range(crashes):
        await s.crash()
    assert drift(s) == [GIVEN]
    await s.answer("1", "3")
    await s.settle()
    for _ in range(crashes):
        await s.crash()
    assert s.run["status"] == "completed"
    assert [(one["kind"], one["recorded"], one["got"], one["turn"], one["place"]) for one in drift(s)] == [
        ("instructions", "a", "b", "tea", None),
        ("tool_output", 2, 3, "tea", "a.yaml:4: call.1.recorded"),
    ]


@pytest.mark.parametrize("crashes", [False, True])
async def test_a_strict_recording_fails_after_a_restart_too(engine, tmp_path, crashes):
    text = """
        emulator: 1
        recording: {drift: strict}
        turns:
        - steps: [{call: price, recorded: '1'}, {say: done}]
    """
    backend = load([ScriptSource("a.yaml", text)]).backend
    s = engine(backend.turn, db=tmp_path / "strict.db")
    await s.play(tools=[FUNCTION])
    if crashes:
        await s.crash()
    await s.answer("3")
    await s.settle()
    assert s.run["last_error"]["message"] == (
        "[emulator] drift: tool_output of price at $ in turn #1: recorded 1 → got 3"
        " (a.yaml:5: turns[0].steps[0].recorded)"
    )
    assert [one["kind"] for one in drift(s)] == ["tool_output"]
    assert [kind for kind, _ in s.report] == ["drift"]
