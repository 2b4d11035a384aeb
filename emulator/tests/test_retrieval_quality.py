import re

import pytest

from emulator.tests.documents.questions import library, place, questions, text_of

QUESTIONS = questions()


# 800 and 400 are the API's own sizes; the smaller ones make more chunks to choose from.
@pytest.mark.parametrize("max_tokens, overlap", [(100, 50), (120, 40), (200, 100), (800, 400)])
def test_the_right_chunk_comes_first_for_nine_questions_of_ten(max_tokens, overlap):
    index = library(max_tokens, overlap)
    places = [place(index, question) for question in QUESTIONS]
    missed = [(question.question, at) for question, at in zip(QUESTIONS, places, strict=True) if at != 1]
    assert len(missed) <= len(QUESTIONS) / 10, missed
    assert None not in places


@pytest.mark.parametrize(
    "belongs",
    [
        pytest.param(lambda q: not re.search(r"[\u3040-\u9fff]", q.question), id="english and code"),
        pytest.param(lambda q: re.search(r"[\u4e00-\u9fff]", q.question) and "ja" not in q.document, id="chinese"),
        pytest.param(lambda q: "ja" in q.document, id="japanese"),
        pytest.param(lambda q: q.document.endswith((".go", ".ts", ".rb")), id="about source code"),
    ],
)
def test_no_language_is_much_worse_than_the_others(belongs):
    index = library(120, 40)
    group = [question for question in QUESTIONS if belongs(question)]
    assert len(group) >= 4
    assert sum(place(index, question) == 1 for question in group) >= 0.9 * len(group)


def test_the_set_is_large_and_true():
    assert len(QUESTIONS) >= 40
    assert all(question.answer in text_of(question.document) for question in QUESTIONS)
