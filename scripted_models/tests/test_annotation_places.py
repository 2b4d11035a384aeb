import pytest

from scripted_models.annotation_places import moved

MARK = "【4:0†a.txt】"


def annotation(start, text=MARK, **more):
    return {"type": "file_citation", "text": text, "start_index": start, "end_index": start + len(text), **more}


@pytest.mark.parametrize(
    "text,before,after",
    [
        ("Yes" + MARK, [3], [3]),
        ("Certainly" + MARK, [3], [9]),
        ("🍜🍜" + MARK, [4], [2]),
        (f"longer{MARK} and{MARK}", [3, 18], [6, 21]),
        ("Nothing here", [3], [3]),
        ("", [3], [3]),
    ],
)
def test_annotations_move_with_their_texts(text, before, after):
    assert [one["start_index"] for one in moved([annotation(at) for at in before], text)] == after
    assert [one["end_index"] for one in moved([annotation(at) for at in before], text)] == [
        at + len(MARK) for at in after
    ]


def test_what_has_no_place_stays_as_it_is():
    odd = [{"type": "url_citation"}, {"text": "a"}, annotation(1, text="")]
    assert list(moved(odd, "banana")) == odd


def test_a_filled_text_takes_its_annotations_along(steps):
    (said,) = steps(
        f"""
        - say: "{{{{ message }}}}{MARK}"
          annotations: [{{type: file_citation, text: "{MARK}", start_index: 3, end_index: 14, file_citation: {{file_id: f}}}}]
        """,
        message="A longer one",
    )
    assert said.text[said.annotations[0]["start_index"] : said.annotations[0]["end_index"]] == MARK


def test_a_text_without_holes_is_played_as_it_is_written(steps):
    (said,) = steps("- {say: abc, annotations: [{type: file_path, text: c, start_index: 0, end_index: 1}]}")
    assert said.annotations[0]["start_index"] == 0
