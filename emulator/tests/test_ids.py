import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.domain.ports import PinnedIds
from emulator.ids import _FORMS, SeededIds


@pytest.mark.parametrize("kind", _FORMS)
def test_an_id_has_its_prefix_its_length_and_its_alphabet(kind):
    prefix, length, base = _FORMS[kind]
    alphabet = "0-9a-f" if base == 16 else "0-9A-Za-z"
    for made in (SeededIds(7, "orders").make(kind) for _ in range(3)):
        assert re.fullmatch(f"{prefix}[{alphabet}]{{{length}}}", made)


@given(st.integers(), st.sampled_from(sorted(_FORMS)))
def test_the_same_seed_names_the_same(seed, kind):
    first, second = SeededIds(seed, "a"), SeededIds(seed, "a")
    assert [first.make(kind) for _ in range(3)] == [second.make(kind) for _ in range(3)]


def test_seed_namespace_kind_and_count_all_matter():
    made = [
        SeededIds(seed, ns, {kind: count}).make(kind)[-20:]
        for seed in (0, 1)
        for ns in ("a", "b")
        for kind in ("run", "msg")
        for count in (0, 1, 2)
    ]
    assert len(set(made)) == len(made) == 24


def test_ids_do_not_repeat():
    ids = SeededIds(0, "default")
    assert len({ids.make("msg") for _ in range(5000)}) == 5000


def test_counting_goes_on_where_the_counters_say():
    ids = SeededIds(3, "x")
    whole = [ids.make("step") for _ in range(4)]
    ids = SeededIds(3, "x")
    first = [ids.make("step") for _ in range(2)]
    ids = SeededIds(3, "x", ids.counters())
    assert first + [ids.make("step") for _ in range(2)] == whole


def test_kinds_are_counted_apart_and_requests_not_kept():
    ids = SeededIds(3, "x")
    ids.make("run")
    ids.make("msg")
    ids.make("msg")
    ids.make("req")
    assert ids.counters() == {"run": 1, "msg": 2}


def test_the_counters_given_are_not_changed():
    counters = {"run": 1}
    SeededIds(0, "x", counters).make("run")
    assert counters == {"run": 1}


# --- reserved ids ----------------------------------------------------------------------------------------------------


def counting(**counters):
    return SeededIds(0, "x", counters)


def test_what_is_reserved_stays_while_it_is_enough():
    before = {"run": 3, "msg": 9}
    assert counting(run=3, msg=1).reserved(before, 64) is before
    assert counting().reserved(before, 64) is before


def test_when_one_kind_has_not_enough_some_more_are_reserved_of_all():
    assert counting(run=4, msg=8).reserved({"run": 3, "msg": 9}, 10) == {"run": 14, "msg": 18}
    assert counting(run=1).reserved({}, 10) == {"run": 11}


def test_what_was_reserved_of_a_kind_that_was_not_made_yet_stays():
    assert counting(run=4).reserved({"run": 3, "msg": 9}, 10) == {"run": 14, "msg": 9}


def test_ids_of_requests_reserve_nothing():
    before = {"run": 3}
    assert counting(run=3, req=99, req_bare=99).reserved(before, 10) is before
    assert counting(run=4, req=99, req_bare=99).reserved(before, 10) == {"run": 14}


@given(st.lists(st.sampled_from(["run", "msg", "step", "req"]), max_size=60), st.integers(0, 9))
def test_there_is_always_enough_reserved_and_never_less_than_before(kinds, ahead):
    ids, reserved = SeededIds(0, "x"), {}
    for kind in kinds:
        ids.make(kind)
        before, reserved = reserved, ids.reserved(reserved, ahead)
        assert all(reserved[kind] >= count for kind, count in before.items())
        assert all(reserved[kind] >= count for kind, count in ids.counters().items())


def test_after_a_crash_no_id_is_made_again():
    ids, reserved = SeededIds(0, "x"), {}
    made = []
    for _ in range(7):
        made.append(ids.make("run"))
        reserved = ids.reserved(reserved, 3)
    again = SeededIds(0, "x", reserved)
    assert again.make("run") not in made


