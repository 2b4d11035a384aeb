"""Parameters of scripts: values that are given where a script loads."""

import pytest

from emulator.domain.ports import ScriptError, ScriptSource
from scripted_models import Context, Script, load, load_scenario
from scripted_models.parameters import unused_parameters

HEAD = "emulator: 1\nname: test\n"
SAY = HEAD + "turns:\n- steps:\n  - say: 'Hello {{ params.marker }}'\n"


def source(text, **params):
    return ScriptSource("file.yaml", text, {}, params)


def play(engine, view, text, **params):
    return engine.play(load([source(text, **params)]).backend.turn(view(memory=engine.memory)))


def problems(*sources):
    with pytest.raises(ScriptError) as caught:
        load(sources)
    return list(caught.value.problems)


def test_a_template_shows_the_value_of_a_parameter(engine, view):
    (said,) = play(engine, view, SAY, marker="{{ 7 }}")
    assert said.text == "Hello {{ 7 }}"


def test_a_condition_compares_a_parameter(engine, view):
    text = HEAD + (
        "turns:\n- steps:\n  - check: params.mode != 'off'\n  - choose:\n"
        "    - {if: params.mode == 'loud', steps: [{say: LOUD}]}\n    - steps: [{say: quiet}]\n"
    )
    check, said = play(engine, view, text, mode="loud")
    assert (check.passed, said.text) == (True, "LOUD")
    assert play(engine, view, text, mode="low")[1].text == "quiet"


def test_a_parameter_without_a_value_is_an_error_with_its_place():
    expected = "file.yaml:5: turns[0].steps[0].say: params.marker has no value: give it with --set marker=…"
    assert problems(source(SAY, other="x")) == [expected]


def test_every_use_of_a_parameter_without_a_value_is_named(view):
    text = HEAD + (
        "turns:\n- steps:\n  - check: params.a\n    message: '{{ params[\"b\"] }}'\n  - call: f\n    args: {x: '{{ params.c }}'}\n"
        "  - choose:\n    - if: params.d\n      steps:\n      - wait: '{{ params.e }}'\n"
    )
    places = [line.partition(" has ")[0] for line in problems(source(text))]
    assert places == [
        "file.yaml:5: turns[0].steps[0].check: params.a",
        "file.yaml:6: turns[0].steps[0].message: params.b",
        "file.yaml:8: turns[0].steps[1].args.x: params.c",
        "file.yaml:10: turns[0].steps[2].choose[0].if: params.d",
        "file.yaml:12: turns[0].steps[2].choose[0].steps[0].wait: params.e",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "{{ params.marker | default('none') }}",
        "{{ params['marker'] | d('none') }}",
        "{{ params.get('marker', 'none') }}",
        "{{ params.marker if params.marker is defined else 'none' }}",
        "{% if params.marker is defined %}{{ params.marker }}{% else %}none{% endif %}",
        "{% for name in ['marker'] %}{{ params[name] | default('none') }}{% endfor %}",
    ],
)
def test_a_parameter_that_may_be_missing_needs_no_value(text, engine, view):
    body = f"{HEAD}turns:\n- steps:\n  - say: >-\n      {text}\n"
    assert [said.text for said in play(engine, view, body)] == ["none"]
    assert [said.text for said in play(engine, view, body, marker="here")] == ["here"]


def test_a_condition_may_ask_whether_a_later_step_has_a_parameter(engine, view):
    text = HEAD + (
        "turns:\n- steps:\n  - choose:\n    - {if: params.a is defined, steps: [{say: '{{ params.a }}'}]}\n"
        "    - steps: [{say: none}]\n"
    )
    assert [said.text for said in play(engine, view, text)] == ["none"]


def test_a_name_that_a_template_gives_itself_is_no_parameter(engine, view):
    text = HEAD + "turns:\n- steps:\n  - say: '{% set params = {\"a\": 1} %}{{ params.a }}'\n"
    assert [said.text for said in play(engine, view, text)] == ["1"]


def test_a_default_beside_one_use_does_not_help_another():
    text = HEAD + "turns:\n- steps:\n  - say: \"{{ params.a | default('x') }}\"\n  - say: '{{ params.a }}'\n"
    assert [line.split(":")[1] for line in problems(source(text))] == ["6"]


def test_a_parameter_that_no_script_uses_is_named():
    sources = [
        source(SAY, marker="x", makrer="y"),
        ScriptSource("other.yaml", SAY.replace("test", "two"), {}, {"marker": "z"}),
    ]
    loaded = load(sources)
    assert loaded.params == {"marker": "z"}
    assert [str(one) for one in unused_parameters(sources, loaded.params)] == [
        "file.yaml:1: scenario: params.makrer is given, and no script uses it"
    ]


def test_a_script_that_computes_names_uses_all_parameters():
    text = HEAD + "turns:\n- steps:\n  - say: '{{ params[message] | default(1) }}'\n"
    assert load([source(text, a="1")]).params == {"a": "1"}


def test_a_python_step_reads_the_parameters_of_its_scenario(engine, view, monkeypatch, tmp_path):
    (tmp_path / "steps_with_params.py").write_text(
        "from scripted_models import Say\ndef shout(t):\n    yield Say(t.params['word'].upper())\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    text = HEAD + "turns:\n- steps:\n  - python: steps_with_params:shout\n"
    loaded = load([source(text, word="hi")], allow_python=True)
    assert (loaded.params, loaded.is_portable) == ({"word": "hi"}, False)
    assert [said.text for said in engine.play(loaded.backend.turn(view()))] == ["HI"]


def test_a_turn_that_python_takes_keeps_the_parameters_of_its_scenario(engine, view, tmp_path):
    file = tmp_path / "greeting.yaml"
    file.write_text(SAY.replace("- steps", "- name: greet\n  steps"))
    scenario = load_scenario(file, params={"marker": "you"})
    script = Script()

    @script.turn()
    def both(t: Context):
        yield scenario["greet"]
        assert t.params == {}

    assert [said.text for said in engine.play(script.turn(view()))] == ["Hello you"]


def test_params_names_no_result_of_a_step():
    text = HEAD + "turns:\n- steps:\n  - {search: x, as: params}\n"
    assert '"params" already means something else' in problems(source(text))[0]
