import asyncio
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.clock import NamespaceClock, make_clock, stopwatch
from emulator.domain.instants import instant


def frozen(at=100.0):
    return NamespaceClock("frozen", at=at)


def drain(clock, until):
    fired = []
    while (alarm := clock.due(until)) is not None:
        fired.append(alarm)
    return fired


@given(st.lists(st.integers(0, 50), max_size=30), st.integers(0, 60))
def test_a_frozen_clock_fires_what_is_due_in_order_and_at_its_time(times, until):
    clock, calls = frozen(0.0), []
    for when in times:
        clock.call_at(when, lambda when=when: calls.append((when, clock.now())))
    drain(clock, until)
    due = sorted(when for when in times if when <= until)
    assert calls == [(when, when) for when in due]
    assert clock.now() == until
    drain(clock, 100)
    assert sorted(times) == [when for when, _ in calls]


def test_calls_for_one_moment_are_made_in_the_order_they_were_asked_for():
    clock, calls = frozen(), []
    for name in "abc":
        clock.call_at(110, lambda name=name: calls.append(name))
    drain(clock, 110)
    assert calls == ["a", "b", "c"]


def test_a_call_may_ask_for_another_one_that_is_due_as_well():
    clock, calls = frozen(), []
    clock.call_at(105, lambda: clock.call_at(107, lambda: calls.append(clock.now())))
    drain(clock, 110)
    assert calls == [107]
    assert clock.now() == 110


def test_a_cancelled_call_is_not_made():
    clock, calls = frozen(), []
    clock.call_at(105, lambda: calls.append("no")).cancel()
    assert drain(clock, 200) == []
    assert calls == []


def test_a_call_is_made_once():
    clock, calls = frozen(), []
    alarm = clock.call_at(101, lambda: calls.append(1))
    drain(clock, 102)
    alarm.fire()
    assert calls == [1]


def test_a_frozen_clock_stands_still_and_never_goes_back():
    clock = frozen()
    assert clock.now() == clock.now() == 100
    assert clock.due(50) is None
    assert clock.now() == 100


def test_many_cancelled_calls_do_not_pile_up():
    clock = frozen()
    for _ in range(5000):
        clock.call_at(1e9, lambda: None).cancel()
    assert len(clock._alarms) < 200


def test_what_waits_survives_the_clearing_of_what_does_not():
    clock, calls = frozen(), []
    for n in range(500):
        alarm = clock.call_at(200 + n, lambda n=n: calls.append(n))
        if n % 7:
            alarm.cancel()
    drain(clock, 1000)
    assert calls == list(range(0, 500, 7))


def test_only_an_auto_clock_jumps():
    assert not frozen().jump(5)
    assert not NamespaceClock("real").jump(5)
    clock = NamespaceClock("auto", at=1000.0)
    before = clock.now()
    assert clock.jump(3600)
    assert clock.now() >= before + 3600


def test_nothing_expires_by_itself_on_an_auto_clock():
    clock, calls = NamespaceClock("auto", at=0.0), []
    clock.call_at(10, lambda: calls.append(1))
    clock.jump(100)
    assert calls == []
    drain(clock, clock.now())
    assert calls == [1]


async def test_a_real_clock_makes_its_calls_by_itself():
    clock, made = NamespaceClock("real", speed=1000.0), asyncio.Event()
    clock.call_at(clock.now() + 10, made.set)
    await asyncio.wait_for(made.wait(), 30)


async def test_an_advanced_real_clock_brings_the_later_calls_nearer():
    clock, made = NamespaceClock("real"), asyncio.Event()
    clock.call_at(clock.now() + 1000, lambda: None)
    later = clock.call_at(clock.now() + 2000, made.set)
    assert len(drain(clock, clock.now() + 1999.99)) == 1
    assert later.handle.when() - asyncio.get_running_loop().time() < 5
    await asyncio.wait_for(made.wait(), 30)
    clock.stop()


async def test_a_frozen_clock_made_real_arms_what_is_waiting():
    clock, made = frozen(), asyncio.Event()
    clock.call_at(100.01, made.set)
    clock.change("real")
    await asyncio.wait_for(made.wait(), 30)


