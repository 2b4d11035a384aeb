"""How alike two texts are, and the most alike of many."""

import difflib
import random

import pytest

from scripted_models.likeness import FEW, SimilarTexts, ends, likeness, plain
from scripted_models.postings import Lists, Postings


def similar(texts):
    return SimilarTexts({number: ends(text) for number, text in enumerate(texts)}, lambda number: texts[number])


@pytest.mark.parametrize(
    "one,other",
    [("I want my money back.", "I want my money back!"), ("abcdefghij", "abcdeXghij"), ("abcdefghij", "abcdXXghij")],
)
def test_likeness_is_the_ratio_of_difflib(one, other):
    ratio = difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()
    assert likeness(one, other) == (pytest.approx(ratio) if ratio >= 0.9 else 0)


def test_case_and_white_space_make_no_difference():
    assert likeness(plain("I  want my\nMONEY back "), plain("i want my money back")) == 1


def test_long_texts_are_compared_by_words():
    words = [f"word{number}" for number in range(3_000)]
    changed = [*words[:5], "other", *words[6:-5], "another", *words[-4:]]
    assert likeness(" ".join(words), " ".join(changed)) > 0.99
    assert likeness("x" * 100_000, "y" * 99_000) == 0


@pytest.mark.parametrize("number", [FEW, 2_000])
@pytest.mark.parametrize("pattern", ["Where is order {}, please?", "请问第{}号订单在哪里 可以告诉我吗 谢谢您的帮助"])
def test_the_most_alike_of_many_texts_is_found_by_what_is_rare_in_it(pattern, number):
    texts = [pattern.format(40_000 + 7 * n) for n in range(number)]
    found = similar(texts)
    for n in range(0, number, 13):
        assert found.most_alike(texts[n] + "!")[0] == n
        assert len(found.candidates(texts[n])) <= FEW


def test_small_changes_anywhere_are_found_among_many_texts():
    chance = random.Random(7)
    letters = "abcdefghijklmnopqrstuvwxyz"
    texts = [
        " ".join("".join(chance.choices(letters, k=chance.randint(3, 8))) for _ in range(chance.randint(4, 30)))
        for _ in range(1_000)
    ]
    found = similar(texts)
    for number, text in enumerate(texts[:300]):
        changed = list(text)
        for _ in range(max(1, len(text) // 25)):
            changed[chance.randrange(len(changed))] = "X"
        assert found.most_alike("".join(changed))[0] == number


def test_nothing_is_alike_where_nothing_is():
    assert similar([]).most_alike("anything") == []
    assert similar([f"Question {n}" for n in range(500)]).most_alike("Something else altogether") == []


def test_numbers_are_found_by_their_keys():
    postings = Postings([(2**63, 5), (7, 3), (2**63, 1), (7, 9), (0, 0)])
    assert [list(postings.find(key)) for key in (0, 7, 2**63, 8)] == [[0], [3, 9], [1, 5], []]
    assert list(postings.find(7, 1)) == [3]
    assert [postings.next(7, at) for at in (0, 4, 10)] == [3, 9, 9]
    assert postings.next(8, 0) is None
    lists = Lists([[1, 2], [], [3]])
    assert ([list(lists[n]) for n in range(3)], lists.size(0), lists.at(2, 0), len(lists)) == (
        [[1, 2], [], [3]],
        2,
        3,
        3,
    )
