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
