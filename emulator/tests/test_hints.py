from emulator.domain.hints import MOST_HINTS, MOST_UNREAD, HintKind, Hints

KIND = HintKind.CANCELLED_TOO_LATE


def test_a_hint_is_new_once_and_counted_from_then_on():
    hints = Hints()
    assert hints.note(KIND, "run_1") is not None
    assert hints.note(KIND, "run_1") is None
    assert [(one["run"], one["count"]) for one in hints.to_json()] == [("run_1", 2)]


def test_every_kind_of_hint_says_what_to_do():
    hints = Hints()
    for kind in HintKind:
        hints.note(kind, "run_1")
    assert [one["kind"] for one in hints.to_json()] == [kind.value for kind in HintKind]
    assert all(one["message"] for one in hints.to_json())


def test_the_first_hints_are_kept_and_no_more_than_a_report_can_show():
    hints = Hints()
    noted = [hints.note(KIND, f"run_{number}") for number in range(MOST_HINTS + 5)]
    assert sum(one is not None for one in noted) == MOST_HINTS
    assert hints.note(KIND, "run_0") is None
    assert [one["count"] for one in hints.to_json()] == [2] + [1] * (MOST_HINTS - 1)


def test_a_run_is_unread_until_something_on_its_thread_is_read():
    hints = Hints()
    hints.begin("thread_1", "run_1")
    assert hints.is_unread("thread_1", "run_1")
    hints.begin("thread_1", "run_2")
    assert not hints.is_unread("thread_1", "run_1")
    hints.read("thread_1")
    assert not hints.is_unread("thread_1", "run_2")


def test_only_the_newest_unread_runs_are_remembered():
    hints = Hints()
    for number in range(MOST_UNREAD + 1):
        hints.begin(f"thread_{number}", f"run_{number}")
    assert not hints.is_unread("thread_0", "run_0")
    assert hints.is_unread("thread_1", "run_1")
    assert hints.is_unread(f"thread_{MOST_UNREAD}", f"run_{MOST_UNREAD}")
