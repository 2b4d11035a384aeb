"""Faults that hit by chance, and those that never hit: the first repeat themselves, the second are reported."""

import pytest

MANY = 60


def pattern(ns, raw, many=MANY):
    """Return which of so many requests were hit."""
    return [raw.get("/models").status_code == 503 for _ in range(many)]


def arm(ns, probability=0.5, **more):
    ns.fault({"status": 503}, path="/models", probability=probability, **more)


def test_a_fault_hits_by_chance_and_counts_its_hits(ns, raw):
    arm(ns)
    hit = pattern(ns, raw)
    assert 0 < sum(hit) < MANY
    (fault,) = ns.control("GET", "/faults")["faults"]
    assert (fault["hits"], fault["probability"]) == (sum(hit), 0.5)


def test_a_reset_begins_chance_anew(ns, raw):
    arm(ns)
    first = pattern(ns, raw)
    ns.control("POST", "/reset")
    arm(ns)
    assert pattern(ns, raw) == first


def test_the_seed_decides_which_requests_are_hit(ns, raw):
    patterns = []
    for seed in (7, 8, 7):
        ns.put(seed=seed)
        ns.control("POST", "/reset")
        arm(ns)
        patterns.append(pattern(ns, raw))
    assert patterns[0] == patterns[2] != patterns[1]


def test_other_requests_and_ids_make_no_difference(ns, raw):
    arm(ns)
    first = pattern(ns, raw)
    ns.control("POST", "/reset")
    arm(ns)
    second = []
    for _ in range(MANY):
        raw.post("/threads", json={})
        second += pattern(ns, raw, 1)
    assert second == first


def test_two_faults_have_chances_of_their_own(ns, raw):
    ns.fault({"status": 503}, path="/models", probability=0.5)
    ns.fault({"status": 503}, path="/assistants", probability=0.5)
    hit = [(raw.get("/models").status_code, raw.get("/assistants").status_code) for _ in range(MANY)]
    assert len(set(hit)) == 4


@pytest.mark.parametrize("probability", [0, -0.1, 1.1, "often", float("nan")])
def test_a_probability_that_is_none_is_refused(ns, probability):
    body = {"do": {"status": 503}, "probability": str(probability)}
    ns.control("POST", "/faults", body, status=400)
    assert ns.control("GET", "/faults") == {"faults": []}


def test_a_probability_of_one_is_certain(ns, raw):
    arm(ns, 1)
    assert all(pattern(ns, raw, 10))


def test_a_fault_by_chance_has_its_times_and_lets_requests_pass_first(ns, raw):
    arm(ns)
    certain = pattern(ns, raw)
    ns.control("DELETE", "/faults")
    arm(ns, times=3, after=5)
    hit = pattern(ns, raw)
    expected = [False] * 5 + certain[:-5]
    third = [place for place, one in enumerate(expected) if one][2]
    assert hit == [one and place <= third for place, one in enumerate(expected)]


# --- the report -----------------------------------------------------------------------------------------------------


def test_faults_that_hit_nothing_stand_in_the_report(ns, raw):
    ns.fault({"status": 503}, path="/models", times=1)
    ns.fault({"truncate": 1_000_000}, path="/models")
    ns.fault({"cut_stream_after": 3}, path="/threads/runs")
    raw.get("/models")
    raw.get("/models")
    _, long, cut = ns.control("GET", "/faults")["faults"]
    assert ns.report()["faults"] == [long, cut]
    ns.control("DELETE", "/faults")
    assert ns.report()["faults"] == []
