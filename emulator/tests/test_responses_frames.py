"""Many pieces of a text have the same bytes as each of them alone."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.domain.calls import Cut
from emulator.wire.pieces import Pieces
from emulator.wire.responses import events
from emulator.wire.responses.frames import Framing

DELTAS = {
    "text": events.text_delta("msg_1", 0, 0),
    "refusal": events.refusal_delta("msg_1", 0, 0),
    "arguments": events.arguments_delta("fc_1", 1),
    "code": events.code_delta("ci_1", 2),
}
DAYS = ("2025-09-01", "2026-08-25")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.sampled_from(["%d", "%(piece)b", '"', "\\"])


@pytest.mark.parametrize("delta", DELTAS.values(), ids=DELTAS)
@given(
    texts=st.lists(TEXTS, min_size=1, max_size=9),
    framing=st.builds(Framing, st.sampled_from(DAYS), background=st.booleans(), obfuscated=st.booleans()),
    number=st.integers(0, 1000),
    at_once=st.integers(1, 4),
)
def test_pieces_have_the_same_bytes_together_and_alone(
    delta: tuple[str, Any], texts: list[str], framing: Framing, number: int, at_once: int
) -> None:
    event, make = delta
    pieces = Pieces(make, Cut.of(texts), 0, len(texts))
    alone = [framing.frame(event, make(text), number + place) for place, text in enumerate(texts)]
    assert b"".join(framing.pieces(event, pieces, number, at_once)) == b"".join(alone)


def test_some_pieces_of_a_text_are_numbered_from_where_they_stand() -> None:
    event, make = DELTAS["text"]
    pieces = Pieces(make, Cut.of(["a", "b", "c"]), 1, 3)
    shown = b"".join(Framing("2026-08-25").pieces(event, pieces, 7, 32)).split(b"\n\n")[:-1]
    data = [orjson.loads(frame.partition(b"data: ")[2]) for frame in shown]
    assert [(one["sequence_number"], one["delta"]) for one in data] == [(7, "b"), (8, "c")]


def test_a_frame_names_its_event_and_has_its_data_on_one_line() -> None:
    frame = Framing("2026-08-25").frame(*events.arguments_done("fc_1", 0, "{\n}"), 4)
    first, second, *rest = frame.decode().split("\n")
    assert first == "event: response.function_call_arguments.done"
    assert orjson.loads(second.removeprefix("data: ")) == {
        "type": "response.function_call_arguments.done",
        "arguments": "{\n}",
        "item_id": "fc_1",
        "output_index": 0,
        "sequence_number": 4,
    }
    assert rest == ["", ""]
