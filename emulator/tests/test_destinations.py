"""Where `step.until` may lead."""

import pytest

from emulator.domain.destinations import EVENTS, Destination, destination, has_steps
from emulator.domain.lifecycle import RUN


@pytest.mark.parametrize("status", RUN)
def test_every_status_is_a_destination(status):
    assert destination(status) == Destination("status", status)


@pytest.mark.parametrize("event", EVENTS)
def test_every_event_of_a_run_is_one(event):
    assert destination(f"event:{event}") == Destination("event", event)


@pytest.mark.parametrize(
    "text,expected",
    [
        ("settled", Destination("settled")),
        ("step:2", Destination("step", "2")),
        ("step:" + "0" * 5_000 + "2", Destination("step", "2")),
        ("hold:a:b", Destination("hold", "a:b")),
    ],
)
def test_so_are_steps_and_holds(text, expected):
    assert destination(text) == expected


@pytest.mark.parametrize(
    "text,says",
    [
        ("complete", "did you mean completed?"),
        ("requires-action", "did you mean requires_action?"),
        ("settle", "did you mean settled?"),
        ("Completed", "did you mean completed?"),
        ("", "taken are queued, in_progress"),
        ("steps:2", "step:NUMBER, event:NAME and hold:NAME"),
        ("completed:", "taken are"),
        ("step:two", "a number of steps"),
        ("step:²", "a number of steps"),
        ("step:", "a number of steps"),
        ("hold:", "the name of a hold"),
        ("event:thread.run.complete", "did you mean thread.run.completed?"),
        ("event:", "taken are thread.run.created"),
    ],
)
def test_what_names_nothing_is_refused_with_what_is_taken(text, says):
    with pytest.raises(ValueError, match=r"taken are|takes") as error:
        destination(text)
    assert says in str(error.value)


@pytest.mark.parametrize(
    "number,wanted,expected", [(2, "2", True), (1, "2", False), (0, "0", True), (5, "9" * 99, False)]
)
def test_steps_are_counted_however_many_are_wanted(number, wanted, expected):
    assert has_steps(number, wanted) is expected
