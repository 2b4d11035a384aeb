"""What lint says about the annotations that scripts write themselves."""

import json

import pytest

SAYS = "See 【3:0†source】."
FILE = {"text": "【3:0†source】", "start_index": 4, "end_index": 16}
CLEAN = [
    {"type": "file_citation", **FILE, "file_citation": {"file_id": "file-a", "quote": "x"}},
    {"type": "file_path", **FILE, "file_path": {"file_id": "file-a"}},
    {"type": "url_citation", **FILE, "url_citation": {"url": "https://a.example", "title": "A"}},
]


def turn(annotation, says=SAYS):
    return (
        f"turns:\n- name: a\n  steps:\n  - {json.dumps({'say': says, 'annotations': [annotation]}, ensure_ascii=False)}"
    )


@pytest.mark.parametrize("annotation", CLEAN, ids=lambda one: one["type"])
def test_an_annotation_of_each_type_is_clean(linted, annotation):
    assert linted(turn(annotation)) == []
    without = {name: value for name, value in annotation.items() if not name.endswith("_index")}
    assert linted(turn(without)) == []


@pytest.mark.parametrize("annotation", CLEAN, ids=lambda one: one["type"])
def test_an_annotation_without_its_object_is_warned_about(scenario, linted, annotation):
    kind = annotation["type"]
    name = "url" if kind == "url_citation" else "file_id"
    said = f"an annotation of the type {kind} needs {kind}, a mapping with the text {name}"
    rest = {key: value for key, value in annotation.items() if key != kind}
    assert linted(turn(rest)) == [f"file.yaml:6: turns[0].steps[0].annotations[0].{kind}: {said}"]
    inner = f"file.yaml:6: turns[0].steps[0].annotations[0].{kind}.{name}: {said}"
    assert linted(turn({**rest, kind: {}})) == linted(turn({**rest, kind: {name: 3}})) == [inner]
    assert scenario(turn(rest))


@pytest.mark.parametrize(
    "change,path,message",
    [
        ({"type": "url_citaton"}, "type", 'no annotation of the type "url_citaton" is known, did you mean url_citation?'),
        ({"type": "radar"}, "type", 'no annotation of the type "radar" is known'),
        ({"type": None}, "type", "an annotation needs a type, one of file_citation, file_path, url_citation"),
        ({"text": "【9:0†source】"}, "text", 'the message does not contain "【9:0†source】"'),
        ({"text": None}, "text", "an annotation needs text, the part of the message that it is about"),
        ({"star_index": 3}, "star_index", 'no field "star_index" of an annotation is known, did you mean start_index?'),
        ({"start_index": 5}, "start_index", 'the message has "3:0†source】" at 5 to 16; "【3:0†source】" is found at 4 to 16'),
    ],
)  # fmt: skip
def test_what_is_odd_about_an_annotation_is_a_warning(scenario, linted, change, path, message):
    text = turn({**CLEAN[2], **change})
    assert linted(text) == [f"file.yaml:6: turns[0].steps[0].annotations[0].{path}: {message}"]
    assert scenario(text)


@pytest.mark.parametrize(
    "change,path,message",
    [
        ({"start_index": "4"}, "start_index", 'expected a whole number of characters, got "4"'),
        ({"end_index": "{{ turn }}"}, "end_index", 'expected a whole number of characters, got "{{ turn }}"'),
        ({"end_index": -1}, "end_index", "expected a whole number of characters, got -1"),
        ({"file_citation": "file-a"}, "file_citation", 'expected a mapping, got "file-a"'),
    ],
)
def test_an_annotation_that_cannot_be_shown_is_not_loaded(problems, change, path, message):
    assert problems(turn({**CLEAN[0], **change})) == [
        f"file.yaml:6: turns[0].steps[0].annotations[0].{path}: {message}"
    ]


def test_what_only_the_run_knows_is_not_judged(linted):
    assert linted(turn(CLEAN[2], says="{{ message }}")) == []
    assert linted(turn({**CLEAN[2], "text": "{{ message }}"})) == []
    assert linted(turn({"type": "{{ message }}", "text": "See"})) == []
    assert linted(turn(CLEAN[2], says="{% raw %}See {% endraw %}【3:0†source】.")) == []