async def test_a_real_clock_made_frozen_makes_no_call():
    clock, calls = NamespaceClock("real"), []
    alarm = clock.call_at(clock.now() + 1000, lambda: calls.append(1))
    assert alarm.handle is not None
    clock.change("frozen")
    assert alarm.handle is None
    drain(clock, clock.now() + 1000)
    assert calls == [1]


def test_a_clock_made_auto_lets_delays_pass_and_deadlines_stand():
    clock, calls = frozen(), []
    clock.call_at(700, lambda: calls.append("deadline"))
    clock.call_at(130, lambda: calls.append("second"), delay=True)
    clock.call_at(120, lambda: calls.append("first"), delay=True)
    clock.change("auto")
    assert calls == ["first", "second"]
    assert 130 <= clock.now() < 700


def test_speed_is_seconds_of_the_clock_to_one_of_the_machine(monkeypatch):
    wall = [50.0]
    monkeypatch.setattr(time, "time", lambda: wall[0])
    clock = NamespaceClock("real", at=1000.0, speed=60.0)
    wall[0] += 2
    assert clock.now() == 1120
    clock.change(speed=1.0)
    wall[0] += 3
    assert clock.now() == 1123


def test_a_stopped_clock_calls_nobody():
    clock, calls = frozen(), []
    clock.call_at(101, lambda: calls.append(1))
    clock.stop()
    assert drain(clock, 200) == []
    assert calls == []


@pytest.mark.parametrize("mode", ["real", "frozen", "auto"])
def test_a_clock_goes_on_where_its_state_says(mode, monkeypatch):
    wall = [5000.0]
    monkeypatch.setattr(time, "time", lambda: wall[0])
    clock = NamespaceClock(mode, at=100.0)
    drain(clock, 160.0)
    again = make_clock(clock.state())
    assert (again.mode, again.now()) == (mode, 160.0)
    wall[0] += 10
    assert again.now() == (160.0 if mode == "frozen" else 170.0)


@pytest.mark.parametrize("mode", ["real", "auto"])
@given(wall=st.floats(1e9, 2e9), at=st.none() | st.floats(0, 4e9), passed=st.floats(0, 1e8))
def test_what_a_clock_stores_does_not_change_while_time_passes(mode, wall, at, passed):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time", lambda: wall)
        clock = NamespaceClock(mode, at=at)
        before = clock.state()
        patch.setattr(time, "time", lambda: wall + passed)
        assert clock.state() == before


@given(wall=st.floats(1e9, 2e9), at=st.none() | st.floats(0, 2e9), passed=st.floats(0, 1e8))
def test_what_a_clock_stores_does_not_change_with_a_restart(wall, at, passed):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "time", lambda: wall)
        state = NamespaceClock("real", at=at).state()
        patch.setattr(time, "time", lambda: wall + passed)
        assert make_clock(state).state() == state


def test_what_a_clock_of_another_speed_stores_is_where_it_is_now(monkeypatch):
    wall = [5000.0]
    monkeypatch.setattr(time, "time", lambda: wall[0])
    clock = NamespaceClock("real", at=5000.0, speed=3.0)
    wall[0] += 10
    assert clock.state()["shift"] == 20
    assert make_clock(clock.state()).now() == clock.now() == 5030


def test_what_a_moved_clock_stores_is_where_it_was_moved_to(monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 5000.0)
    clock = NamespaceClock("real")
    assert clock.state()["shift"] == 0
    drain(clock, 5060.0)
    assert clock.state()["shift"] == 60


def test_a_clock_that_was_never_moved_is_the_machines(monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 77.0)
    assert make_clock({"mode": "real", "at": None, "speed": 1.0}).now() == 77.0


@pytest.mark.parametrize(
    "text,seconds",
    [
        ("2026-01-05T09:00:00Z", 1767603600),
        ("2026-01-05T10:00:00+01:00", 1767603600),
        ("2026-01-05T09:00:00", 1767603600),
    ],
)
def test_an_instant_without_an_offset_is_utc(text, seconds):
    assert instant(text) == seconds


def test_no_instant_is_an_error():
    with pytest.raises(ValueError):
        instant("tomorrow")


def test_a_stopwatch_tells_milliseconds():
    elapsed = stopwatch()
    assert 0 <= elapsed() <= elapsed()
