"""Turns in a file of their own, one a line."""

import base64
import json
import tracemalloc

import pytest

from emulator.domain.ports import ScriptError, ScriptSource
from scripted_models import lint, load, load_file

HEADER = "emulator: 1\nname: long\nturns: {file: long.turns.jsonl}\n"


def asset(*lines, encoded=True):
    text = "".join(f"{line if isinstance(line, str) else json.dumps(line)}\n" for line in lines)
    if not encoded:
        return f"data:application/x-ndjson,{text.replace('%', '%25')}"
    return f"data:application/x-ndjson;base64,{base64.b64encode(text.encode()).decode()}"


def source(*lines, header=HEADER, encoded=True, **assets):
    return ScriptSource("long.yaml", header, {"long.turns.jsonl": asset(*lines, encoded=encoded), **assets})


def turn(message, *, chain="a", name=None, **more):
    named = {} if name is None else {"name": name}
    return {**named, "chain": chain, "when": {"message": message}, "steps": [{"say": f"To: {message}"}], **more}


def problems(*lines, **options):
    with pytest.raises(ScriptError) as caught:
        load([source(*lines, **options)])
    return list(caught.value.problems)


@pytest.mark.parametrize("encoded", [True, False])
def test_turns_of_a_file_are_played_as_those_of_the_scenario(engine, view, encoded):
    loaded = load([source(turn("Hello", name="first"), "", turn("Bye é"), encoded=encoded)])
    (said,) = engine.play(loaded.backend.turn(view("Hello")))
    assert said.text == "To: Hello"
    memory = {"thread:thread_1/long/chain": {"chain": "a", "position": 1, "turn": 1}}
    begun = loaded.backend.turn(view("Bye é", turn=2, memory=engine.memory.__class__({}, memory)))
    assert engine.play(begun)[0].text == "To: Bye é"
    assert begun.name == "#2"
    assert [dict(row) for row in loaded.turns] == [
        {"name": "first", "script": "long", "key": "long/first", "uses": {"min": 0, "max": None}, "chain": "a"},
        {"name": "#2", "script": "long", "key": "long/#2", "uses": {"min": 0, "max": None}, "chain": "a"},
    ]


def test_every_mistake_names_its_line():
    assert problems(
        {"chain": "a", "steps": [{"say": "x", "sy": 1}]},
        '{"chain": "a", "steps": [}',
        "",
        {"chain": "a", "steps": [{"say": "{{ message"}], "when": {"state": "x"}},
        {"chain": "a", "chian": "b", "steps": [{"fail": "server_error"}, {"say": "x"}]},
        '{"chain": "a", "chain": "b", "steps": []}',
        {"chain": "a", "priority": 2, "steps": [{"say": "x", "images": "a.png"}]},
        {"chain": "a", "steps": [{"python": "os:getcwd"}, {"say": "{{ params.x }}"}]},
        '{"chain": "a", "steps": [{"say": "\\ud800"}]}',
        "[]",
        '{"chain": "a", "steps": [], "uses": {"min": 123456789012345678901}}',
        '{"chain": "a", "steps": [{"say": "x", "stream": {"tps": 1e999}}]}',
        '{"chain": "a", "steps": [{"call": "f", "args": {"x": NaN}}]}',
        f'{{"chain": "a", "steps": [{{"call": "f", "args": {{"x": {"[" * 70 + "]" * 70}}}}}]}}',
    ) == [
        'long.turns.jsonl:1: steps[0].sy: unknown key "sy", did you mean say?',
        "long.turns.jsonl:2: turn: not JSON: Expecting value, in column 26",
        'long.turns.jsonl:4: when.state: unknown state "x"; declared: none: list them under states',
        "long.turns.jsonl:4: steps[0].say: template: unexpected end of template, expected 'end of print statement': the hole is not closed, write {{ message }}",
        'long.turns.jsonl:5: chian: unknown key "chian", did you mean chain?',
        "long.turns.jsonl:6: turn: not JSON: duplicate key",
        "long.turns.jsonl:7: priority: a turn of a chain has no priority: its chain is played in the order of the file",
        'long.turns.jsonl:7: steps[0].images[0]: no image "a.png" beside the scenario',
        "long.turns.jsonl:8: steps[0].python: python is only for scripts given at the start or in process",
        "long.turns.jsonl:8: steps[1].say: params.x has no value: give it with --set x=…",
        "long.turns.jsonl:9: turn: not JSON: not Unicode: half of a surrogate pair",
        "long.turns.jsonl:10: turn: expected a mapping, got []; its keys are name, chain, when, priority, uses, steps, recorded, usage, goto",
        "long.turns.jsonl:11: turn: not JSON: an integer of more than 64 bits: write it as text",
        "long.turns.jsonl:12: turn: not JSON: Input should be a finite number",
        "long.turns.jsonl:13: turn: not JSON: NaN is no JSON",
        "long.turns.jsonl:14: turn: not JSON: too deep",
    ]


