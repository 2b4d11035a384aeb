import pytest

from emulator.domain.ports import ScriptError
from scripted_models import ScriptSource, load


@pytest.mark.parametrize(
    "step,path,message",
    [
        ("{call: f, message: x}", "", "message belongs to fail"),
        ("{call: [{name: f, fail: server_error}]}", ".call[0].fail", 'unknown key "fail"'),
        ("{call: f, fail: oops}", ".fail", "expected server_error"),
        ("{call: f, fail: server_error, say: x}", "", "a step has one verb, this one has 3"),
        ("{say: hi, refuse: no}", "", "a step has one verb, this one has 2: say, refuse"),
        ("{sya: hi}", "", 'did you mean say instead of "sya"?'),
        ("{}", "", "a step needs a verb"),
        ("hello", "", "expected a step: a mapping with one verb"),
        ("{say: hi, strem: {}}", ".strem", 'unknown key "strem", did you mean stream?'),
        ("{say: 42}", ".say", "expected text, got 42; put it in quotes"),
        ("{say: hi, stream: {chunk: 0}}", ".stream.chunk", "expected word, char, whole"),
        ("{say: hi, stream: {chunk: [1]}}", ".stream.chunk", "expected word, char, whole"),
        ("{say: hi, stream: {ttft: 3 days}}", ".stream.ttft", "is not a duration"),
        ("{say: hi, stream: {tps: 0}}", ".stream.tps", "greater than 0"),
        (
            "{say: hi, stream: {chunk: [h, o]}}",
            ".stream.chunk",
            'do not add up to the text: they give "ho", the text is "hi"',
        ),
        ("{say: '{% raw %}{{{% endraw %}', stream: {chunk: ['{']}}", ".stream.chunk", "do not add up"),
        ("{say: '{{ 1 + 1 }}', stream: {chunk: ['3']}}", ".stream.chunk", "do not add up"),
        ("{code: hi, stream: {chunk: [h]}}", ".stream.chunk", "do not add up"),
        ("{call: f, args: {a: 1}, stream: {chunk: ['{']}}", ".stream.chunk", "do not add up"),
        ("{call: [{name: f, args: '{}', stream: {chunk: ['{']}}]}", ".call[0].stream.chunk", "do not add up"),
        ("{call: []}", ".call", "must not be empty"),
        ("{call: [{nam: f}]}", ".call[0].nam", 'unknown key "nam", did you mean name?'),
        ("{call: [{}]}", ".call[0].name", "is missing"),
        ("{call: f, args: 3}", ".args", "expected a mapping, or a text"),
        ("{call: f, as: a b}", ".as", "does not have the form"),
        ("{search: x, results: some}", ".results", "expected auto, or a list of results"),
        ("{search: x, as: vars}", ".as", "already means something else"),
        ("{code: x, execute: yes}", ".execute", 'expected true or false, got "yes"'),
        (
            "{fail: oops}",
            ".fail",
            "invalid_prompt, invalid_image, invalid_file, tool_user_error or invalid_engine_error",
        ),
        ("{stop: tired}", ".stop", "expected max_completion_tokens"),
        ("{expire: false}", ".expire", "expected true"),
        ("{expire: later}", ".expire", "expected true"),
        ("{wait: soon}", ".wait", "is not a duration"),
        ("{wait: -1}", ".wait", "cannot be negative"),
        ("{wait: true}", ".wait", "not a duration"),
        ("{set: {}}", ".set", "must not be empty"),
        ("{set: {a b: 1}}", ".set.a b", "does not have the form"),
        ("{check: 'turn ==', message: x}", ".check", "template: "),
        ("{say: '{{ turn'}", ".say", "template: "),
        ("{say: '{% if %}'}", ".say", "template: "),
        ("{say: '{% include \"x\" %}'}", ".say", "stands alone"),
        ("{choose: []}", ".choose", "must not be empty"),
        ("{choose: [{if: turn, step: []}]}", ".choose[0].step", 'unknown key "step", did you mean steps?'),
        (
            "{choose: [{steps: []}, {if: turn, steps: []}]}",
            ".choose[1]",
            "never played: the branch before it has no if",
        ),
        ("{choose: [{if: '((', steps: []}]}", ".choose[0].if", "template: "),
        ("{say: hi, images: a.png}", ".images[0]", 'no image "a.png" beside the scenario'),
        ("{python: 'os.system'}", ".python", "does not have the form"),
        ("{python: 'os:getcwd'}", ".python", "python is only for scripts given at the start or in process"),
    ],
)
def test_a_wrong_step_is_reported_with_file_line_and_path(problems, step, path, message):
    found = problems(f"turns:\n- name: a\n  steps:\n  - {step}")
    assert any(one.startswith(f"file.yaml:6: turns[0].steps[0]{path}: ") and message in one for one in found), found


