"""Schedules: the simplest comes first, and their lines do what applying them does."""

import subprocess
import sys

import hypothesis
import pytest
from hypothesis import given

from emulator import LiveServer
from emulator.domain.config import Pace
from emulator.schedules import Schedule, ScheduledFault, schedules
from emulator.schedules.faults import KINDS, PATHS

LOST = ScheduledFault("POST /threads/*/runs", {"disconnect": True, "before": False})
FULL = Schedule(Pace("polls", times=2), None, (LOST,), None, None, "abba")
SAYING = {"emulator": 1, "turns": [{"steps": [{"say": "At noon."}]}]}


class Recorder:
    """A namespace that notes what is called."""

    def __init__(self):
        self.calls = []

    def __getattr__(self, name):
        return lambda *args, **options: self.calls.append((name, args, options))


@pytest.fixture(scope="module")
def own():
    with LiveServer(script=SAYING) as server:
        yield server.namespace("tides")


def found(condition, **chosen):
    return hypothesis.find(
        schedules(**chosen), condition, settings=hypothesis.settings(derandomize=True, database=None, max_examples=2000)
    )


# --- lines ------------------------------------------------------------------------------------------------------------


def test_a_schedule_is_written_in_the_words_of_the_python_face():
    assert str(FULL).splitlines() == [
        'ns.pace("polls", times=2)',
        'ns.fault("POST", "/threads/*/runs", disconnect=True, before=False, times=1)',
        'ns.together(a, b, "abba")',
    ]


@given(schedules(programs=2))
def test_its_lines_do_what_applying_it_does(schedule):
    applied, evaluated = Recorder(), Recorder()
    schedule.apply(applied)
    for line in str(schedule).splitlines():
        eval(line, {"ns": evaluated, "a": "a", "b": "b"})
    together = [("together", ("a", "b", schedule.order), {})] if schedule.order is not None else []
    assert applied.calls + together == evaluated.calls


@pytest.mark.parametrize(
    "pace, line",
    [
        (Pace("immediate"), 'ns.pace("immediate")'),
        (Pace("time", seconds=2.0), 'ns.pace("time", seconds=2.0)'),
        (Pace("polls", times=3), 'ns.pace("polls", times=3)'),
    ],
)
def test_every_pace_can_be_written(pace, line):
    assert str(Schedule(pace)) == line


def test_schedules_are_values():
    assert {Schedule(), Schedule(faults=(LOST,))} == {Schedule(faults=(LOST,)), Schedule()}


# --- the strategy -----------------------------------------------------------------------------------------------------


def test_the_simplest_schedule_changes_nothing():
    assert found(lambda schedule: True) == Schedule()
    assert found(lambda schedule: True, programs=2) == Schedule(order="")


def test_a_schedule_shrinks_to_what_the_failure_needs():
    def loses_an_answer(schedule):
        return any("before" in fault.do for fault in schedule.faults)

    assert found(loses_an_answer) == Schedule(faults=(LOST,))
    assert found(lambda schedule: "abba" in schedule.order, programs=2) == Schedule(order="abba")
    assert found(lambda schedule: schedule.pace is not None) == Schedule(Pace("polls", times=1))


@given(schedules(programs=2))
def test_a_run_is_ended_once_and_each_path_meets_one_fault(schedule):
    assert None in {schedule.cancel, schedule.expire}
    paths = [fault.path for fault in schedule.faults]
    assert len(paths) == len(set(paths))
    assert all(fault.times <= 2 for fault in schedule.faults)


@given(schedules(pace=False, chunks=False, faults=False, cancel=False, expire=False))
def test_what_is_not_to_be_varied_stays_as_it_is(schedule):
    assert schedule == Schedule()


@pytest.mark.parametrize("kind", KINDS)
@given(data=hypothesis.strategies.data())
def test_faults_are_of_the_kinds_and_paths_that_are_chosen(kind, data):
    schedule = data.draw(schedules(pace=False, chunks=False, faults=[kind], paths=["POST /threads/*/runs"]))
    fields = {"connection": "disconnect", "lost_answer": "before truncate", "status": "status", "delay": "delay"}
    for fault in schedule.faults:
        assert fault.path == "POST /threads/*/runs"
        assert kind == "stream" or set(fields[kind].split()) & set(fault.do)


@given(schedules(pace=False, chunks=False, faults=["stream"], cancel=False, expire=False, paths=["GET /threads/*"]))
def test_faults_of_streams_are_left_out_where_nothing_streams(schedule):
    assert schedule == Schedule()


@pytest.mark.parametrize(
    "chosen, message",
    [
        ({"faults": ["lost"]}, "faults: there is no kind 'lost': choose among connection, lost_answer"),
        ({"paths": ["/threads"]}, "paths: '/threads': give method and path, as 'POST /threads/"),
        ({"faults": "status"}, r"faults: 'status' is no list: give the kinds in one, as \['status'\]"),
        ({"paths": "POST /threads"}, "paths: 'POST /threads' is no list: "),
        ({"programs": 1}, "programs: 1 cannot take turns: give 2, or 0 for none"),
    ],
)
def test_what_cannot_be_varied_is_refused(chosen, message):
    with pytest.raises(ValueError, match=message):
        schedules(**chosen)


@pytest.mark.parametrize(
    "kind, values, message",
    [
        (ScheduledFault, {"path": "/threads/*/runs", "do": {}}, "path: '/threads/.*': give method and path, as"),
        (ScheduledFault, {"path": "post /threads", "do": {}}, "path: 'post /threads': give method and path"),
        (Schedule, {"pace": "polls"}, "pace: 'polls' is none: give one as Pace"),
        (Schedule, {"faults": LOST}, "faults: .*: give a tuple of ScheduledFault"),
        (Schedule, {"faults": ({"status": 500},)}, "faults: .*: give a tuple of ScheduledFault"),
        (Schedule, {"cancel": "completed"}, "cancel: a run ends from outside at queued, .*, not at 'completed'"),
        (Schedule, {"expire": "done"}, "expire: .*, not at 'done'"),
        (Schedule, {"order": "abc"}, "order: there is no program 'c': it is made of a, b"),
    ],
)
def test_what_is_no_schedule_is_refused_where_it_is_written(kind, values, message):
    with pytest.raises((TypeError, ValueError), match=message):
        kind(**values)


def test_hypothesis_is_loaded_with_the_strategy_and_not_with_the_values():
    code = (
        "import sys; sys.modules['hypothesis'] = None\n"
        "import emulator.schedules as schedules\n"
        "print(schedules.Schedule())\n"
        "try: schedules.schedules()\n"
        "except schedules.MissingHypothesisError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install 'assistants-emulator[schedules]'" in done.stdout


@pytest.mark.parametrize("path", PATHS)
def test_every_fault_is_accepted(own, path):
    @given(schedules(chunks=False, cancel=False, expire=False, paths=[path]))
    @hypothesis.settings(max_examples=40)
    def check(schedule):
        schedule.apply(own)
        own.clear_faults()

    check()
    own.pace("immediate")
