"""Token buckets: what a key may use, and when more is there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.domain.quotas import MINUTE, MOST_KEYS, Bucket, Consumption, Quotas, Shortage, digest_of
from emulator.domain.refusals import rate_limited, tokens_short

NOW = 1_767_604_200.25  # where a clock's numbers are coarse
instants = st.floats(1.6e9, 2.0e9)
limits = st.integers(1, 100_000)


@given(limits, instants)
def test_a_full_bucket_gives_what_a_minute_gives_and_then_one_by_one(rpm, now):
    consumption, few = Consumption(), min(rpm, 50)
    assert [consumption.request("a", few, now) for _ in range(few)] == [0.0] * few
    wait = consumption.request("a", few, now)
    assert wait == pytest.approx(MINUTE / few)
    assert consumption.request("a", few, now + wait * 0.9) > 0
    assert consumption.request("a", few, now + wait) == 0
    assert consumption.request("a", few, now + wait) > 0


@given(limits, instants, st.lists(st.floats(0, 5), max_size=20))
def test_whoever_waits_as_long_as_the_answer_says_is_let_in(rpm, now, pauses):
    consumption = Consumption()
    for pause in [*pauses, *[0.0] * 20]:
        now += pause
        if wait := consumption.request("a", rpm, now):
            headers = rate_limited(wait).headers
            assert 1 <= int(headers["retry-after"]) <= 60
            assert int(headers["retry-after-ms"]) <= int(headers["retry-after"]) * 1000
            now += int(headers["retry-after-ms"]) / 1000
            assert consumption.request("a", rpm, now) == 0


@given(limits, instants, st.lists(st.tuples(st.integers(0, 5_000), st.floats(0, 5)), max_size=20))
def test_tokens_are_there_after_the_wait_that_the_text_names(tpm, now, runs):
    consumption = Consumption()
    for tokens, pause in runs:
        now += pause
        requested = min(tokens, tpm)
        short = consumption.shortage("a", requested, tpm, now)
        if short is not None:
            assert short.used is not None
            assert 0 < short.used <= tpm < short.used + requested
            named = tokens_short("m", short).partition("try again in ")[2].partition(". Visit")[0]
            now += float(named[:-2]) / 1000 if named.endswith("ms") else float(named[:-1])
            assert consumption.shortage("a", requested, tpm, now) is None
        consumption.spend("a", tokens, tpm, now)


def test_keys_have_buckets_of_their_own():
    consumption = Consumption()
    assert consumption.request("a", 1, NOW) == 0
    assert consumption.request("b", 1, NOW) == 0
    assert consumption.request("a", 1, NOW) == MINUTE


def test_a_request_that_is_refused_does_not_count():
    consumption = Consumption()
    consumption.request("a", 1, NOW)
    assert {consumption.request("a", 1, NOW + 30) for _ in range(5)} == {30.0}


def test_nobody_waits_longer_than_a_minute_whatever_was_used():
    consumption = Consumption()
    consumption.spend("a", 1_000_000, 100, NOW)
    assert consumption.shortage("a", 1, 100, NOW) == Shortage(100, 100, 1)
    assert consumption.shortage("a", 100, 100, NOW + MINUTE) is None


def test_a_clock_that_is_set_back_gives_nothing_back_and_takes_nothing():
    bucket = Bucket().after(20, NOW)
    assert bucket.seconds_at(NOW - 86_400) == 20
    assert bucket.after(1, NOW - 86_400).seconds_at(NOW - 86_400 + 21) == 0


def test_more_tokens_than_the_limit_are_never_there():
    assert Consumption().shortage("a", 101, 100, NOW) == Shortage(100, None, 101)


@pytest.mark.parametrize(
    "short,text",
    [
        # The numbers are those of public reports.
        (Shortage(10000, 8554, 3082), "Limit 10000, Used 8554, Requested 3082. Please try again in 9.816s. Visit"),
        (Shortage(30000, 29937, 385), "Limit 30000, Used 29937, Requested 385. Please try again in 644ms. Visit"),
        (Shortage(30000, 28039, 3906), "Limit 30000, Used 28039, Requested 3906. Please try again in 3.89s. Visit"),
        (Shortage(30000, None, 31538), "Limit 30000, Requested 31538. The input or output tokens must be reduced"),
    ],
)
def test_the_text_of_a_shortage_is_the_services_own_with_its_own_wait(short, text):
    assert text in tokens_short("gpt-4o", short)


def test_what_is_used_survives_as_json():
    consumption = Consumption()
    consumption.request("a", 10, NOW)
    consumption.spend("b", 5, 10, NOW)
    assert Consumption.from_state(consumption.state()) == consumption
    consumption.clear()
    assert consumption == Consumption()


@pytest.mark.parametrize(
    "state", [{}, {"requests": {"a": [61, 0]}, "tokens": {}}, {"requests": {"a": 1}, "tokens": {}}]
)
def test_a_state_that_is_none_is_refused(state):
    with pytest.raises((KeyError, ValueError, TypeError)):
        Consumption.from_state(state)


def test_the_keys_that_asked_last_are_remembered():
    consumption = Consumption()
    for number in range(MOST_KEYS + 1):
        consumption.request(str(number), 1, NOW)
    assert consumption.request("1", 1, NOW) == MINUTE
    assert consumption.request("0", 1, NOW) == 0  # forgotten
    assert len(consumption.state()["requests"]) == MOST_KEYS


def test_a_key_cannot_be_read_from_its_digest():
    digest = digest_of("sk-emu-orders")
    assert digest == digest_of("sk-emu-orders") != digest_of("sk-emu-order")
    assert len(digest) == 32
    assert "orders" not in digest


@pytest.mark.parametrize("given", [{}, {"rpm": 0}, {"tpm": -1}, {"rpm": 1, "tpm": 0}])
def test_quotas_that_allow_nothing_or_say_nothing_are_refused(given):
    with pytest.raises(ValueError, match="at least 1"):
        Quotas(**given)