@pytest.mark.parametrize(
    "text,start,message",
    [
        ("turns: []\nextra: 1", "file.yaml:4: extra: ", "unknown key"),
        ("tunrs: []", "file.yaml:3: tunrs: ", "did you mean turns?"),
        ("name: other", "file.yaml:3: scenario: ", 'duplicate key "name"'),
        ("turns: [{steps: [], when: {messge: a}}]", "file.yaml:3: turns[0].when.messge: ", "did you mean message?"),
        (
            "turns: [{steps: [], when: {message: {contain: a}}}]",
            "file.yaml:3: turns[0].when.message.contain: ",
            "did you mean contains?",
        ),
        (
            "turns: [{steps: [], when: {message: 3}}]",
            "file.yaml:3: turns[0].when.message: ",
            "expected a text, or a mapping",
        ),
        ("turns: [{steps: [], when: {message: {}}}]", "file.yaml:3: turns[0].when.message: ", "expected equals"),
        (
            "turns: [{steps: [], when: {message: {regex: '('}}}]",
            "file.yaml:3: turns[0].when.message.regex: ",
            "not a regular expression",
        ),
        ("turns: [{steps: [], when: {turn: 0}}]", "file.yaml:3: turns[0].when.turn: ", "expected 1 or more"),
        ("turns: [{steps: [], when: {turn: {}}}]", "file.yaml:3: turns[0].when.turn: ", "expected min, max or both"),
        ("turns: [{steps: [], uses: {min: 3, max: 2}}]", "file.yaml:3: turns[0].uses: ", "min is greater than max"),
        ("turns: [{steps: [], when: {state: a}}]", "file.yaml:3: turns[0].when.state: ", 'unknown state "a"'),
        ("states: [b]\nturns: [{steps: [], goto: a}]", "file.yaml:4: turns[0].goto: ", "declared: b"),
        ("states: [b, b]\nturns: []", "file.yaml:3: states: ", "declared twice"),
        ("turns: [{steps: [{fail: server_error}, {say: x}]}]", "file.yaml:3: turns[0].steps[1]: ", "never played"),
        (
            "turns:\n- steps:\n  - choose: [{if: a, steps: [{expire: now}]}, {steps: [{fail: server_error}]}]\n  - say: x",
            "file.yaml:6: turns[0].steps[1]: ",
            "never played",
        ),
        ("turns: {}", "file.yaml:3: turns: ", "expected a list"),
        ("turns: [{}]", "file.yaml:3: turns[0].steps: ", "is missing"),
        ("clock: tomorrow\nturns: []", "file.yaml:3: clock: ", "expected an instant"),
        ("wire: 2025-13-01\nturns: []", "file.yaml:3: wire: ", "'2025-13-01' is not a day: write it like 2024-05-01"),
        ("wire: tomorrow\nturns: []", "file.yaml:3: wire: ", "'tomorrow' is not a day"),
        ("wire: 20250301\nturns: []", "file.yaml:3: wire: ", ""),
        ("wire: 2022-11-30\nturns: []", "file.yaml:3: wire: ", "choose a day from 2023-11-06 to 2026-12-31"),
        ("recording: {wire: 2027-01-01}\nturns: []", "file.yaml:3: recording.wire: ", "2027-01-01 is not known"),
        ("unmatched: shrug\nturns: []", "file.yaml:3: unmatched: ", "expected fail, echo or http_error"),
        ("scope: world\nturns: []", "file.yaml:3: scope: ", "expected thread, assistant or namespace"),
        ("seed: 1.5\nturns: []", "file.yaml:3: seed: ", "expected a whole number"),
        (
            "turns: []\nfixtures: {files: {a: {path: a.txt}}}",
            "file.yaml:4: fixtures.files.a.path: ",
            'no file "a.txt" beside the scenario',
        ),
        ("turns: []\nfixtures: {files: {a: {}}}", "file.yaml:4: fixtures.files.a: ", "either path or text"),
        (
            "turns: []\nfixtures: {vector_stores: {kb: {files: [b]}}}",
            "file.yaml:4: fixtures.vector_stores.kb.files: ",
            'no file "b" among the fixtures',
        ),
        ("turns: []\nfixtures: {assistants: {a: {}}}", "file.yaml:4: fixtures.assistants.a.model: ", "is missing"),
        (
            "turns: []\nfixtures: {assistants: {a: {model: m, tools: [hammer]}}}",
            "file.yaml:4: fixtures.assistants.a.tools[0]: ",
            "expected code_interpreter",
        ),
    ],
)
def test_a_wrong_scenario_is_reported_with_file_line_and_path(problems, text, start, message):
    found = problems(text)
    assert any(one.startswith(start) and message in one for one in found), found


@pytest.mark.parametrize(
    "text", ["", "just text", "[1]", "turns: []", "emulator: 2\nturns: []", "emulator: true\nturns: []"]
)
def test_what_is_no_scenario_is_refused(text):
    with pytest.raises(ScriptError):
        load([ScriptSource("x", text)])


def test_all_problems_of_all_sources_are_reported_in_the_order_of_their_lines(problems):
    with pytest.raises(ScriptError) as caught:
        load([ScriptSource("a.yaml", "emulator: 1\nturns: 3\nx: 1"), ScriptSource("b.yaml", "a: [")])
    assert [one.split(":")[:2] for one in caught.value.problems] == [["a.yaml", "2"], ["a.yaml", "3"], ["b.yaml", "1"]]
    assert str(caught.value) == "\n".join(caught.value.problems)


def test_a_scenario_takes_the_place_of_an_earlier_one_of_its_name():
    sources = [
        ScriptSource(f"{name}.yaml", f"emulator: 1\nname: same\nturns: [{{name: {name}, steps: []}}]") for name in "ab"
    ]
    loaded = load([*sources, ScriptSource("c.yaml", "emulator: 1\nturns: []")])
    assert [turn["key"] for turn in loaded.turns] == ["same/b"]
    assert loaded.notes == ['b.yaml:2: name: takes the place of the scenario "same" of a.yaml']
