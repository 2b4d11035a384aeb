import gc
import sys
from array import array
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.domain.calls import Cut
from emulator.tools import kinds
from emulator.wire import messages, sse, steps
from emulator.wire.history.wires import V1_LAST, V2_FIRST, wire
from emulator.wire.pieces import _HOLE, Pieces
from emulator.wire.projection import project_event

# Anything but surrogates, which no JSON can hold; what JSON has to escape, often; and what the pieces use themselves.
odd = st.sampled_from(["", '"', "\\", '\\"', "\\u0000", "\x00", "\n", "\x1f", "\x7f", "\u2028", "😀", _HOLE])
texts = odd | st.text(st.characters(exclude_categories=["Cs"]), max_size=6)
cuts = st.lists(texts, max_size=12)


def text_of_message(text):
    return messages.delta('msg_"1"', messages.text_delta(2, text))


def refusal(text):
    return messages.delta("msg_1", {"index": 0, "type": "refusal", "refusal": text})


def of_call(kind, text):
    return steps.delta("step_1", kind.piece(0, text))


# A search comes whole: old wires show nothing of what it asks.
STREAMED = {
    kind.type: partial(of_call, kind) for kind in map(kinds.of_call, kinds.types_on(None)) if kind.type != "file_search"
}
MAKERS = {"text": text_of_message, "refusal": refusal, **STREAMED}
WIRES = [wire("v1", "2023-11-06"), wire("v1", V1_LAST), wire("v2", V2_FIRST), wire("v2", "2026-08-25")]
make = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)


# --- a cut text ------------------------------------------------------------------------------------------------------


@given(cuts)
def test_a_cut_keeps_its_pieces(pieces):
    cut = Cut.of(pieces)
    assert (cut.text, len(cut)) == ("".join(pieces), len(pieces))
    assert list(cut.pieces(0, len(cut))) == pieces


@given(cuts, st.data())
def test_some_pieces_of_a_cut_are_those_between_two_places(pieces, data):
    first = data.draw(st.integers(0, len(pieces)))
    last = data.draw(st.integers(first, len(pieces)))
    assert list(Cut.of(pieces).pieces(first, last)) == pieces[first:last]


# --- deltas ----------------------------------------------------------------------------------------------------------


@make
@given(cuts)
def test_the_deltas_are_those_of_the_pieces_in_their_order(make, pieces):
    deltas = Pieces(make, Cut.of(pieces), 0, len(pieces))
    assert list(deltas) == [make(piece) for piece in pieces]
    assert len(deltas) == len(pieces)


@make
@pytest.mark.parametrize("wire", WIRES, ids=lambda wire: f"{wire.beta}-{wire.day}")
@given(pieces=cuts, at_once=st.integers(1, 14), data=st.data())
def test_the_bytes_are_those_of_the_deltas_one_by_one(make, wire, pieces, at_once, data):
    def frame(delta):
        return sse.frame(*project_event("thread.message.delta", delta, wire))

    first = data.draw(st.integers(0, len(pieces)))
    last = data.draw(st.integers(first, len(pieces)))
    frames = list(Pieces(make, Cut.of(pieces), first, last).frames(frame, at_once))
    assert b"".join(frames) == b"".join(frame(make(piece)) for piece in pieces[first:last])
    assert len(frames) == -(-(last - first) // at_once)


# --- joining ---------------------------------------------------------------------------------------------------------


def between(first, last, cut, make=refusal):
    return Pieces(make, cut, first, last)


def test_pieces_that_go_on_where_others_end_become_one_with_them():
    cut = Cut.of(["a", "b", "c", "d"])
    earlier, later = between(0, 2, cut), between(2, 3, cut)
    assert later.after(earlier) == between(0, 3, cut)
    assert (earlier, later) == (between(0, 2, cut), between(2, 3, cut))


@pytest.mark.parametrize(
    "earlier",
    [
        lambda cut: between(0, 1, cut),  # a gap
        lambda cut: between(0, 3, cut),  # an overlap
        lambda cut: between(3, 4, cut),  # what comes behind
        lambda cut: between(0, 2, Cut.of(list("abcd"))),  # another text, though it says the same
        lambda cut: between(0, 2, cut, text_of_message),  # another message
        lambda cut: refusal("b"),
        lambda cut: None,
    ],
)
def test_other_pieces_do_not(earlier):
    cut = Cut.of(list("abcd"))
    assert between(2, 3, cut).after(earlier(cut)) is None


# --- memory ----------------------------------------------------------------------------------------------------------

MANY = 90_000


def test_a_long_text_costs_a_number_for_each_piece():
    cut = Cut.of(["word "] * MANY)
    assert isinstance(cut.edges, array)
    assert sys.getsizeof(cut.edges) < 10 * MANY  # 8 bytes each, and what an array grows ahead
    assert not hasattr(cut, "__dict__")


def test_its_deltas_cost_nothing_until_they_are_read():
    cut = Cut.of(["word "] * MANY)
    pieces = between(0, 1, cut)
    before = len(gc.get_objects())
    for place in range(1, MANY):
        pieces = between(place, place + 1, cut).after(pieces)
    assert (pieces.first, pieces.last) == (0, MANY)
    assert len(gc.get_objects()) - before < 50
    assert set(map(id, gc.get_referents(pieces))) <= {
        id(Pieces),
        id(refusal),
        id(cut),
        id(pieces.first),
        id(pieces.last),
    }


def test_no_more_deltas_are_made_than_are_sent_at_once():
    made = []

    def counted(text):
        made.append(text)
        return refusal(text)

    frames = Pieces(counted, Cut.of(["word "] * MANY), 0, MANY).frames(partial(sse.frame, "thread.message.delta"), 32)
    assert len(next(frames).split(b"\n\n")) == 32 + 1
    assert made == [_HOLE]  # all others are made of its bytes
