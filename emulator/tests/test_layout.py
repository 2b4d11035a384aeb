"""JSON whose characters are escaped is ASCII, and says the same."""

import orjson
from hypothesis import given
from hypothesis import strategies as st

from emulator.wire import layout

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.dictionaries(TEXTS, TEXTS | st.lists(TEXTS)))
def test_escaped_json_is_ascii_and_says_the_same(value: dict[str, object]) -> None:
    text = layout.escaped(layout.body(value))
    assert text.isascii()
    assert orjson.loads(text) == value


def test_characters_are_escaped_as_python_does() -> None:
    assert layout.escaped(layout.body({"é": "☂ 🎈"}, compact=True)) == rb'{"\u00e9":"\u2602 \ud83c\udf88"}'
