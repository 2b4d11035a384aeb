import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
