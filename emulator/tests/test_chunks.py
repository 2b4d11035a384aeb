import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.domain.actions import Stream
from emulator.engine.chunks import cut, spans

texts = st.text(alphabet=st.sampled_from("ab \n\t.é漢【】\u00a0\u2028"), max_size=40) | st.text(max_size=40)
chunks = st.sampled_from(["word", "char", "whole"]) | st.integers(1, 9)
ranges = st.lists(st.tuples(st.integers(-3, 45), st.integers(-3, 45)), max_size=4)


@given(texts, chunks, ranges)
def test_pieces_always_add_up_and_none_is_empty(text, chunk, whole):
    pieces = cut(text, Stream(chunk), whole)
    assert "".join(pieces) == text
    assert all(pieces)


@given(st.text(min_size=1, max_size=40), chunks, st.data())
def test_a_marker_comes_whole(text, chunk, data):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    pieces = cut(text, Stream(chunk), [(start, end)])
    at = 0
    for piece in pieces:
        if at == start:
            assert piece == text[start:end]
            break
        at += len(piece)
    else:
        pytest.fail("no piece begins with the marker")


@given(texts, st.lists(st.text(max_size=5), max_size=5))
def test_pieces_that_were_given_are_kept_only_if_they_add_up(text, given_pieces):
    assert cut("".join(given_pieces), Stream(tuple(given_pieces))) in (given_pieces, [])
    if "".join(given_pieces) != text:
        assert cut(text, Stream(tuple(given_pieces))) == ([text] if text else [])


def test_words_keep_the_space_before_them():
    assert cut("The  answer\nis 42. ", Stream()) == ["The", "  answer", "\nis", " 42.", " "]


def test_other_ways_to_cut():
    assert cut("abcde", Stream("char")) == list("abcde")
    assert cut("abcde", Stream(2)) == ["ab", "cd", "e"]
    assert cut("ab cd", Stream("whole")) == ["ab cd"]
    assert cut("", Stream("char")) == []


def test_a_citation_in_the_middle_of_a_word_is_a_piece_of_its_own():
    text = "cake【4:0†foods.txt】 and tea"
    assert cut(text, Stream(), [(4, 19)]) == ["cake", "【4:0†foods.txt】", " and", " tea"]


def test_annotations_without_a_place_keep_nothing_whole():
    annotations = [{"start_index": 1, "end_index": 3}, {"start_index": 3, "end_index": 3}, {"end_index": 4}, {}]
    assert spans(annotations) == [(1, 3)]
