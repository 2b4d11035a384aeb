import pytest

from emulator.domain.actions import (
    Call,
    Calls,
    Check,
    Expire,
    Fail,
    Goto,
    Hold,
    Incomplete,
    Refuse,
    Remember,
    RunCode,
    Say,
    SearchFiles,
    Stream,
    Wait,
    from_json,
    to_json,
)

PIXEL = "data:image/png;base64,AAAA"
RESULT = {"file_id": "file-9", "file_name": "plan.md", "score": 0.5, "content": [{"type": "text", "text": "x"}]}


@pytest.mark.parametrize(
    "text,expected",
    [
        ("- say: hi", Say("hi")),
        ("- say: ''", Say("")),
        (f"- {{say: hi, images: [{PIXEL!r}]}}", Say("hi", (PIXEL,))),
        (f"- {{say: hi, images: {PIXEL!r}}}", Say("hi", (PIXEL,))),
        (
            "- {say: hi, annotations: [{type: file_path, text: hi}]}",
            Say("hi", (), ({"type": "file_path", "text": "hi"},)),
        ),
        ("- {say: hi, stream: {chunk: char, ttft: 300ms, tps: 40}}", Say("hi", stream=Stream("char", 0.3, 40))),
        ("- {say: hi you, stream: {chunk: [hi, ' you']}}", Say("hi you", stream=Stream(("hi", " you")))),
        ("- {say: hi, stream: {chunk: 3}}", Say("hi", stream=Stream(3))),
        ("- refuse: never", Refuse("never")),
        ("- call: lookup", Call("lookup")),
        (
            "- {call: lookup, args: {a: [1, x]}, as: b, id: call_1, recorded: ok}",
            Call("lookup", {"a": [1, "x"]}, "b", "call_1", "ok"),
        ),
        ("- {call: lookup, args: '{\"a\": 1}'}", Call("lookup", '{"a": 1}')),
        ("- {call: f, args: '{}', stream: {chunk: ['{', '}']}}", Call("f", "{}", stream=Stream(("{", "}")))),
        ("- call: [{name: f}, {name: g, as: h}]", Calls(Call("f"), Call("g", as_="h"))),
        ("- call: [{name: f}, {name: f}, {name: f}]", Calls(Call("f"), Call("f", as_="f_2"), Call("f", as_="f_3"))),
        ("- {code: 1 + 1, logs: '2'}", RunCode("1 + 1", "2")),
        (
            f"- {{code: plot(), images: {PIXEL!r}, execute: true, as: plot}}",
            RunCode("plot()", None, (PIXEL,), execute=True, as_="plot"),
        ),
        ("- search: tacos", SearchFiles("tacos")),
        ("- {search: tacos, results: [], top: 3, as: found}", SearchFiles("tacos", (), 3, "found")),
        ("- fail: rate_limit_exceeded", Fail("rate_limit_exceeded")),
        ("- {fail: server_error, message: ''}", Fail("server_error", "")),
        ("- stop: content_filter", Incomplete("content_filter")),
        ("- expire: true", Expire()),
        ("- expire: now", Expire(now=True)),
        ("- wait: 2s", Wait(2)),
        ("- wait: 10m", Wait(600)),
        ("- wait: 0.25", Wait(0.25)),
        ("- wait: 10m1s", Wait(601)),
        ("- wait: 1d", Wait(86400)),
        ("- wait: '{{ turn }}m 1s'", Wait(61)),
        ("- wait: '{# a while #}2s'", Wait(2)),
        ("- wait: '{{ 1 + 1 }}'", Wait(2)),
        ("- hold: before-thinking", Hold("before-thinking")),
        ("- {set: {a: '{{ [1, 2] }}', b: 3, c: '{{ turn }}!'}}", Remember({"a": [1, 2], "b": 3, "c": "1!"})),
        ("- check: turn == 1", Check(passed=True, message="turn == 1")),
        ("- {check: turn == 2, message: 'turn {{ turn }}'}", Check(passed=False, message="turn 1")),
    ],
)
def test_each_verb_becomes_its_action(steps, text, expected):
    played = steps(text)
    assert played == [expected]
    assert from_json(to_json(played[0])) == expected


