"""Hints as people read them."""

from emulator.harness.hints import PlacedHint, hint_lines


def hint(kind, about, times=1):
    return {"kind": kind, "about": about, "message": f"{kind} of {about}", "count": times, "run": None}


def test_one_hint_is_shown_with_what_it_is_about():
    assert hint_lines([PlacedHint("", hint("a", "run_1"))]) == ["hint: a of run_1 (run_1)"]
    assert hint_lines([PlacedHint("t", hint("a", "run_1"))]) == ["hint: a of run_1 (run_1 in t)"]


def test_each_kind_is_shown_once_with_the_first_of_it_and_a_count():
    found = [
        ("t1", hint("a", "run_1", 2)),
        ("t1", hint("b", "run_1")),
        ("t2", hint("a", "run_2")),
        ("t1", hint("a", "x")),
    ]
    assert hint_lines([PlacedHint(*one) for one in found], "tests") == [
        "hint: a of run_1 (4 times in 2 tests, first run_1 in t1)",
        "hint: b of run_1 (run_1 in t1)",
    ]


def test_each_mistake_of_a_port_has_a_line_of_its_own():
    kind = "shaped_for_assistants"
    found = [
        {**hint(kind, "POST /responses"), "message": f"{kind}: {advice}"} for advice in ("flat", "no thread", "flat")
    ]
    assert hint_lines([PlacedHint("", one) for one in found]) == [
        f"hint: {kind}: flat (2 times, first POST /responses)",
        f"hint: {kind}: no thread (POST /responses)",
    ]


def test_without_hints_there_are_no_lines():
    assert hint_lines([]) == []
