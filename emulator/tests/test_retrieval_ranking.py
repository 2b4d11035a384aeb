import math
import random
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.retrieval.ranking import Hit, Index

WORDS = ["apple", "banana", "cherry", "date", "elder", "fig", "grape", "学习", "机器", "getUserId", "user_id", "42"]
texts = st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join)
libraries = st.dictionaries(st.text("abcd", min_size=1, max_size=3), st.lists(texts, max_size=4), max_size=8)


def built(documents):
    index = Index()
    for key, chunks in documents.items():
        index.add(key, chunks)
    return index


def test_a_hit_says_where_it_was_found_and_how_well_it_fits():
    index = built({"fruit": ["apples and pears", "plums"], "tools": ["hammer"]})
    (hit,) = index.search("a plum?", 5)
    assert (hit.key, hit.chunk, hit.text) == ("fruit", 1, "plums")
    assert 0 < hit.score < 1


@given(libraries, texts, st.integers(1, 30))
def test_a_short_list_is_the_head_of_the_long_one(documents, query, limit):
    # The long list holds everything, so nothing was left out for speed there.
    index = built(documents)
    assert index.search(query, limit) == index.search(query, 1_000)[:limit]


@given(libraries, texts, st.randoms(use_true_random=False))
def test_what_came_and_went_before_makes_no_difference(documents, query, chance):
    index = built({f"x{n}": [" ".join(WORDS), "apple fig"] for n in range(3)})
    keys = list(documents)
    chance.shuffle(keys)
    for key in keys:
        index.add(key, ["something else first", query])
    for n in range(3):
        index.remove(f"x{n}")
    for key in keys:
        index.add(key, documents[key])
    assert index.search(query, 50) == built(documents).search(query, 50)
    assert len(index) == sum(map(len, documents.values()))


def test_a_large_index_loses_nothing_by_its_short_cuts():
    chance = random.Random(7)
    words = [f"w{n}" for n in range(400)]
    heavy = [1 / (n + 1) for n in range(400)]
    index = built({f"d{n}": [" ".join(chance.choices(words, heavy, k=60)) for _ in range(5)] for n in range(200)})
    for _ in range(50):
        query = " ".join(chance.choices(words, heavy, k=8))
        everything = index.search(query, 10_000)
        assert index.search(query, 7) == everything[:7]
        some = {f"d{n}" for n in range(0, 200, 3)}
        assert index.search(query, 7, allowed=some) == [hit for hit in everything if hit.key in some][:7]


@given(libraries, texts)
def test_scores_lie_between_0_and_1_and_fall(documents, query):
    scores = [hit.score for hit in built(documents).search(query, 50)]
    assert all(0 < score < 1 for score in scores)
    assert scores == sorted(scores, reverse=True)


@given(libraries, texts, st.floats(0, 1))
def test_the_threshold_is_the_least_score(documents, query, threshold):
    index = built(documents)
    assert index.search(query, 50, threshold) == [hit for hit in index.search(query, 50) if hit.score >= threshold]


def test_equal_chunks_come_in_the_order_of_their_keys():
    index = built({"b": ["same words", "same words"], "a": ["same words"]})
    assert [(hit.key, hit.chunk) for hit in index.search("same words", 3)] == [("a", 0), ("b", 0), ("b", 1)]


def test_more_of_the_question_is_a_higher_score_whatever_the_question():
    index = built({"manual": ["The red lamp blinks when the water tank is empty.", "Keep the receipt."]})
    whole = index.search("red lamp blinks, water tank empty", 1)[0].score
    half = index.search("red lamp blinks, printer cartridge dry", 1)[0].score
    little = index.search("lamp shades from Denmark with velvet trimming", 1)[0].score
    assert whole > 0.6 > half > little
    assert little < 0.4


def test_a_common_word_counts_less_than_a_rare_one():
    index = built({f"d{n}": ["machine part"] for n in range(50)} | {"x": ["machine gasket"]})
    assert index.search("gasket", 1)[0].key == "x"
    assert index.search("machine gasket part", 1)[0].key == "x"


def test_only_allowed_documents_are_searched():
    index = built({"a": ["word"], "b": ["word"]})
    assert [hit.key for hit in index.search("word", 5, allowed={"b", "unknown"})] == ["b"]
    assert index.search("word", 5, allowed=set()) == []


def test_a_document_is_replaced_by_its_key():
    index = built({"a": ["old words", "more"]})
    index.add("a", ["new words"])
    assert len(index) == 1
    assert index.search("old", 5) == []
    assert index.search("new", 5)[0].text == "new words"


def test_what_was_removed_is_gone():
    index = built({"a": ["word"]})
    assert "a" in index
    index.remove("a")
    index.remove("never there")
    assert "a" not in index
    assert len(index) == 0
    assert index.search("word", 5) == []


@pytest.mark.parametrize("query", ["", "   ", "?!", "nothingofthekind"])
def test_a_query_without_known_words_finds_nothing(query):
    assert built({"a": ["word"]}).search(query, 5) == []


def test_it_can_fill_up_with_other_chunks():
    index = built({"b": ["two", "one"], "a": ["three"]})
    found = index.search("one", 3, fill=True)
    assert found[1:] == [Hit("a", 0, "three", 0.0), Hit("b", 0, "two", 0.0)]
    assert found[0].text == "one"
    assert len(index.search("one", 3, 0.1, fill=True)) == 1
    assert [hit.key for hit in index.search("none", 9, allowed={"b"}, fill=True)] == ["b", "b"]


def test_a_question_of_stop_words_alone_is_still_a_question():
    assert built({"a": ["to be or not to be"]}).search("to be or not to be", 1)


def test_no_limit_no_hits():
    assert built({"a": ["word"]}).search("word", 0) == []


def test_a_word_said_a_thousand_times_is_no_overflow():
    assert built({"a": ["word " * 1_000]}).search("word", 1)[0].score < 1


def test_a_query_may_be_as_long_as_a_message():
    words = [f"w{n}" for n in range(40_000)]
    index = built({f"d{n}": [" ".join(words[n * 30 : n * 30 + 100])] for n in range(1_000)})
    assert index.search(" ".join(words), 20)


def test_other_processes_find_the_same():
    script = (
        "from emulator.tests.documents.questions import library, questions\n"
        "index = library(200, 100)\n"
        "print([(h.key, h.chunk, h.score) for q in questions() for h in index.search(q.question, 5)])"
    )
    answers = {
        subprocess.run(
            [sys.executable, "-c", script], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("0", "1")
    }
    assert len(answers) == 1
    assert all(math.isfinite(score) for _, _, score in eval(answers.pop()))
