import pytest

from emulator.domain.effects import ChangeStream, CutStream, Disconnect, Fault, Respond, from_json, to_json

ERROR = {"message": "No.", "type": "server_error"}


@pytest.mark.parametrize(
    "do",
    [
        {"status": 429, "headers": {"retry-after": "1"}, "error": ERROR},
        {"status": 500, "before": False},
        {"status": 500, "delay": 2.0},
        {"delay": 3.0},
        {"delay": 3.0, "before": False},
        {"disconnect": True},
        {"disconnect": True, "before": False, "delay": 1.5},
        {"truncate": 0},
        {"truncate": 120, "delay": 1.0},
        {"cut_stream_after": 0},
        {"cut_stream_after": 7, "error_event": True, "error": ERROR},
        {"cut_stream_after": 7, "clean": True},
        {"cut_stream_after": 7, "error_event": True, "clean": False},
        {"error_event": True},
        {"error_event": True, "error": ERROR},
        {"omit_done": True},
        {"garble_event": 3},
        {"duplicate_event": 3, "omit_done": True},
        {"stall_stream_after": 7, "for": 30.0},
        {"garble_event": 2, "duplicate_event": 7, "stall_stream_after": 7, "for": 1.0, "cut_stream_after": 7},
    ],
    ids=str,
)
def test_a_fault_is_shown_as_it_was_described(do):
    durations = {1.0: "1s", 1.5: "1500ms", 2.0: "2s", 3.0: "3s", 30.0: "30s"}
    shown = {name: durations[value] if name in ("delay", "for") else value for name, value in do.items()}
    assert to_json(from_json(do)) == shown


@pytest.mark.parametrize(
    "do, why",
    [
        ({}, "has to do something: give status, disconnect, truncate, delay, cut_stream_after"),
        ({"error": ERROR}, "has to do something"),
        ({"disconnect": False}, "has to do something"),
        ({"error_event": False, "omit_done": False}, "has to do something"),
        ({"before": False}, "has to do something"),
        ({"status": 500, "cut_stream_after": 1}, "status replaces the answer, so nothing is left for cut_stream_after"),
        ({"status": 500, "disconnect": True}, "nothing is left for disconnect"),
        ({"status": 500, "truncate": 1}, "nothing is left for truncate"),
        ({"disconnect": True, "truncate": 1}, "disconnect leaves no answer"),
        ({"disconnect": True, "omit_done": True}, "disconnect leaves no answer"),
        ({"truncate": 1, "garble_event": 1}, "truncate breaks the answer off by its bytes"),
        ({"delay": 1.0, "headers": {"a": "b"}}, "headers belong to status"),
        ({"omit_done": True, "error": ERROR}, "add error_event"),
        ({"disconnect": True, "error": ERROR}, "add error_event"),
        ({"error_event": True, "clean": True}, "add cut_stream_after"),
        ({"garble_event": 1, "for": 1.0}, "add stall_stream_after"),
        ({"stall_stream_after": 1}, "add for, such as 30s"),
        ({"truncate": 1, "before": True}, "leave before out"),
        ({"cut_stream_after": 1, "before": False}, "leave before out"),
        ({"omit_done": True, "cut_stream_after": 3}, "leave omit_done out"),
        ({"omit_done": True, "error_event": True}, "leave omit_done out"),
        ({"garble_event": 4, "cut_stream_after": 3}, "event 4 is never sent, the stream is cut after 3"),
        ({"duplicate_event": 4, "cut_stream_after": 3}, "event 4 is never sent"),
        ({"stall_stream_after": 4, "for": 1.0, "cut_stream_after": 3}, "event 4 is never sent"),
        ({"status": 500, "headers": {"Content-Length": "7"}}, "follows from the body"),
    ],
    ids=str,
)
def test_a_fault_that_contradicts_itself_says_what_to_do(do, why):
    with pytest.raises(ValueError) as refused:
        from_json(do)
    assert why in str(refused.value)


def test_what_is_not_said_is_as_it_mostly_is_meant():
    assert from_json({"status": 500}) == Fault(Respond(500))
    assert from_json({"disconnect": True}) == Fault(Disconnect(), before=True)
    assert from_json({"cut_stream_after": 7}).outcome == ChangeStream(end=CutStream(7, clean=False))
    assert from_json({"cut_stream_after": 7, "error_event": True}).outcome == ChangeStream(
        end=CutStream(7, error_event=True, clean=True)
    )


@pytest.mark.parametrize(
    "do, needs", [({"delay": 1.0}, False), ({"truncate": 1}, False), ({"omit_done": True}, True)], ids=str
)
def test_only_changes_of_a_stream_need_one(do, needs):
    assert from_json(do).needs_stream is needs
