"""The clock of a namespace that several processes share, each of which reads the database's time."""

import pytest

from emulator.clock import make_clock
from emulator.domain.config import ClockChange
from emulator.service import clocks


class Machine:
    now = 1_700_000_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def machine():
    return Machine()


def stored_and_read(clock, machine):
    return make_clock(clock.state(), machine, is_shared=True)


@pytest.mark.parametrize("at", [None, 1_000_000_000.0])
@pytest.mark.parametrize("mode", ["real", "auto"])
def test_a_clock_of_another_speed_shows_one_time_everywhere(machine, mode, at):
    here = make_clock({"mode": mode, "at": at, "speed": 60.0}, machine, is_shared=True)
    stored = here.state()
    machine.now += 10
    there = make_clock({"mode": "real"}, machine, is_shared=True)
    there.follow(stored)
    later = stored_and_read(here, machine)
    start = 1_700_000_000.0 if at is None else at
    for clock in (here, there, later):
        assert clock.now() == pytest.approx(start + 600, abs=1e-5)
        assert clock.state() == stored
    there.change(speed=2.0)
    machine.now += 10
    here.follow(there.state())
    assert here.now() == there.now() == pytest.approx(start + 620, abs=1e-5)


def test_what_is_put_into_another_place_goes_on_where_it_was(machine):
    clock = make_clock({"mode": "real", "at": 1_000_000_000.0, "speed": 60.0}, machine, is_shared=True)
    machine.now += 10
    state = clock.portable_state()
    assert make_clock(state, machine).now() == pytest.approx(1_000_000_600.0, abs=1e-5)
    assert state.keys() == {"mode", "speed", "at", "shift"}


async def test_processes_with_clocks_that_differ_show_the_time_of_the_database(open_namespaces):
    here, there = await open_namespaces(machine_ahead=3_600.0), await open_namespaces(machine_ahead=-86_400.0)
    one = await here.open("a")
    await clocks.change(one, ClockChange(mode="real", at=None, speed=None))
    other = await there.open("a")
    async with other.transaction():
        pass
    assert one.clock.now() == pytest.approx(other.clock.now(), abs=1.0)
    await clocks.change(other, ClockChange(mode="frozen", at=1_000_000_000.0, speed=None))
    async with one.transaction():
        pass
    assert one.clock.now() == other.clock.now() == 1_000_000_000.0
