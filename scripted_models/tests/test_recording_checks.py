import pytest

RECORDING = """
recording:
  assistants:
    clerk:
      tools: [{type: code_interpreter}, {type: function, function: {name: stock_level}}]
    nobody: {}
turns:
"""


@pytest.fixture
def found(linted):
    return lambda turns: [one.removeprefix("file.yaml:") for one in linted(f"{RECORDING}- {turns}")]


@pytest.mark.parametrize(
    "turn",
    [
        "{recorded: {assistant: clerk}, steps: [{call: stock_level, recorded: '4'}]}",
        "{recorded: {assistant: clerk}, steps: [{call: added_by_hand}]}",
        "{recorded: {assistant: nobody}, steps: [{call: stock_levle, recorded: '4'}]}",
        "{recorded: {files: [a.txt]}, steps: [{call: stock_levle, recorded: '4'}]}",
        "{steps: [{call: stock_levle, recorded: '4'}]}",
        "{recorded: {assistant: clerk}, steps: [{call: '{{ match.tool }}', recorded: '4'}], when: {tools: stock_level}}",
    ],
)
def test_what_fits_the_recording_or_cannot_be_compared_is_not_odd(found, turn):
    assert found(turn) == []


def test_recorded_outputs_belong_to_functions_that_the_recorded_run_offered(found):
    message = "has a recorded output, but the recorded run offered no function"
    assert found("{recorded: {assistant: clerk}, steps: [{call: stock_levle, recorded: '4'}]}") == [
        f'9: turns[0].steps[0].call: {message} "stock_levle", did you mean stock_level?'
    ]
    tools = "{assistant: clerk, tools: [{type: function, function: {name: pay}}]}"
    assert found(
        f"{{recorded: {tools}, steps: [{{call: [{{name: pay}}, {{name: stock_level, recorded: '4'}}]}}]}}"
    ) == [f'9: turns[0].steps[0].call[1].name: {message} "stock_level"']


def test_turns_name_assistants_of_the_recording(found):
    assert found("{recorded: {assistant: clrek}, steps: []}") == [
        '9: turns[0].recorded.assistant: no assistant "clrek" among recording.assistants, did you mean clerk?'
    ]


def test_a_chain_that_is_nearly_another_one_is_odd(linted):
    turns = (
        "{chain: order, steps: []}, {chain: order, steps: []}, {chain: ordre, steps: []}, {chain: order 2, steps: []}"
    )
    assert linted(f"turns: [{turns}]") == [
        'file.yaml:3: turns[2].chain: no other turn has the chain "ordre", did you mean order?'
    ]


def test_numbered_turns_of_a_chain_stand_in_their_order(linted):
    names = ("order 1", "order 3", "order 2", "order 4", "other")
    turns = ", ".join(f"{{chain: order, name: {name}, steps: []}}" for name in names)
    between = "{chain: pay, name: pay 1, steps: []}, {chain: pay, name: pay 2, steps: []}"
    assert linted(f"turns: [{between}, {turns}]") == [
        'file.yaml:3: turns[4].name: stands behind "order 3": the order of the file decides, not the names'
    ]


def test_templates_need_recorded_outputs(linted):
    text = "recording: {drift: template}\nturns: [{steps: [{call: f}]}]"
    assert linted(text) == ["file.yaml:3: recording.drift: template changes nothing: no call has a recorded output"]
    assert linted(text.replace("call: f", "call: f, recorded: x")) == []
