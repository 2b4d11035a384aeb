"""What stays of a message or of code that was cut short."""

from emulator.domain.actions import (
    Refuse,
    RunCode,
    Say,
    Stream,
)  # fmt: skip

SLOW = Stream(tps=1)
PIXEL = "data:image/png;base64,iVBORw0KGgo="


async def test_a_refusal_that_was_cut_short_stays_a_refusal(engine):
    s = engine([Refuse("I would rather not", stream=SLOW)])
    await s.play()
    await s.advance(2)
    await s.cancel()
    await s.settle()
    assert s.messages[0]["content"] == [{"type": "refusal", "refusal": "I would rather"}]


async def test_images_that_were_shown_stay_with_a_text_that_was_cut_short(engine):
    s = engine([Say("one two", images=(PIXEL,), stream=SLOW)])
    await s.play()
    await s.cancel()
    await s.settle()
    assert [part["type"] for part in s.messages[0]["content"]] == ["image_file", "text"]


async def test_a_citation_stays_only_if_its_marker_came(engine):
    marked = [
        {
            "type": "file_citation",
            "text": "[1]",
            "start_index": 3,
            "end_index": 6,
            "file_citation": {"file_id": "file-1"},
        },
        {
            "type": "file_citation",
            "text": "[2]",
            "start_index": 10,
            "end_index": 13,
            "file_citation": {"file_id": "file-2"},
        },
    ]
    s = engine([Say("abc[1] def[2]", annotations=tuple(marked), stream=SLOW)])
    await s.play()
    await s.advance(2)
    await s.cancel()
    await s.settle()
    text = s.messages[0]["content"][0]["text"]
    assert (text["value"], text["annotations"]) == ("abc[1] def", marked[:1])


async def test_two_equal_annotations_are_two(engine):
    same = {
        "type": "file_citation",
        "text": "[1]",
        "start_index": 0,
        "end_index": 3,
        "file_citation": {"file_id": "file-1"},
    }
    s = engine([Say("[1] x", annotations=(same, dict(same), {"type": "file_path", "end_index": 99}))])
    await s.play()
    indexes = [a["index"] for d in s.deltas for a in d.data["delta"]["content"][0]["text"].get("annotations", ())]
    assert indexes == [0, 1, 2]


async def test_code_that_was_cut_short_shows_what_was_written(engine):
    s = engine([RunCode("a = 1; b = 2", logs="x", stream=SLOW)])
    await s.play()
    await s.advance(1)
    await s.cancel()
    await s.settle()
    (call,) = s.steps[0]["step_details"]["tool_calls"]
    assert call["code_interpreter"] == {"input": "a =", "outputs": []}
