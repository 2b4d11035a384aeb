import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.retrieval.chunking import Chunk, chunk
from emulator.retrieval.tokens import count_tokens, token_ends

texts = st.text(st.sampled_from("ab Z9.,\n\u3002\u4e2d\u6587\u00e9\u0301\U0001f600_-\t"), max_size=400) | st.text(
    max_size=200
)
sizes = st.integers(1, 40).flatmap(lambda most: st.tuples(st.just(most), st.integers(0, most // 2)))


def whole(chunks):
    """The text again, each chunk without what the one before had already."""
    text = ""
    for piece in chunks:
        assert piece.start <= len(text)
        text = text[: piece.start] + piece.text
    return text


@given(texts, sizes)
def test_the_whole_text_can_be_put_together_again(text, size):
    chunks = chunk(text, *size)
    assert whole(chunks) == text
    assert all(piece.text == text[piece.start : piece.end] for piece in chunks)


@given(texts, sizes)
def test_no_chunk_is_too_long_and_no_overlap_too_large(text, size):
    most, overlap = size
    chunks = chunk(text, most, overlap)
    ends = [0, *token_ends(text)]
    for piece in chunks:
        assert 1 <= ends.index(piece.end) - ends.index(piece.start) <= most
    for one, other in pairwise(chunks):
        assert one.start < other.start
        assert one.end < other.end
        assert 0 <= ends.index(one.end) - ends.index(other.start) <= overlap


@given(texts)
def test_tokens_lie_side_by_side_and_cover_the_text(text):
    ends = list(token_ends(text))
    assert ends == sorted(set(ends))
    assert (ends[-1] if ends else 0) == len(text)
    assert count_tokens(text) == len(ends)


def test_a_short_text_is_one_chunk():
    assert chunk("one\n\ntwo") == [Chunk("one\n\ntwo", 0, 8)]
    assert chunk("") == []


def test_the_api_s_own_sizes_overlap_by_about_half():
    text = "word " * 5_000
    chunks = chunk(text)
    assert count_tokens(chunks[0].text) == 800
    assert 300 <= count_tokens(text[chunks[1].start : chunks[0].end]) <= 400


def test_chunks_end_with_a_paragraph_where_one_ends_in_reach():
    text = "\n\n".join("It is one sentence. " * 3 + "The end." for _ in range(20))
    chunks = chunk(text, 100, 20)
    assert all(piece.text.endswith("The end.\n\n") for piece in chunks[:-1])


def test_else_with_a_sentence():
    chunks = chunk("This sentence has exactly seven words. " * 60, 50, 10)
    assert all(piece.text.endswith("words.") for piece in chunks[:-1])
    chunks = chunk("这句话一共有十个汉字。" * 60, 50, 0)
    assert all(piece.text.endswith("。") for piece in chunks)


def test_else_with_a_word():
    chunks = chunk("antidisestablishmentarianism " * 60, 50, 10)
    assert all(piece.text.strip().split()[-1] == "antidisestablishmentarianism" for piece in chunks)


@pytest.mark.parametrize("max_tokens, overlap", [(0, 0), (100, 51), (100, -1), (1, 1)])
def test_impossible_sizes_are_refused(max_tokens, overlap):
    with pytest.raises(ValueError, match="overlap"):
        chunk("text", max_tokens, overlap)


def test_counts_are_near_those_of_real_tokenizers():
    english = (
        "The committee met on Tuesday to consider the proposal. Nobody objected, and the chair thanked all members."
    )
    assert 19 <= count_tokens(english) <= 26  # 20 by cl100k_base
    assert count_tokens("机器学习导论") == 6
    assert 4 <= count_tokens("internationalization 1234567") <= 6


def test_counting_stops_where_it_is_told_to():
    assert count_tokens("a b c d e f", at_most=3) == 4
    assert count_tokens("a b c", at_most=30) == 3


@pytest.mark.parametrize("text", [" ", "x", "中", "\n", "word ", ".", "é\u0301"])
def test_twice_the_text_takes_about_twice_the_time(text):
    def seconds(times):
        start = time.process_time()
        chunk(text * times, 200, 100)
        return time.process_time() - start

    seconds(1_000)
    # Quadratic work would take 16 times as long; 8 leaves room for a busy machine.
    assert min(seconds(80_000) for _ in range(3)) < 8 * min(seconds(20_000) for _ in range(3)) + 0.05
