import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scripted_models import verbatim, write, yaml_tree
from scripted_models.reader import read
from scripted_models.templating import fill

ODD = ["", " ", "\n", "\n\n", "a\n", "a\n\n", " a", "a ", "\ta", "a\tb", "a\n\tb", "  a\n b", "\n a", "a\n  \nb", "a\n  ",
       "\r", "a\r\nb\r\n", "\x85", "a\x85b\n", "\u2028", "\ufeff", "\ufeffa\nb", "\x00", "\x1b[0m\n", "\x7f", "\u200d", ":",
       "a: b", "a:", ":a", "- x", "-", "-x", "--- x", "---", "...", "?", "? x", "# x", "a #b", "a#b", "[", "{", "}", "a,b",
       "yes", "NO", "on", "y", "null", "~", "true", "1", "-1", "1e3", "0x1", "0o7", "007", "1_000", "12:30", ".inf",
       "2026-01-05", "2026-01-05 10:00:00", "<<", "=", "*a", "&a", "!a", "|", ">", "%a", "@a", "`a", "'", '"', "'\"", "\\",
       "\\n", "a\\\nb", "👩‍👩‍👧 ok", "x" * 3000, "é" * 1500, "\\" * 700, "\u00a0a\u00a0", "a\n# b\nc", "{{ x }}", "a\n---\nb",
       "\ufffe", "\uffff", "\U0001f600\n\U0001f600", "a\n\u2029b", '"a"\n', "=1", "+", "+1", ".5", "5.", "1e999"]  # fmt: skip


def _stream(pieces):
    return {"say": "".join(pieces), "stream": {"chunk": pieces}}


texts = st.one_of(
    st.sampled_from(ODD),
    st.text(),
    st.text(st.sampled_from(" \t\n\r:#-?ab\"'\\{}[],&*!|>%@`~\x85\u2028\ufeff")),
    st.lists(st.sampled_from(ODD), max_size=4).map("".join),
    st.lists(st.sampled_from(ODD), max_size=4).map("\n".join),
)
numbers = st.one_of(
    st.integers(-(2**63), 2**64 - 1), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.none()
)
keys = st.one_of(texts, st.sampled_from(["turns", "steps", "stream", "chunk", "choose", "recording"]))
documents = st.recursive(
    texts | numbers,
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(keys, inner, max_size=5) | st.builds(_stream, st.lists(texts))
    ),
    max_leaves=20,
)


def loaded(text):
    return read("file.yaml", text).data


@settings(max_examples=400)
@given(documents)
@example({"a": {"b": ["x\n", ["y\n\nz"], [[]], [{}], [[["deep\n"]]]]}})
@example({"k" * 2000: ["a\nb"], "turns": [{"k" * 2000: {"k" * 2000: "a\nb"}}]})
def test_what_is_written_reads_back_as_it_was(document):
    assert loaded(write(document)) == document


@settings(max_examples=200)
@given(documents)
def test_readers_without_libyaml_read_the_same(document):
    written = write(document)
    root = yaml_tree._compose(written, yaml.SafeLoader)
    assert yaml_tree.to_data(root) == document


@pytest.mark.parametrize("text", ODD)
def test_odd_texts_and_odd_keys_read_back(text):
    for document in (
        text,
        [text],
        {text: text},
        [[text]],
        {"a": {text: [text, {text: {text: [text]}}]}},
        {"stream": {"chunk": [text]}},
    ):
        assert loaded(write(document)) == document


@given(documents, texts, st.data())
def test_a_comment_cannot_break_out(document, comment, data):
    paths = list(_paths(document))
    places = data.draw(st.lists(st.sampled_from(paths), max_size=3))
    written = write(document, dict.fromkeys(places, comment))
    assert loaded(written) == document


def _paths(document, path=()):
    yield path
    if isinstance(document, dict | list):
        for key, value in document.items() if isinstance(document, dict) else enumerate(document):
            yield from _paths(value, (*path, key))


@given(
    st.text(st.sampled_from("{}%# \r\n'-+arwend"))
    | st.lists(
        st.sampled_from(
            [
                "{% raw %}",
                "{% endraw %}",
                "{%- endraw -%}",
                "{%+endraw%}",
                "{{ x }}",
                "{#",
                "{",
                "%}",
                "\r\n",
                "a",
                "\n",
                " ",
            ]
        )
    ).map("".join)
)
def test_a_verbatim_text_gives_itself(text):
    assert fill(verbatim(text), {}) == text
    if "{" not in text:
        assert verbatim(text) == text


SCENARIO = """\
# Made up.
# Edit freely.
emulator: 1
name: bakery

recording:
  source: bakery.yaml
  wire: "2024-05-02"
  notes: ["7 polls: collapsed"]
  assistants:
    clerk: {model: gpt-4o, instructions: Be brief., tools: [{type: code_interpreter}]}

turns:
# the first run
- name: bread 1
  chain: bread
  when: {message: A loaf of bread.}
  recorded: {assistant: clerk, files: [menu.pdf]}
  steps:
  - call: stock_level
    args: {item: bread}
    as: stock
    recorded: '{"loaves": 4}'
  - code: |
      import math
      print(math.pi)
    logs: "3.14\\n"
  - say: |-
      We have:

        - {{ (outputs.stock | data).loaves }} loaves
    stream: {chunk: ["We have:\\n\\n", "  - 4", " loaves"]}
  usage: {prompt_tokens: 1, completion_tokens: 2}

- name: bread 2
  steps:
  # nobody saw the query
  - search: "{{ message }}"
    results: []
  - choose:
    - if: "yes"
      steps:
      - say: "Yes: today."
    - steps:
      - hold: cancelled
"""


def test_a_scenario_looks_as_a_person_would_write_it():
    comments = {
        (): "Made up.\nEdit freely.",
        ("turns", 0): "the first run",
        ("turns", 1, "steps", 0, "search"): "nobody saw the query",
    }
    assert write(loaded(SCENARIO), comments) == SCENARIO


def test_texts_that_other_readers_take_for_something_else_have_quotes():
    assert write(["yes", "2026-01-05", "1e3", "0o7", "<<"]) == '- "yes"\n- "2026-01-05"\n- "1e3"\n- "0o7"\n- "<<"\n'
    assert loaded(write([1e16, -0.0, 5e-324])) == [1e16, -0.0, 5e-324]


def test_line_ends_of_other_systems_keep_their_lines():
    assert write({"say": "one\r\n two\r\n"}) == 'say: "one\\r\\n\\\n  \\ two\\r\\n"\n'


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "\ud800", {"a": "b\ud800"}])
def test_what_no_file_can_hold_is_refused(value):
    with pytest.raises(ValueError):
        write([value])
