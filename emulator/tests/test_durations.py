import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.domain.durations import DURATION_PATTERN, LONGEST, seconds, spell


@pytest.mark.parametrize(
    "text,length",
    [
        ("300ms", 0.3),
        ("2s", 2),
        ("0s", 0),
        ("10m", 600),
        ("1h", 3600),
        ("3d", 259_200),
        ("1.5h", 5400),
        ("0.25s", 0.25),
        ("007s", 7),
    ],
)
def test_a_duration_is_a_number_with_a_unit(text, length):
    assert seconds(text) == length


@pytest.mark.parametrize(
    "text,length",
    [("10m1s", 601), ("1h30m", 5400), ("1d1h1m1s1ms", 90_061.001), ("1s1m", 61), ("1s1s", 2), ("1m1ms", 60.001)],
)
def test_a_compound_duration_is_the_sum_of_its_parts(text, length):
    assert seconds(text) == length


@pytest.mark.parametrize("text", [" 10m1s ", "10m 1s", "10m\t1s\n", "\n10m1s"])
def test_blanks_may_stand_around_the_parts(text):
    assert seconds(text) == 601


@pytest.mark.parametrize(
    "text",
    ["", " ", "10", "s", "1 s", "1 0s", "1m s", "-1s", "+1s", "1.s", ".5s", "1e3s", "1,5s", "1S", "1w", "1us", "1s,2m",
     "nan", "nans", "inf", "infs", "1_000s", "0x1s", "\u0663s", "\u00b2s", "1s\0", "soon", "P1D", "1s" * 50 + "!"],
)  # fmt: skip
def test_other_texts_are_no_durations(text):
    with pytest.raises(ValueError, match="is not a duration: write"):
        seconds(text)


@pytest.mark.parametrize("number", [0, 7, 0.25, LONGEST, 1e-9])
def test_a_bare_number_counts_seconds(number):
    assert seconds(number) == number
    assert isinstance(seconds(number), float)


@pytest.mark.parametrize("value", [True, False, None, [], {}, (1,), b"1s", 1j])
def test_values_of_other_types_are_no_durations(value):
    with pytest.raises(ValueError, match="not a duration"):
        seconds(value)


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), float("-inf"), 1e400, 10**400, "9" * 400 + "s", "9" * 309 + "d"]
)
def test_a_duration_is_finite(value):
    with pytest.raises(ValueError, match="has to be finite"):
        seconds(value)


@pytest.mark.parametrize("number", [-1, -0.001, -1e300])
def test_a_duration_is_never_negative(number):
    with pytest.raises(ValueError, match="cannot be negative"):
        seconds(number)


def test_a_huge_negative_integer_is_refused_too():
    with pytest.raises(ValueError, match="has to be finite"):
        seconds(-(10**400))


@pytest.mark.parametrize("value", [LONGEST + 1, "366001d", 10**300])
def test_a_duration_has_an_upper_bound(value):
    with pytest.raises(ValueError, match="at most 366000d"):
        seconds(value)


def test_the_upper_bound_can_be_lower():
    assert seconds("1h", longest=3600) == 3600
    with pytest.raises(ValueError, match="at most 1h"):
        seconds("1h1ms", longest=3600)


@pytest.mark.parametrize(
    "length,text",
    [(0, "0s"), (0.3, "300ms"), (1.5, "1500ms"), (2, "2s"), (600, "10m"), (601, "601s"), (86_400, "1d"), (1e-9, "0s")],
)
def test_a_length_is_spelled_in_its_largest_whole_unit(length, text):
    assert spell(length) == text


@given(st.integers(0, int(LONGEST) * 1000))
def test_what_is_spelled_can_be_read_again(milliseconds):
    assert seconds(spell(milliseconds / 1000)) == milliseconds / 1000


def accepts(text):
    try:
        return seconds(text) >= 0
    except ValueError as error:
        return "is not a duration" not in str(error)


PART = st.from_regex(r"[0-9]{1,4}(\.[0-9]{1,3})?(ms|s|m|h|d)", fullmatch=True)
NEAR = st.lists(PART | st.sampled_from(["", " ", "\n", ".", "-", "m", "s", "1", "\u0663"]), max_size=6).map("".join)


@given(st.text(max_size=12) | NEAR | st.from_regex(DURATION_PATTERN))
def test_the_pattern_for_schemas_accepts_what_the_parser_accepts(text):
    assert accepts(text) == bool(re.search(DURATION_PATTERN, text))


@given(st.lists(PART, min_size=1, max_size=5))
def test_a_compound_is_as_long_as_its_parts_together(parts):
    assert seconds("".join(parts)) == pytest.approx(sum(map(seconds, parts)))


@given(st.floats() | st.integers() | st.text() | st.booleans() | st.none())
def test_whatever_comes_in_a_duration_is_finite_and_not_negative_or_refused(value):
    try:
        length = seconds(value)
    except ValueError:
        return
    assert 0 <= length <= LONGEST
