"""Whatever a source holds, the loader answers with scripts or with a `ScriptError`, and a turn plays to its end."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.domain.actions import Outputs
from emulator.domain.ports import ScriptError, ScriptSource, UnmatchedError
from emulator.domain.view import ContextMessage, ModelView
from scripted_models import lint, load

KEYS = st.sampled_from(
    ["say", "call", "args", "as", "choose", "if", "steps", "set", "check", "stream", "chunk", "message", "name", "search",
     "results", "when", "uses", "turns", "fixtures", "files", "assistants", "tools", "images", "wait", "goto", "code"]
)  # fmt: skip
WORDS = st.sampled_from(
    ["", "a", "word", "auto", "{{ vars.x }}", "{{", "{% raw %}", "turn == 1", "2s", "file_search"]
) | st.text(max_size=5)
PLAIN = st.none() | st.booleans() | st.integers(-2, 3) | st.floats(allow_nan=False) | WORDS
ANY = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=15
)
STEP = st.one_of(
    st.fixed_dictionaries({"say": WORDS}, optional={"images": ANY, "stream": st.fixed_dictionaries({"chunk": ANY})}),
    st.fixed_dictionaries({"call": WORDS}, optional={"args": ANY, "as": WORDS}),
    st.fixed_dictionaries({"set": st.dictionaries(st.sampled_from("xyz"), ANY, min_size=1, max_size=2)}),
    st.fixed_dictionaries({"check": WORDS}),
    ANY,
)
DOCUMENT = st.fixed_dictionaries(
    {
        "emulator": st.just(1),
        "turns": st.lists(st.fixed_dictionaries({"steps": st.lists(STEP, max_size=3)}), max_size=2),
    },
    optional={"fixtures": ANY, "states": ANY, "defaults": ANY},
)


def loaded(text):
    source = ScriptSource("file.yaml", text)
    lint([source])
    problems = ()
    try:
        return load([source])
    except ScriptError as error:
        problems = error.problems
    assert problems
    assert all(problem.startswith("file.yaml:") for problem in problems)
    return None


def play(scripts):
    view = ModelView("run_1", "thread_1", "m", None, {"id": "asst_1"}, (ContextMessage("user", "hi"),))
    try:
        actions = scripts.backend.turn(view).actions
    except UnmatchedError:
        return
    result = None
    for _ in range(100):
        try:
            action = actions.send(result)
        except StopIteration:
            return
        result = Outputs({}) if "Call" in type(action).__name__ else None


@settings(max_examples=80, deadline=None)
@given(DOCUMENT | ANY)
def test_any_data_loads_and_plays_or_is_refused(data):
    scripts = loaded(json.dumps(data))
    if scripts is not None:
        play(scripts)


@settings(max_examples=80, deadline=None)
@given(st.text(alphabet="abc:- \n{}[]&*!'\"#%|>?,\t01~", max_size=60))
def test_any_text_loads_or_is_refused(text):
    loaded(text)
    loaded("emulator: 1\nturns:\n- steps:\n  - say: " + text)
