"""Citations of Assistants become those of responses: no marker in the text, one index, paths with their range."""

import pytest

from emulator.transcripts.responses.citations import without_markers


def cited(text: str, marker: str, file_id: str = "file-1") -> dict:
    start = text.index(marker)
    return {
        "type": "file_citation",
        "text": marker,
        "start_index": start,
        "end_index": start + len(marker),
        "file_citation": {"file_id": file_id, "quote": "..."},
    }


def path(text: str, name: str, file_id: str = "cfile_1") -> dict:
    whole = f"sandbox:/mnt/data/{name}"
    start = text.index(whole)
    about = {"start_index": start, "end_index": start + len(whole)}
    return {"type": "file_path", "text": whole, **about, "file_path": {"file_id": file_id}}


def test_a_marker_is_cut_out_and_its_place_is_the_index():
    text = "High at noon【4:0†tides.txt】."
    said, found = without_markers(text, [cited(text, "【4:0†tides.txt】")])
    assert said == "High at noon."
    assert found == [{"type": "file_citation", "file_id": "file-1", "filename": "tides.txt", "index": 12}]


def test_each_index_counts_without_the_markers_before_it():
    text = "A【4:0†a.txt】 and B【4:1†b.txt】."
    annotations = [cited(text, "【4:0†a.txt】"), cited(text, "【4:1†b.txt】", "file-2")]
    said, found = without_markers(text, annotations)
    assert said == "A and B."
    assert [one["index"] for one in found] == [1, 7]
    assert [one["filename"] for one in found] == ["a.txt", "b.txt"]


def test_two_markers_at_one_place_have_one_index():
    text = "A【4:0†a.txt】【4:1†b.txt】"
    said, found = without_markers(text, [cited(text, "【4:0†a.txt】"), cited(text, "【4:1†b.txt】")])
    assert (said, [one["index"] for one in found]) == ("A", [1, 1])


def test_the_name_of_a_file_comes_from_the_search_before_the_marker():
    text = "A【7†source】"
    assert without_markers(text, [cited(text, "【7†source】")], names={"file-1": "a.txt"})[1][0]["filename"] == "a.txt"


def test_a_path_stays_and_is_cited_by_its_range():
    text = "See 【4:0†a.txt】[it](sandbox:/mnt/data/out/plot.csv)"
    said, found = without_markers(text, [cited(text, "【4:0†a.txt】"), path(text, "out/plot.csv")], container="cntr_1")
    assert said == "See [it](sandbox:/mnt/data/out/plot.csv)"
    citation = found[1]
    assert said[citation["start_index"] : citation["end_index"]] == "sandbox:/mnt/data/out/plot.csv"
    assert list(citation) == ["type", "container_id", "end_index", "file_id", "filename", "start_index"]
    assert (citation["container_id"], citation["file_id"], citation["filename"]) == ("cntr_1", "cfile_1", "plot.csv")


def test_annotations_in_the_shape_of_responses_pass_but_for_their_container():
    own = {"type": "file_citation", "file_id": "file-1", "filename": "a.txt", "index": 2}
    drawn = {"type": "container_file_citation", "container_id": "cntr_other", "file_id": "cfile_1"}
    assert without_markers("text", [own, drawn], container="cntr_1") == (
        "text",
        [own, {**drawn, "container_id": "cntr_1"}],
    )
    assert without_markers("text", [drawn])[1] == [drawn]


@pytest.mark.parametrize(
    "odd",
    [
        {"type": "file_citation", "start_index": 90, "end_index": 99, "file_citation": {"file_id": "f"}},
        {"type": "file_citation", "start_index": 3, "end_index": 1, "file_citation": {"file_id": "f"}},
        {"type": "file_citation", "start_index": "0", "end_index": None, "file_citation": {"file_id": "f"}},
        {"type": "file_citation", "file_citation": None},
        {"type": "file_path", "file_path": {}},
        {},
    ],
)
def test_an_annotation_that_marks_nothing_cuts_nothing(odd):
    said, found = without_markers("text", [odd], container="cntr_1")
    assert said == "text"
    assert len(found) == 1


def test_markers_that_overlap_are_cut_once():
    annotations = [
        {"type": "file_citation", "start_index": start, "end_index": end, "file_citation": {"file_id": "f"}}
        for start, end in ((1, 4), (2, 6), (3, 5))
    ]
    said, found = without_markers("0123456789", annotations)
    assert said == "06789"
    assert [one["index"] for one in found] == [1, 1, 1]


def test_a_web_page_keeps_its_marker_and_its_range_counts_without_those_of_files():
    text = "A【4:0†a.txt】 and B【3:1†source】."
    marker = "【3:1†source】"
    start = text.index(marker)
    about = {"text": marker, "start_index": start, "end_index": start + len(marker)}
    site = {"type": "url_citation", **about, "url_citation": {"url": "https://example.com/b", "title": "B"}}
    said, (file, page) = without_markers(text, [cited(text, "【4:0†a.txt】"), site])
    assert said == f"A and B{marker}."
    assert file["index"] == 1
    assert page == {
        "type": "url_citation", "start_index": 7, "end_index": 7 + len(marker), "title": "B", "url": "https://example.com/b",
    }  # fmt: skip