def test_chance_depends_on_seed_name_and_count_and_on_no_namespace():
    def drawn(seed, ns, name):
        return [SeededIds(seed, ns).chance(name, count) for count in range(200)]

    assert drawn(7, "a", "x") == drawn(7, "b", "x")
    assert len({tuple(drawn(seed, "a", name)) for seed in (7, 8) for name in ("x", "y")}) == 4
    assert all(0 <= number < 1 for number in drawn(7, "a", "x"))
    assert 60 < sum(number < 0.5 for number in drawn(7, "a", "x")) < 140


def test_chance_makes_no_id():
    ids = SeededIds(7, "a")
    ids.chance("x", 1)
    assert ids.counters() == {}


def test_ids_that_are_taken_are_passed_over_as_far_as_they_are_near():
    ids = SeededIds(0, "x")
    made = [ids.make("thread") for _ in range(30)]
    again = SeededIds(0, "x")
    again.pass_over({made[2], made[4], made[25], "thread_other", "thread_" + "x" * 24}, 10)
    assert again.make("thread") == made[5]
    assert again.counters() == {"thread": 6}
    again.pass_over({made[2]}, 10)
    assert again.make("thread") == made[6]


# --- pinned ids -------------------------------------------------------------------------------------------------------


def pinning(*threads, taken=(), **more):
    pinned = PinnedIds.of({"thread": threads, **more})
    return SeededIds(3, "x").with_pinned(replace(pinned, taken=frozenset(taken)), anew=True)


def test_pinned_ids_are_given_in_their_order_and_then_the_seed_goes_on():
    seeded = SeededIds(3, "x")
    third = [seeded.make("thread") for _ in range(3)][2]
    ids = pinning("thread_a", "thread_b")
    assert [ids.make("thread") for _ in range(3)] == ["thread_a", "thread_b", third]
    assert ids.make("msg") == SeededIds(3, "x").make("msg")


def test_pinned_ids_that_are_taken_are_passed_over():
    assert pinning("thread_a", "thread_b", taken=["thread_a"]).make("thread") == "thread_b"
    ids = pinning("thread_a", "thread_b", "thread_c")
    ids.pass_over(["thread_a", "thread_b", "thread_z"], 64)
    assert ids.make("thread") == "thread_c"


@pytest.mark.parametrize("kind", ["file", "file24", "assistant", "assistant24"])
def test_files_are_pinned_whatever_form_their_ids_have(kind):
    assert pinning(file=["assistant-a", "file-b"]).make(kind) == "assistant-a"


def test_where_pinned_ids_have_come_to_is_counted():
    ids = pinning("thread_a", "thread_b")
    ids.make("thread")
    ids = SeededIds(3, "x", ids.counters()).with_pinned(ids.pinned, anew=False)
    assert ids.make("thread") == "thread_b"


def test_a_crash_skips_no_pinned_id():
    ids = pinning("thread_a", "thread_b", "thread_c")
    ids.make("thread")
    kept = ids.reserved({}, 64)
    assert kept == {"thread": 65, "pinned thread": 1}
    ids.make("thread")
    assert ids.reserved(kept, 64)["pinned thread"] == 2


def test_other_pinned_ids_begin_anew_and_longer_lists_go_on():
    ids = pinning("thread_a", "thread_b", msg=["msg_a"])
    ids.make("thread")
    other = ids.with_pinned(PinnedIds.of({"thread": ["thread_c"]}), anew=True)
    assert other.make("thread") == "thread_c"
    longer = ids.with_pinned(PinnedIds.of({"thread": ["thread_a", "thread_z"]}), anew=True)
    assert longer.make("thread") == "thread_z"


def test_ids_with_others_pinned_leave_the_first_as_they_were():
    ids = pinning("thread_a")
    ids.with_pinned(PinnedIds(), anew=True).make("thread")
    assert ids.make("thread") == "thread_a"


def test_the_seed_makes_no_id_that_is_pinned():
    seeded = SeededIds(3, "x")
    made = [seeded.make("run") for _ in range(2)]
    ids = pinning(run=[made[1]])
    assert ids.make("run") == made[1]
    assert ids.make("run") not in made


def test_the_pinned_ids_of_several_scripts_follow_each_other_each_once():
    pinned = PinnedIds.of({"thread": ["a", "b"]}, {"thread": ["b", "c"], "msg": []})
    assert pinned.by_kind == {"thread": ("a", "b", "c")}
    assert pinned.every == {"a", "b", "c"}
