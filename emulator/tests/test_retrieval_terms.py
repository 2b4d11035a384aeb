import pytest

from emulator.retrieval.stemming import stem
from emulator.retrieval.terms import count_terms, query_terms


def terms(text):
    return set(count_terms(text))


def looked_up(query):
    return [each.term for each in query_terms(query)]


@pytest.mark.parametrize(
    "family",
    [
        "refund refunds refunded refunding",
        "install installs installing installation installed",
        "stop stopped stopping stops",
        "warranty warranties",
        "configure configures configured configuration",
        "cancel cancelled cancellation",
        "organise organized organisation organization",
        "pay pays payment payments",
        "document documents documentation",
        "print prints printer printers printing",
        "box boxes",
    ],
)
def test_a_family_of_words_has_one_stem(family):
    assert len({stem(word) for word in family.split()}) == 1


@pytest.mark.parametrize(
    "pair", ["bus bush", "new news", "code coal", "glass glad", "thesis these", "number numb", "corner corn"]
)
def test_strangers_keep_apart(pair):
    one, other = pair.split()
    assert stem(one) != stem(other)


@pytest.mark.parametrize("form", ["getUserId", "get_user_id", "GetUserID", "get-user-id", "GET_USER_ID"])
def test_an_identifier_is_found_whole_and_in_parts(form):
    assert terms(form) == {"getuserid", "get", "user", "id"}


@pytest.mark.parametrize(
    "text, expected",
    [
        ("1,500 pieces", {"1500", "piec"}),
        ("2024-05-01", {"2024-05-01", "2024", "5", "1"}),
        ("X-200", {"x200", "x", "200"}),
        ("X200", {"x200", "x", "200"}),
        ("1,2,3", {"1", "2", "3"}),
        ("Müller", {"muller"}),
        ("Anna's", {"anna"}),
        ("\uff2c\uff4c\uff41\uff4d\uff41\uff12", {"llama2", "llama", "2"}),
        ("机器学习", {"机", "器", "学", "习", "机器", "器学", "学习"}),
        ("机器\n学习", {"机", "器", "学", "习", "机器", "器学", "学习"}),
        ("用Llama训练", {"用", "llama", "训", "练", "训练"}),
    ],
)
def test_terms_of_a_text(text, expected):
    assert terms(text) == expected


def test_a_term_is_counted_as_often_as_it_stands_there():
    assert count_terms("wind farms, wind farm. 风机风机")["wind"] == 2
    assert count_terms("风机风机")["风机"] == 2
    assert count_terms("风机。风机")["风机"] == 2


def test_words_that_say_nothing_are_not_looked_for():
    assert looked_up("What is the price of the pump?") == ["pric", "pump"]
    assert looked_up("什么时候交作业?") == ["交作", "作业"]


def test_they_are_looked_for_if_there_is_nothing_else():
    assert looked_up("Who are you?") == ["who", "are", "you"]


def test_capitals_tell_the_country_from_the_pronoun():
    assert "us" in looked_up("exports to the US")
    assert "us" not in looked_up("tell us about exports")


def test_names_weigh_more_than_the_words_around_them():
    weights = {each.term: each.weight for each in query_terms("the pump of Brewline")}
    assert weights["brewlin"] > weights["pump"]
    weights = {each.term: each.weight for each in query_terms("谁是 rosenblatt 教授")}
    assert weights[stem("rosenblatt")] > weights["教授"]


def test_a_hash_or_a_line_of_base64_is_no_whole_word():
    assert all(len(term) <= 64 for term in terms("ab1" * 500))


@pytest.mark.parametrize(
    "piece", ["a", "a.", "1,000", "1,", "'", "a-", "A", "aB", "_", "中", "中\n", "\u0301", "é", "1"]
)
def test_repetitive_text_takes_no_quadratic_time(piece):
    count_terms(piece * 100_000)
    query_terms(piece * 100_000)