@pytest.mark.parametrize(
    "text,message",
    [
        ("soon", "'soon' is not a duration"),
        ("-1", "cannot be negative"),
        ("1e400", "has to be finite"),
        ("nan", "has to be finite"),
        ("9" * 30, "at most"),
    ],
)
def test_a_template_that_yields_no_duration_fails_the_run(steps, text, message):
    played = steps("- wait: '{{ message }}'", message=text)
    assert isinstance(played[0], Fail)
    assert played[0].message.startswith("[emulator] file.yaml:6: turns[0].steps[0].wait: ")
    assert message in played[0].message


def test_a_parallel_call_that_fails_is_reported_at_its_name(steps):
    played = steps("- call:\n  - name: f\n  - name: '{{ vars.missing }}'")
    assert played[0].message.startswith("[emulator] file.yaml:8: turns[0].steps[0].call[1].name: template: ")


def test_outputs_are_the_plain_text_of_what_the_app_answered(steps, engine):
    engine.outputs = {"a": '[["x", 2]]', "lookup": "plain"}
    played = steps(
        """
        - call: [{name: lookup}, {name: lookup, as: a}]
        - say: "{{ outputs.a }} {{ (outputs.a | data)[0][1] + 1 }} {{ (outputs.a | json) | length }} {{ outputs.lookup | data }}"
        """
    )
    assert played[1].text == '[["x", 2]] 3 1 plain'


def test_an_output_may_have_the_name_of_a_method(steps, engine):
    engine.outputs = {"items": "seven"}
    assert steps("- {call: f, as: items}\n- say: '{{ outputs.items }}'")[1].text == "seven"


def test_code_and_search_give_their_results_to_later_steps(steps, engine):
    engine.logs, engine.hits = "42", (RESULT,)
    played = steps(
        """
        - {code: "6 * 7", as: sum}
        - {search: plan}
        - {search: more, as: more}
        - say: "{{ sum.logs }} {{ hits.results[0].file_name }} {{ more.results | length }}"
        """
    )
    assert played[-1].text == "42 plan.md 1"


def test_a_citation_is_a_marker_with_an_annotation_in_code_points(steps, engine):
    engine.hits = (RESULT, {**RESULT, "file_id": "file-8", "file_name": "b.txt"})
    played = steps(
        """
        - search: plan
        - say: "\U0001f600 See {{ cite(hits.results[1]) }} and {{ cite(hits.results[0]) }}"
        - say: "Again {{ cite(hits.results[0]) }}"
        """
    )
    first, second = played[1], played[2]
    assert first.text == "\U0001f600 See 【4:1†b.txt】 and 【4:0†plan.md】"
    assert first.annotations[0] == {
        "type": "file_citation",
        "text": "【4:1†b.txt】",
        "start_index": 6,
        "end_index": 17,
        "file_citation": {"file_id": "file-8", "quote": "x"},
    }
    for annotation in (*first.annotations, *second.annotations):
        text = first.text if annotation in first.annotations else second.text
        assert text[annotation["start_index"] : annotation["end_index"]] == annotation["text"]
    assert second.text == "Again 【5:0†plan.md】"


def test_results_of_a_second_search_are_counted_on(steps):
    played = steps(
        """
        - {search: a, results: [{file_id: file-1, file_name: a.txt}]}
        - {search: b, results: [{file_id: file-2, file_name: b.txt}], as: b}
        - say: "{{ cite(b.results[0]) }}"
        """
    )
    assert played[-1].text == "【4:1†b.txt】"


def test_the_first_branch_that_holds_is_played(steps, engine):
    text = """
        - call: f
        - choose:
          - {if: "outputs.f == 'a'", steps: [{say: it is a}]}
          - {if: "outputs.f == 'b'", steps: [{say: it is b}, {set: {x: 1}}]}
          - {steps: [{say: other}]}
        - say: end
        """
    texts = {}
    for output in "abc":
        engine.outputs = {"f": output}
        texts[output] = [action.text for action in steps(text) if isinstance(action, Say)]
    assert texts == {"a": ["it is a", "end"], "b": ["it is b", "end"], "c": ["other", "end"]}


def test_no_branch_needs_to_hold(steps):
    assert steps("- choose: [{if: turn == 9, steps: [{say: no}]}]\n- say: end") == [Say("end")]


