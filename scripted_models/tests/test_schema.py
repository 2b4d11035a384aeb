import jsonschema
import pytest

import scripted_models
from emulator.domain.ports import ScriptError, ScriptSource
from scripted_models import load
from scripted_models.reader import read

SCHEMA = scripted_models.schema()


def test_the_schema_is_a_schema_with_a_title_and_descriptions():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["title"] == "scenario-1"
    assert SCHEMA["$schema"].endswith("2020-12/schema")
    steps = [name for name in SCHEMA["$defs"] if name.endswith("Step")]
    assert len(steps) == 17
    assert all(SCHEMA["$defs"][name].get("description") for name in steps)


TURN = "turns: [{steps: [%s]}]"


@pytest.mark.parametrize(
    "text",
    [
        TURN % "{say: hi, stream: {chunk: 3, ttft: 1s, tps: 2.5}}",
        TURN % "{say: hi, images: 'data:image/png;base64,AA'}",
        TURN % "{call: f, args: x}, {call: [{name: f, args: {a: 1}, as: b}]}",
        TURN % "{expire: true}",
        TURN % "{expire: now}",
        TURN % "{wait: 3}, {wait: 1.5h}, {wait: 10m1s}, {wait: 1d 2h}, {wait: '{{ vars.a }}'}",
        TURN % "{search: x, results: []}, {search: x, results: auto}",
        TURN % "{search: x, results: [{file_id: a, score: 1, content: [{type: text, text: b}]}]}",
        TURN % "{search: x, results: [{file_id: '{{ files[0].id }}', score: '{{ vars.score }}'}]}",
        TURN % "{choose: [{if: a, steps: [{choose: [{steps: []}]}]}]}",
        "turns: [{uses: 1, steps: [], when: {message: a, turn: {min: 1}, state: a, tools: [f]}}]\nstates: [a]",
        "turns: [{steps: [], when: {message: {not: {contains: [a]}}, thread_metadata: {a: {glob: b}}}}]",
        "turns: []\nfixtures: {assistants: {a: {model: m, tools: [file_search, {type: function}]}}}",
    ],
)
def test_what_the_loader_accepts_fits_the_schema(text):
    text = f"emulator: 1\n{text}"
    load([ScriptSource("x", text)])
    jsonschema.Draft202012Validator(SCHEMA).validate(read("x", text).data)


@pytest.mark.parametrize(
    "text",
    [
        "turns: {}",
        "turns: []\nextra: 1",
        "turns: []\nunmatched: no",
        "turns: []\nwire: soon",
        "states: []\nturns: []",
        TURN % "{}",
        TURN % "{say: 1}",
        TURN % "{say: a, refuse: b}",
        TURN % "{say: a, refused: b}",
        TURN % "{say: a, stream: {chunk: 0}}",
        TURN % "{call: []}",
        TURN % "{call: f, args: 3}",
        TURN % "{expire: false}",
        TURN % "{fail: oops}",
        TURN % "{wait: soon}",
        TURN % "{wait: -1}",
        TURN % "{wait: 1 s}",
        TURN % "{set: {}}",
        TURN % "{search: x, top: 0}",
        TURN % "{search: x, results: [{}]}",
        TURN % "{search: x, results: [{file_id: a, content: b}]}",
        TURN % "{search: x, results: [{file_id: a, content: [{type: text}]}]}",
        TURN % "{python: os}",
        TURN % "{choose: [{if: a}]}",
        "turns: [{steps: [], when: {message: 3}}]",
        "turns: [{steps: [], when: {message: {}}}]",
        "turns: [{steps: [], when: {message: {contain: a}}}]",
        "turns: [{steps: [], when: {turn: 0}}]",
        "turns: [{steps: [], uses: {}}]",
        "turns: [{steps: [], uses: {min: -1}}]",
    ],
)
def test_what_the_schema_refuses_the_loader_refuses_too(text):
    text = f"emulator: 1\n{text}"
    assert not jsonschema.Draft202012Validator(SCHEMA).is_valid(read("x", text).data)
    with pytest.raises(ScriptError):
        load([ScriptSource("x", text)])