@pytest.mark.parametrize(
    "header,assets,problem",
    [
        (HEADER, {}, 'long.yaml:3: turns.file: no file "long.turns.jsonl" beside the scenario'),
        (HEADER, {"long.turns.jsonl": "data:x;base64,???"}, 'long.yaml:3: turns.file: "long.turns.jsonl": not valid'),
        (HEADER, {"long.turns.jsonl": "x"}, 'long.yaml:3: turns.file: "long.turns.jsonl": not a data URI'),
        (HEADER.replace("file", "fil"), {}, 'long.yaml:3: turns.fil: unknown key "fil", did you mean file?'),
        (HEADER.replace("{file: long.turns.jsonl}", "{}"), {}, "long.yaml:3: turns: expected a list, got {}"),
        (HEADER.replace("{file: long.turns.jsonl}", "{name: a}"), {}, "long.yaml:3: turns.file: is missing"),
        (HEADER.replace("{file: long.turns.jsonl}", "7"), {}, "long.yaml:3: turns: expected a list, got 7"),
    ],
)
def test_a_file_that_is_missing_or_broken_is_refused_where_it_is_named(header, assets, problem):
    with pytest.raises(ScriptError) as caught:
        load([ScriptSource("long.yaml", header, assets)])
    assert any(one.startswith(problem) for one in caught.value.problems), caught.value.problems


def test_chains_of_a_file_may_be_said_more_about():
    header = f"{HEADER}chains: {{bcde: {{thread: thread_1}}, bcd: {{}}}}\n"
    assert problems(turn("x", chain="bcde"), header=header) == [
        "long.yaml:4: chains.bcd: no turn has this chain, did you mean bcde?"
    ]


def test_turns_without_a_chain_compete_as_those_of_a_scenario_do(view):
    loaded = load(
        [source({"name": "any", "steps": []}, {"name": "high", "priority": 1, "when": {"message": "x"}, "steps": []})]
    )
    assert [loaded.backend.turn(view(message)).name for message in ("hello", "x")] == ["any", "high"]


def test_too_many_turns_without_a_chain_are_refused(monkeypatch):
    monkeypatch.setattr("scripted_models.turn_scan.MOST_ALONE", 2)
    assert problems(*[{"steps": []}] * 4) == [
        "long.turns.jsonl:3: turn: more than 2 turns without a chain, which are compared with every run"
    ]


def test_names_that_come_again_are_told_apart_by_their_lines(view):
    loaded = load([source(turn("x", name="t"), turn("y", name="t"), turn("z", name="t"))])
    assert [row["name"] for row in loaded.turns] == ["t", "t~2", "t~3"]


def test_turns_that_have_to_be_played_and_python_are_known_without_reading_the_file_again():
    loaded = load([source(turn("x"), turn("y", uses={"min": 1}, name="must"))])
    assert ([row["name"] for row in loaded.required], loaded.is_portable) == (["must"], True)
    python = source({"chain": "a", "steps": [{"python": "os:getcwd"}]})
    assert not load([python], allow_python=True).is_portable