def test_variables_are_kept_for_later_turns(scenario, engine, view):
    loaded = scenario(
        """
        turns:
        - {when: {turn: 1}, steps: [{set: {city: "{{ message }}"}}, {say: "noted {{ vars.city }}"}]}
        - {steps: [{say: "still {{ vars.city }}"}]}
        """
    )
    engine.play(loaded.backend.turn(view("Oslo")))
    later = engine.play(loaded.backend.turn(view("where?", turn=2, memory=engine.memory)))
    assert later == [Say("still Oslo")]


@pytest.mark.parametrize(
    "last", ["fail: server_error", "stop: content_filter", "expire: now", "check: 'false'", "say: '{{ nope }}'"]
)
def test_goto_is_played_before_the_turn_fails(scenario, engine, view, last):
    loaded = scenario(f"states: [a, b]\nturns:\n- goto: b\n  steps:\n  - say: x\n  - {last}")
    played = engine.play(loaded.backend.turn(view()))
    assert played[1] == Goto("b")
    assert played.count(Goto("b")) == 1
    assert engine.scopes["thread:thread_1/test"]["state"] == "b"


def test_goto_is_played_at_the_end(scenario, engine, view):
    loaded = scenario("states: [a, b]\nturns: [{goto: b, steps: [{say: x}]}]")
    assert engine.play(loaded.backend.turn(view())) == [Say("x"), Goto("b")]


def test_a_failing_branch_ends_the_turn(steps):
    text = "- choose: [{if: turn == 1, steps: [{fail: server_error, message: no}]}]\n- say: never"
    assert steps(text) == [Fail("server_error", "no")]


def test_a_template_that_cannot_be_filled_fails_the_run_with_its_line(steps):
    played = steps("- say: fine\n- choose:\n  - steps:\n    - say: '{{ vars.missing }}'")
    assert played[1].code == "server_error"
    assert played[1].message.startswith("[emulator] file.yaml:9: turns[0].steps[1].choose[0].steps[0].say: template: ")
    assert "missing" in played[1].message


def test_defaults_pace_every_text_and_a_step_changes_a_part(steps):
    header = "defaults: {stream: {chunk: char, ttft: 1s, tps: 10}}"
    played = steps("- say: a\n- {say: b, stream: {tps: 5}}\n- call: f\n- refuse: c\n- {code: d}", header=header)
    assert [action.stream for action in played] == [Stream("char", 1, 10), Stream("char", 1, 5)] + [
        Stream("char", 1, 10)
    ] * 3


def test_pieces_stay_what_they_are_whatever_the_text_is_filled_with(steps):
    text = "- {say: 'hi {{ message }}', stream: {chunk: [hi, ' you']}}"
    assert steps(text, message="you")[0].stream == steps(text, message="there")[0].stream == Stream(("hi", " you"))


def test_a_load_says_which_pieces_may_give_way(scenario):
    loaded = scenario("turns: [{steps: [{say: 'hi {{ message }}', stream: {chunk: [hi, ' you']}}]}]")
    assert any("streamed whole" in note for note in loaded.notes)


@pytest.mark.parametrize("text", ["{{ not }} a {% template %} {# at all #}", "ends with a line\r\n", "{{", "a\n\nb\n"])
def test_raw_text_is_kept_exactly_and_its_pieces_add_up(scenario, engine, view, text):
    raw = "{% raw %}" + text + "{% endraw %}"
    pieces = [text[:3], text[3:]] if text[3:] else [text]
    turns = [
        {"steps": [{"say": raw, "stream": {"chunk": pieces}}, {"call": "f", "args": raw, "stream": {"chunk": pieces}}]}
    ]
    import json

    played = engine.play(scenario(json.dumps({"emulator": 1, "name": "test", "turns": turns})).backend.turn(view()))
    assert played[0] == Say(text, stream=Stream(tuple(pieces)))
    assert played[1] == Call("f", text, stream=Stream(tuple(pieces)))


def test_images_are_taken_from_beside_the_scenario(steps):
    assets = {"plots/a.png": PIXEL, "b.png": PIXEL + "BB"}
    played = steps(
        "- {say: x, images: [./plots/a.png, some/b.png]}\n- {code: y, images: 'plots/{{ message }}.png'}",
        assets=assets,
        message="a",
    )
    assert played[0].images == (PIXEL, PIXEL + "BB")
    assert played[1].images == (PIXEL,)
    assert "no image" in steps("- {say: x, images: '{{ message }}.png'}", assets=assets)[0].message


