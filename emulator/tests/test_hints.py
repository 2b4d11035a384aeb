from emulator.domain.hints.kinds import HintKind
from emulator.domain.hints.noted import DIRECTLY, MOST_HINTS, MOST_UNREAD, MOST_UNREAD_ON_A_THREAD, Hints

KIND = HintKind.CANCELLED_TOO_LATE


def test_a_hint_is_new_once_and_counted_from_then_on():
    hints = Hints()
    assert hints.note(KIND, "run_1") is not None
    assert hints.note(KIND, "run_1") is None
    assert [(one.run, one.count) for one in hints] == [("run_1", 2)]


def test_every_kind_of_hint_says_what_to_do():
    hints = Hints()
    for kind in HintKind:
        hints.note(kind, "run_1")
    assert [one.kind for one in hints] == list(HintKind)
    assert all(one.message or one.kind is HintKind.WRONG_URL for one in hints)


def test_the_first_hints_are_kept_and_no_more_than_a_report_can_show():
    hints = Hints()
    noted = [hints.note(KIND, f"run_{number}") for number in range(MOST_HINTS + 5)]
    assert sum(one is not None for one in noted) == MOST_HINTS
    assert hints.note(KIND, "run_0") is None
    assert [one.count for one in hints] == [2] + [1] * (MOST_HINTS - 1)


def begun(*runs):
    hints = Hints()
    for run in runs:
        hints.begin("thread_1", run, 0)
    return hints


def unread(hints, *runs):
    return [run for run in runs if hints.is_unread("thread_1", run)]


def test_each_run_is_unread_until_something_on_its_thread_is_read():
    hints = begun("run_1", "run_2")
    assert unread(hints, "run_1", "run_2") == ["run_1", "run_2"]
    assert not hints.is_unread("thread_2", "run_1")
    hints.read("thread_1")
    assert unread(hints, "run_1", "run_2") == []


def test_whoever_reads_a_run_knows_of_those_before_it_and_not_of_those_after_it():
    hints = begun("run_1", "run_2", "run_3")
    hints.read("thread_1", "run_2")
    assert unread(hints, "run_1", "run_2", "run_3") == ["run_3"]
    hints.read("thread_1", "run_1")
    assert hints.raced("thread_1", 0) == "run_3"
    hints.read("thread_1", "run_3")
    assert (unread(hints, "run_3"), hints.raced("thread_1", 0)) == ([], None)


def test_a_run_that_goes_on_is_unread_again_and_the_newest():
    hints = begun("run_1", "run_2", "run_1")
    hints.read("thread_1", "run_2")
    assert unread(hints, "run_1", "run_2") == ["run_1"]


def test_a_run_that_is_streamed_is_read_and_leaves_none_active():
    hints = begun("run_1", "run_2")
    hints.begin("thread_1", "run_2", 0, streamed=True)
    assert (unread(hints, "run_1", "run_2"), hints.raced("thread_1", 0)) == (["run_1"], None)


def test_a_run_is_raced_until_it_is_read_or_asked_to_cancel_or_its_client_has_waited():
    hints = begun("run_1", "run_2")
    assert hints.raced("thread_1", DIRECTLY - 0.1) == "run_2"
    assert hints.raced("thread_1", DIRECTLY) is None
    assert hints.raced("thread_2", 0) is None
    hints.ask_to_cancel("thread_1", "run_1")
    assert hints.raced("thread_1", 0) == "run_2"
    hints.ask_to_cancel("thread_1", "run_2")
    assert (unread(hints, "run_2"), hints.raced("thread_1", 0)) == (["run_2"], None)


def test_only_the_newest_unread_runs_are_remembered():
    hints = Hints()
    for number in range(MOST_UNREAD + 1):
        hints.begin(f"thread_{number}", f"run_{number}", 0)
    assert not hints.is_unread("thread_0", "run_0")
    assert hints.is_unread("thread_1", "run_1")
    assert hints.is_unread(f"thread_{MOST_UNREAD}", f"run_{MOST_UNREAD}")


def test_only_the_newest_unread_runs_of_a_thread_are_remembered():
    runs = [f"run_{number}" for number in range(MOST_UNREAD_ON_A_THREAD + 1)]
    assert unread(begun(*runs), *runs) == runs[1:]


def test_hints_come_back_from_their_state():
    hints = begun("run_1")
    hints.note(HintKind.OUTPUTS_TOO_LATE, "run_1", "expired")
    state = hints.state()
    back = Hints.from_state(state)
    assert (list(back), back.state()) == (list(hints), state)
    assert "already expired" in next(iter(back)).message