def test_warnings_are_found_in_lines_too():
    lines = ({"chain": "a", "steps": [{"say": "{{ outputs.x }}"}]}, {"chain": "a", "steps": [{"say": "{{ vars.y }}"}]})
    assert [str(one) for one in lint([source(*lines)])] == [
        "long.turns.jsonl:1: steps[0].say: no step gives outputs.x; write call: x"
    ]
    cut = {"chain": "a", "steps": [{"say": "{{ message }}", "stream": {"chunk": ["a", "b"]}}]}
    assert load([source(cut)]).notes == [
        "long.turns.jsonl:1: steps[0].stream.chunk: streamed whole where the pieces do not add up to the filled text"
    ]


def test_a_file_that_fails_while_it_is_played_names_its_line(engine, view):
    loaded = load([source(turn("x"), turn("y", chain="b", steps=[{"say": "{{ match.nothing }}"}]))])
    (failed,) = engine.play(loaded.backend.turn(view("y")))
    assert failed.message.startswith("[emulator] long.turns.jsonl:2: steps[0].say: ")


def test_a_scenario_brings_its_file_of_turns_and_the_images_in_it(tmp_path):
    (tmp_path / "long.yaml").write_text(HEADER)
    (tmp_path / "a.png").write_bytes(b"png")
    line = {"chain": "a", "steps": [{"choose": [{"steps": [{"say": "x", "images": ["a.png"]}]}]}]}
    (tmp_path / "long.turns.jsonl").write_text(json.dumps(line))
    loaded = load_file(tmp_path / "long.yaml")
    assert sorted(loaded.assets) == ["a.png", "long.turns.jsonl"]
    assert len(load([loaded]).turns) == 1
    (tmp_path / "a.png").unlink()
    with pytest.raises(ScriptError) as caught:
        load_file(tmp_path / "long.yaml")
    path = "steps[0].choose[0].steps[0].images[0]"
    assert caught.value.problems == (f'long.turns.jsonl:1: {path}: no file "a.png" beside the scenario',)
    (tmp_path / "long.turns.jsonl").unlink()
    with pytest.raises(ScriptError, match=r'turns\.file: no file "long\.turns\.jsonl" beside the scenario'):
        load_file(tmp_path / "long.yaml")


def test_limits_of_templates_hold_for_pieces_of_a_file(monkeypatch):
    monkeypatch.setattr("scripted_models.compilation.MAX_STEPS", 4_000)
    monkeypatch.setattr("scripted_models.turn_scan._TURNS_OF_BUDGET", 2)
    lines = [turn(f"m{n}", steps=[{"say": f"{{{{ message }}}} {n}"}]) for n in range(40)]
    assert len(load([source(*lines)]).turns) == 40


def test_many_turns_take_little_memory_beside_their_file():
    lines = [turn(f"This is message {n} of {n // 2}", chain=f"c{n // 2}") for n in range(4_000)]
    text = source(*lines)
    load([source(turn("x"))])  # what is imported and cached does not count
    tracemalloc.start()
    loaded = load([text])
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(loaded.turns) == 4_000
    assert size / 4_000 < 600  # bytes of each turn; as values it has several thousand


RECORDED = """\
emulator: 1
recording:
  drift: template
  assistants: {clerk: {tools: [{type: function, function: {name: look_up}}]}}
turns: {file: long.turns.jsonl}
"""


def test_turns_of_a_file_speak_of_todays_outputs(engine, view):
    steps = [{"call": "look_up", "recorded": "blue vase"}, {"say": "It is a blue vase."}]
    engine.outputs = {"look_up": "red bowl"}
    loaded = load([source({"steps": steps}, header=RECORDED)])
    assert engine.play(loaded.backend.turn(view("Well?")))[-1].text == "It is a red bowl."


def test_recorded_outputs_in_a_file_belong_to_functions_that_the_recorded_run_offered():
    steps = [{"call": "look_up", "recorded": "x"}, {"call": [{"name": "lok_up", "recorded": "x"}]}]
    (found,) = lint([source({"steps": []}, {"recorded": {"assistant": "clerk"}, "steps": steps}, header=RECORDED)])
    assert (found.file, found.line, found.path) == ("long.turns.jsonl", 2, "steps[1].call[0].name")
    assert 'offered no function "lok_up", did you mean look_up?' in found.message
