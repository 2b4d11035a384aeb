import pytest

from emulator.retrieval.filters import MAX_DEPTH, MAX_PARTS, predicate

FILE = {"author": "Ada", "year": 1843, "rating": 4.5, "public": True, "date": "1843-10-01"}


def matches(attributes, condition):
    return predicate(condition)(attributes)


def of(kind, key, value):
    return {"type": kind, "key": key, "value": value}


def both(*filters):
    return {"type": "and", "filters": list(filters)}


def either(*filters):
    return {"type": "or", "filters": list(filters)}


@pytest.mark.parametrize(
    "condition",
    [
        None,
        of("eq", "author", "Ada"),
        of("ne", "author", "Bob"),
        of("eq", "year", 1843.0),
        of("gt", "year", 1842),
        of("gte", "year", 1843),
        of("lt", "rating", 5),
        of("lte", "rating", 4.5),
        of("gt", "date", "1843-09-30"),
        of("eq", "public", value=True),
        of("in", "year", [1842, 1843]),
        of("nin", "author", ["Bob", "Cy"]),
        of("nin", "author", []),
        both(of("eq", "author", "Ada"), either(of("eq", "year", 1), of("eq", "public", value=True))),
        both(),
    ],
)
def test_it_fits(condition):
    assert matches(FILE, condition)


@pytest.mark.parametrize(
    "condition",
    [
        of("eq", "author", "ada"),
        of("ne", "author", "Ada"),
        of("gt", "year", 1843),
        of("lt", "author", 5),
        of("gt", "year", "1842"),
        of("eq", "year", "1843"),
        of("eq", "public", 1),
        of("in", "public", [1, "True"]),
        of("gt", "public", value=False),
        of("in", "year", []),
        of("nin", "year", [1843]),
        both(of("eq", "author", "Ada"), of("eq", "year", 1)),
        either(of("eq", "author", "Bob"), of("eq", "year", 1)),
        either(),
    ],
)
def test_it_does_not_fit(condition):
    assert not matches(FILE, condition)


@pytest.mark.parametrize("kind, fits", [("eq", 0), ("ne", 1), ("gt", 0), ("gte", 0), ("lt", 0), ("lte", 0)])
def test_a_file_without_the_attribute_fits_only_negations(kind, fits):
    assert matches({}, of(kind, "year", 1)) is bool(fits)
    assert matches({}, of("nin", "year", [1]))
    assert not matches({}, of("in", "year", [1]))


@pytest.mark.parametrize(
    "condition, message",
    [
        ([], "filters: expected an object, got an array"),
        ("eq", "filters: expected an object, got a string"),
        ({}, r"filters\.type: expected one of eq, ne, gt, gte, lt, lte, in, nin, and, or, got None"),
        ({"type": ["eq"]}, r"filters\.type"),
        (of("like", "a", "b"), "got 'like'"),
        ({"type": "eq", "key": "a"}, "value missing"),
        ({"type": "eq", "key": 1, "value": 1}, "key: expected a string, got a number"),
        (of("eq", "a", None), "value: expected a string, number or boolean, got null"),
        (of("eq", "a", [1]), "got an array"),
        (of("in", "a", "b"), "value: expected an array, got a string"),
        (of("in", "a", [1, {}]), r"value\[1\]: expected a string, number or boolean, got an object"),
        ({"type": "and"}, "filters: filters missing"),
        ({"type": "and", "filters": {}}, "expected an array, got an object"),
        ({**of("eq", "a", 1), "extra": 1}, "unknown extra"),
        (either(of("eq", "author", "Ada"), of("oops", "a", 1)), r"filters\.filters\[1\]\.type"),
    ],
)
def test_a_malformed_filter_is_refused_with_its_place(condition, message):
    with pytest.raises(ValueError, match=message):
        matches(FILE, condition)


def test_depth_and_size_are_bounded():
    deep = of("eq", "a", 1)
    for _ in range(MAX_DEPTH - 1):
        deep = both(deep)
    assert not matches(FILE, deep)
    with pytest.raises(ValueError, match="deep"):
        matches(FILE, both(deep))
    for _ in range(100_000):
        deep = both(deep)
    with pytest.raises(ValueError, match="deep"):
        matches(FILE, deep)
    with pytest.raises(ValueError, match="parts"):
        matches(FILE, either(*[of("eq", "a", 1)] * MAX_PARTS))
