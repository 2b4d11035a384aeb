"""Scenarios as Hypothesis strategies: every kind of step, in any order that the grammar allows."""

from hypothesis import strategies as st

from contract_tests.properties.namespaces import FUNCTIONS

PIXEL = "data:image/png;base64,iVBORw0KGgo="
# Braces would be templates, and surrogates are not valid text.
_letters = st.characters(exclude_categories=["Cs"], exclude_characters="{}\x00")
texts = st.text(_letters, min_size=0, max_size=24) | st.sampled_from(
    ["one two three four", "漢字 and 🎈 balloons", "a\n\n b  "]
)
_chunks = st.sampled_from(["word", "char", "whole"]) | st.integers(1, 5)
_images = st.lists(st.just(PIXEL), min_size=1, max_size=2)


def streams(*, paced):
    timed = {"ttft": st.sampled_from(["0s", "2s"]), "tps": st.sampled_from([1, 4])} if paced else {}
    return st.fixed_dictionaries({"chunk": _chunks}, optional=timed)


@st.composite
def _says(draw, stream):
    text = draw(texts)
    step = {"say": text}
    if text and draw(st.booleans()):
        start = draw(st.integers(0, len(text) - 1))
        end = draw(st.integers(start + 1, len(text)))
        citation = {"type": "file_citation", "text": text[start:end], "file_citation": {"file_id": "file-abc"}}
        step["annotations"] = [{**citation, "start_index": start, "end_index": end}]
    if draw(st.booleans()):
        step["stream"] = draw(stream)
    if draw(st.integers(0, 4)) == 0:
        step["images"] = draw(_images)
    return step


def _arguments():
    return st.dictionaries(st.sampled_from(["a", "b"]), st.integers(0, 99) | texts, max_size=2) | texts


def _calls(stream):
    one = st.fixed_dictionaries({"name": st.sampled_from(FUNCTIONS), "args": _arguments()}, optional={"stream": stream})
    return st.fixed_dictionaries({"call": st.lists(one, min_size=1, max_size=3)})


def _codes(stream):
    options = {"logs": texts, "images": _images, "stream": stream}
    return st.fixed_dictionaries({"code": texts}, optional=options)


_found = st.fixed_dictionaries(
    {"file_id": st.just("file-abc"), "file_name": st.just("a.txt"), "score": st.sampled_from([0.5, 1.0])},
    optional={"content": st.just([{"type": "text", "text": "found"}])},
)
_searches = st.fixed_dictionaries({"search": texts, "results": st.lists(_found, max_size=2)})
_reasons = st.sampled_from(["max_completion_tokens", "max_prompt_tokens", "content_filter"])
_errors = st.sampled_from(["server_error", "rate_limit_exceeded", "invalid_prompt"])


def _ends(*, waits):
    kinds = [
        st.fixed_dictionaries({"fail": _errors, "message": texts.filter(bool)}),
        st.fixed_dictionaries({"stop": _reasons}),
        st.just({"expire": "now"}),
    ]
    return st.one_of([*kinds, st.just({"expire": True})] if waits else kinds)


@st.composite
def scenarios(draw, *, waits=False, paced=False):
    """A scenario of one turn that always matches. waits: also wait, hold and expire. paced: also slow streams."""
    stream = streams(paced=paced)
    kinds = [
        _says(stream),
        _calls(stream),
        _codes(stream),
        _searches,
        st.fixed_dictionaries({"refuse": texts}, optional={"stream": stream}),
        st.just({"set": {"colour": "blue"}}),
    ]
    if waits:
        kinds += [st.fixed_dictionaries({"wait": st.sampled_from(["1s", "90s", "700s"])}), st.just({"hold": "gate"})]
    steps = draw(st.lists(st.one_of(kinds), max_size=5)) + draw(st.lists(_ends(waits=waits), max_size=1))
    return {"emulator": 1, "name": "random", "turns": [{"steps": steps or [{"say": "nothing"}]}]}
