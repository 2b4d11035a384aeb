import pytest

from emulator.domain.effects import from_json
from emulator.domain.faults import ArmedFault, Route

ROUTES = [Route("GET", "/models"), Route("POST", "/threads/{thread_id}/runs", streams=True)]


def armed(do=None, **more):
    return ArmedFault(from_json(do or {"status": 500}), **more)


def chances(*numbers):
    """Return a chance that has these numbers, and the names and counts that it is asked for."""
    asked = []

    def chance(name, count):
        asked.append((name, count))
        return numbers[count - 1]

    return chance, asked


def test_a_fault_without_a_probability_asks_no_chance():
    chance, asked = chances()
    assert armed().fire(chance)
    assert asked == []


def test_a_fault_hits_where_its_chance_is_below_the_probability():
    chance, asked = chances(0.49, 0.5, 0.0)
    fault = armed(probability=0.5, number=3)
    assert [fault.fire(chance) for _ in range(3)] == [True, False, True]
    assert asked == [("fault/3", 1), ("fault/3", 2), ("fault/3", 3)]
    assert fault.hits == 2


def test_requests_that_pass_first_are_not_drawn():
    chance, asked = chances(0.0)
    fault = armed(probability=0.5, after=2)
    assert [fault.fire(chance) for _ in range(3)] == [False, False, True]
    assert len(asked) == 1


def test_a_fault_that_is_spent_applies_no_more():
    fault = armed(times=1)
    assert fault.applies("GET", "/models")
    fault.fire(chances()[0])
    assert not fault.applies("GET", "/models")


@pytest.mark.parametrize("do", [{"delay": 1.0}, {"disconnect": True}, {"truncate": 1}, {"status": 500}], ids=str)
def test_faults_of_answers_can_hit_everywhere(do):
    assert armed(do, path="/models").can_hit(ROUTES)


@pytest.mark.parametrize(
    "do",
    [
        {"omit_done": True},
        {"garble_event": 1},
        {"duplicate_event": 1},
        {"cut_stream_after": 1},
        {"error_event": True},
        {"stall_stream_after": 1, "for": 1.0},
        {"delay": 1.0, "cut_stream_after": 1},
    ],
    ids=str,
)
def test_faults_of_streams_can_hit_only_where_something_streams(do):
    assert not armed(do, path="/models").can_hit(ROUTES)
    assert not armed(do, method="GET").can_hit(ROUTES)
    assert armed(do, path="/threads/*/runs").can_hit(ROUTES)


def test_a_probability_is_shown_where_there_is_one():
    assert "probability" not in armed().to_json()
    assert armed(probability=0.25).to_json()["probability"] == 0.25