@pytest.mark.parametrize("name", ["file-a", "assistant-a"])
def test_an_image_is_also_the_id_of_a_file_unless_there_is_one_of_that_name(steps, name):
    image = f"- {{say: x, images: \"{{{{ '{name}' }}}}\"}}"
    assert steps(image)[0].images == (name,)
    assert steps(image, assets={name: PIXEL})[0].images == (PIXEL,)


def test_texts_deep_within_arguments_and_results_are_filled(steps):
    played = steps(
        """
        - {call: f, args: {a: [{b: "{{ message }}"}], c: 1}}
        - {search: "{{ message }}", results: [{file_id: file-1, file_name: "{{ message }}.txt"}]}
        - {hold: "h-{{ message }}"}
        """
    )
    assert played[0].args == {"a": [{"b": "hello"}], "c": 1}
    assert played[1] == SearchFiles("hello", ({"file_id": "file-1", "file_name": "hello.txt"},))
    assert played[2] == Hold("h-hello")


@pytest.mark.parametrize(
    "own,default,expected",
    [
        ("{prompt_tokens: 5, completion_tokens: 7}", "{}", (5, 7)),
        ("{completion_tokens: 7}", "{prompt_tokens: 100}", (100, 7)),
        ("{prompt_tokens: 5}", "{}", (5, 2)),
        ("{completion_tokens: 7}", "{}", (4, 7)),
    ],
)
def test_usage_comes_from_the_turn_then_the_defaults_then_an_estimate(scenario, view, own, default, expected):
    loaded = scenario(f"defaults: {{usage: {default}}}\nturns: [{{usage: {own}, steps: [{{say: eight ch}}]}}]")
    usage = loaded.backend.turn(view()).usage
    assert (usage.prompt_tokens, usage.completion_tokens) == expected


@pytest.mark.parametrize(
    "steps", ["[{fail: server_error}]", "[{wait: 1s}, {expire: now}]", "[{stop: max_prompt_tokens}]"]
)
def test_defaults_are_not_for_turns_that_end_before_they_do_anything(scenario, view, steps):
    loaded = scenario(f"defaults: {{usage: {{prompt_tokens: 80}}}}\nturns: [{{steps: {steps}}}]")
    assert loaded.backend.turn(view()).usage is None


def test_without_any_usage_the_engine_estimates(scenario, view):
    assert scenario("turns: [{steps: []}]").backend.turn(view()).usage is None


def test_a_turn_plays_the_same_each_time(scenario, engine, view):
    loaded = scenario("turns: [{steps: [{call: f}, {set: {a: '{{ outputs.f }}'}}, {say: '{{ vars.a }}'}]}]")
    assert engine.play(loaded.backend.turn(view())) == engine.play(loaded.backend.turn(view()))


def test_header_values_are_handed_on(scenario):
    loaded = scenario("seed: 7\nclock: 2026-01-05T09:00:00Z\nwire: 2025-03-14\nturns: []")
    assert (loaded.seed, loaded.clock) == (7, "2026-01-05T09:00:00Z")


@pytest.mark.parametrize("drift", ["strict", "lenient", "template"])
def test_no_mode_of_drift_is_noted(scenario, drift):
    steps = "[{search: x}, {code: y, execute: true}]"
    assert scenario(f"recording: {{source: a.yaml, drift: {drift}}}\nturns: [{{steps: {steps}}}]").notes == []


def test_a_run_fails_beside_its_calls(steps):
    (failed,) = steps(
        "- {call: f, args: {a: '{{ message }}'}, fail: rate_limit_exceeded, message: 'busy, {{ message }}'}"
    )
    assert failed == Fail("rate_limit_exceeded", "busy, hello", (Call("f", {"a": "hello"}),))
    (failed,) = steps("- {call: [{name: f}, {name: g, as: h}], fail: server_error}")
    assert failed == Fail("server_error", calls=(Call("f"), Call("g", as_="h")))


def test_goto_is_played_before_calls_that_are_never_answered(scenario, engine, view):
    loaded = scenario("states: [a, b]\nturns:\n- {steps: [{call: f, fail: server_error}], goto: b}")
    moved, failed = engine.play(loaded.backend.turn(view()))
    assert (moved, failed.calls) == (Goto("b"), (Call("f"),))
