import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.domain.actions import Call, CodeResult, Outputs, RunCode, Said, Say
from emulator.domain.ports import ScriptSource
from emulator.domain.view import ModelView
from scripted_models import lint, load, verbatim, write
from scripted_models.suggestions import suggest, suggest_all

LOOKUP = {
    "items": [{"sku": "KX-9", "price": 136.25}, {"sku": "QB-4", "price": 20.5}],
    "total": 156.75,
    "customer": {"name": "Ada Rivera"},
    "id": 48213,
    "day": "2026-03-02",
    "left": 7,
}


def turn(*steps):
    return {"steps": list(steps)}


def lookup(recorded=LOOKUP, **more):
    return {"call": "lookup", **more, "recorded": recorded if isinstance(recorded, str) else json.dumps(recorded)}


def said(text, recorded=LOOKUP, **more):
    """Return what a text becomes behind a call."""
    return suggest(turn(lookup(recorded), {"say": text, **more})).turn["steps"][1]["say"]


@pytest.mark.parametrize(
    "text,template",
    [
        ("It costs $136.25.", "It costs ${{ (outputs.lookup | data).items[0].price }}."),
        ("Ada Rivera's order", "{{ (outputs.lookup | data).customer.name }}'s order"),
        ("It is $20.50.", "It is ${{ '%.2f' | format((outputs.lookup | data).items[1].price) }}."),
        ("(48213)", "({{ (outputs.lookup | data).id }})"),
        (
            "On 2026-03-02 it was KX-9",
            "On {{ (outputs.lookup | data).day }} it was {{ (outputs.lookup | data).items[0].sku }}",
        ),
    ],
)
def test_values_become_expressions(text, template):
    assert said(text) == template


@pytest.mark.parametrize(
    "text",
    [
        "Order A-48213", "48213-A", "148213", "48213.5", "1,48213", "-48213", "x48213", "48213th", "/orders/48213", "a@48213",
        "on 2026-03-02T10:00", "KX-95", "XKX-9", "Ada Riverante", "there are 7 left", "136.2", "5136.25", "136.255",
    ],
)  # fmt: skip
def test_nothing_within_longer_words_numbers_ids_and_dates_does(text):
    assert said(text) == text


@pytest.mark.parametrize("text", ["on March 12, 2024", "on 12 May 2024", "12th of June", "in May 2024", "Sept. 12"])
def test_numbers_within_dates_are_no_values(text):
    assert said(text, {"a": 12, "b": 2024}) == text
    assert said(text, {"day": text.removeprefix("on ").removeprefix("in ")}) != text


def test_an_output_that_is_a_plain_text_is_used_whole_or_by_its_first_line():
    assert said("It has shipped on Monday.", "shipped on Monday") == "It has {{ outputs.lookup }}."
    assert said("It has shipped.", "shipped\n") == "It has {{ outputs.lookup | trim }}."
    assert said("It has shipped.", '"shipped"') == "It has {{ outputs.lookup | data }}."
    assert said("It has shipped.", "shipped\nby air") == "It has {{ outputs.lookup | first_line }}."


def test_the_longest_value_is_taken():
    assert said("Ada Rivera", {"first": "Ada", "whole": "Ada Rivera"}) == "{{ (outputs.lookup | data).whole }}"


def test_of_equal_values_the_clearest_is_taken_and_a_comment_names_the_others():
    output = {"fee": 136.25, "items": [{"sku": "KX-9", "price": 136.25}]}
    done = suggest(turn(lookup(output), {"say": "KX-9 costs 136.25"}, {"say": "The fee is 136.25"}))
    assert [step.get("say") for step in done.turn["steps"][1:]] == [
        "{{ (outputs.lookup | data).items[0].sku }} costs {{ (outputs.lookup | data).items[0].price }}",
        "The fee is {{ (outputs.lookup | data).fee }}",
    ]
    assert done.count == 3
    assert done.comments == {
        ("steps", 1, "say"): "136.25 is also (outputs.lookup | data).fee",
        ("steps", 2, "say"): "136.25 is also (outputs.lookup | data).items[0].price",
    }


def test_only_texts_behind_the_output_change():
    steps = [{"say": "KX-9"}, lookup(), {"say": "KX-9"}]
    assert [step.get("say") for step in suggest(turn(*steps)).turn["steps"]] == [
        "KX-9", None, "{{ (outputs.lookup | data).items[0].sku }}",
    ]  # fmt: skip


def test_what_was_given_is_not_changed_itself():
    steps = [lookup(), lookup(args={"who": "Ada Rivera"}), {"say": "KX-9", "stream": {"chunk": ["KX", "-9"]}}]
    before = json.dumps(steps)
    suggest(turn(*steps))
    assert json.dumps(steps) == before


def test_code_arguments_and_queries_change_too():
    done = suggest(
        turn(
            lookup(),
            {"code": "print(136.25)", "logs": "136.25\n"},
            {"search": "offers for KX-9"},
            {"call": "pay", "args": {"who": "Ada Rivera", "why": ["for KX-9"]}},
            {"call": "book", "args": {"id": 48213, "who": "Ada Rivera"}},
            {"call": [{"name": "send", "args": '{"id": 48213, "48213": "KX-9 of 48213"}'}]},
            {"tool": "map", "input": {"who": "Ada Rivera"}},
        )
    ).turn["steps"]
    data = "(outputs.lookup | data)"
    assert done[1]["code"] == f"print({{{{ {data}.items[0].price }}}})"
    assert done[1]["logs"] == f"{{{{ {data}.items[0].price }}}}\n"
    assert done[2]["search"] == f"offers for {{{{ {data}.items[0].sku }}}}"
    assert done[3]["args"]["who"] == f"{{{{ {data}.customer.name }}}}"
    assert done[3]["args"]["why"] == [f"for {{{{ {data}.items[0].sku }}}}"]
    assert done[4]["args"] == f'{{"id":{{{{ {data}.id }}}},"who":{{{{ {data}.customer.name | tojson }}}}}}'
    assert done[5]["call"][0]["args"] == (
        f'{{"id": {{{{ {data}.id }}}}, "48213": "{{{{ {data}.items[0].sku }}}} of {{{{ {data}.id }}}}"}}'
    )
    assert done[6]["input"] == {"who": f"{{{{ {data}.customer.name }}}}"}


def test_calls_get_names_where_a_template_needs_them():
    done = suggest(
        turn(lookup("first one"), lookup("second one", args={}), {"call": "get-it", "recorded": "third one"},
             {"say": "first one, second one, third one"})
    ).turn["steps"]  # fmt: skip
    assert done[3]["say"] == "{{ outputs.lookup }}, {{ outputs.lookup_2 }}, {{ outputs.get_it }}"
    assert [step.get("as") for step in done] == [None, "lookup_2", "get_it", None]
    assert list(done[1]) == ["call", "args", "as", "recorded"]
    unused = suggest(turn(lookup("first one"), lookup("x"), {"call": "see", "recorded": "abcd"}, {"say": "abcd"}))
    assert [step.get("as") for step in unused.turn["steps"]] == [None, None, None, None]


def test_names_that_templates_use_already_stay():
    steps = [
        lookup("first one"),
        lookup("second one"),
        {"say": "first one"},
        {"say": "{{ outputs.lookup }}"},
        {"say": "second one"},
    ]
    done = suggest(turn(*steps)).turn["steps"]
    assert [step.get("say") for step in done[2:]] == ["first one", "{{ outputs.lookup }}", "{{ outputs.lookup }}"]


def test_a_branch_knows_its_own_outputs_and_those_before_it():
    inside = [lookup("inner", **{"as": "inside"}), {"say": "inner outer"}]
    done = suggest(turn(lookup("outer"), {"choose": [{"if": "true", "steps": inside}]}, {"say": "inner outer"})).turn[
        "steps"
    ]
    assert done[1]["choose"][0]["steps"][1]["say"] == "{{ outputs.inside }} {{ outputs.lookup }}"
    assert done[2]["say"] == "inner {{ outputs.lookup }}"


def test_pieces_of_a_text_that_became_a_template_are_dropped():
    step = {"say": "It is KX-9", "stream": {"chunk": ["It is", " KX-9"], "ttft": "1s"}}
    done = suggest(turn(lookup(), step, {"say": "No.", "stream": {"chunk": ["N", "o."]}})).turn["steps"]
    assert done[1]["stream"] == {"ttft": "1s"}
    assert done[2]["stream"] == {"chunk": ["N", "o."]}


def test_what_an_annotation_is_about_stays_and_the_annotation_finds_it_again():
    annotation = {"type": "file_path", "text": "sandbox:/KX-9", "start_index": 5, "end_index": 18}
    message = {"say": "KX-9 sandbox:/KX-9 KX-9", "annotations": [annotation]}
    done = suggest(turn(lookup("KX-9"), message))
    assert done.turn["steps"][1]["say"] == "{{ outputs.lookup }} sandbox:/KX-9 {{ outputs.lookup }}"
    (said,) = [one for one in _actions(done.turn, ["the long one"]) if isinstance(one, Say)]
    assert said.text[said.annotations[0]["start_index"] : said.annotations[0]["end_index"]] == "sandbox:/KX-9"


def test_texts_that_look_like_templates_stay_what_they_are():
    text = "KX-9\r\n{{ name }} {KX-9} {% endraw %} KX-9 {"
    steps = [lookup(verbatim(json.dumps({"a": "KX-9", "b": "{{ name }}"}))), {"say": verbatim(text)}]
    assert _played(turn(*steps), [json.dumps({"a": "KX-9", "b": "{{ name }}"})])[-1] == text
    done = suggest(turn(*steps))
    assert done.count == 4
    assert _played(done.turn, [json.dumps({"a": "XY", "b": "{{ other }}"})])[-1] == text.replace("KX-9", "XY").replace(
        "name", "other"
    )


VALUES = st.sampled_from(
    ["KX-9", "Ada Rivera", "20.5", "20.50", 20.5, 48213, -12, 1e16, "a\nb", "{{ x }}", '"q"', "\\", "é\r\n"]
)
OUTPUTS = st.recursive(VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
    st.sampled_from(["a", "items", "odd key", "_x", "{{", 'q"', "price"]), inner, max_size=3), max_leaves=6)  # fmt: skip
PARTS = st.one_of(VALUES.map(str), st.sampled_from([" ", "{", "}", "{%", "\r", "\n", ", ", ": ", "'", '"', "x", "-"]))


@given(st.lists(OUTPUTS, min_size=1, max_size=3), st.lists(PARTS, max_size=12).map("".join))
def test_with_the_recorded_outputs_a_turn_does_exactly_what_it_did(outputs, text):
    recorded = [json.dumps(output) for output in outputs]
    steps = [
        *(lookup(verbatim(one)) for one in recorded),
        {"call": "pay", "args": {"text": verbatim(text), "all": [verbatim(text)], "id": 48213}, "recorded": "KX-9 too"},
        {"call": "note", "args": verbatim(json.dumps({"text": text, "n": 20.5})), "recorded": "KX-9 too"},
        {"say": verbatim(text)},
        {"code": verbatim(text)},
    ]
    before, done = turn(*steps), suggest(turn(*steps))
    answers = [*recorded, "KX-9 too", "KX-9 too"]
    assert _played(done.turn, answers) == _played(before, answers)


def _played(turn, answers):
    """Return what a turn says, runs and calls, where the app answers so."""
    return [_shown(action) for action in _actions(turn, answers)]


def _actions(turn, answers):
    return _of_file(write({"emulator": 1, "turns": [turn]}), *answers)


def _of_file(text, *answers):
    """Return the actions of the first turn of a file."""
    backend = load([ScriptSource("file.yaml", text)]).backend
    view = ModelView(run_id="run_1", thread_id="thread_1", model="m", instructions=None, assistant={}, messages=())
    return list(_engine(backend.turn(view).actions, iter(answers)))


def _engine(actions, answers):
    result = None
    while True:
        try:
            action = actions.send(result)
        except StopIteration:
            return
        yield action
        match action:
            case Call():
                result = Outputs({action.key: next(answers)})
            case Say():
                result = Said("msg_1", action.text)
            case RunCode():
                result = CodeResult("")
            case _:
                return


def _shown(action):
    return action.arguments if isinstance(action, Call) else action.text if isinstance(action, Say) else action.code


TEMPLATE = """\
emulator: 1
recording: {drift: template}
turns:
- steps:
  - call: lookup
    recorded: '{"price": 136.25, "name": "Ada Rivera"}'
  - call: pay
    args: {amount: 136.25}
  - say: It costs $136.25.
    stream: {chunk: [It costs, " $136.25."]}
  - say: "{% raw %}{{ Ada Rivera }}{% endraw %}"
  - say: "{{ outputs.pay }}"
"""


def _answered(text, *answers):
    return [_shown(action) for action in _of_file(text, *answers)]


def test_a_scenario_of_templates_says_what_the_outputs_are_today():
    assert _answered(TEMPLATE, '{"price": 99.5, "name": "Bo"}', "paid")[1:] == [
        '{"amount":99.5}', "It costs $99.5.", "{{ Bo }}", "paid",
    ]  # fmt: skip


def test_where_todays_output_has_no_such_value_it_says_what_was_recorded():
    assert _answered(TEMPLATE, "no such thing", "paid")[1:] == [
        '{"amount":136.25}', "It costs $136.25.", "{{ Ada Rivera }}", "paid",
    ]  # fmt: skip


def test_a_template_that_its_author_wrote_still_fails():
    failure = _of_file(TEMPLATE.replace("outputs.pay", "outputs.play"), "{}", "paid")[-1]
    assert failure.message.startswith(
        '[emulator] file.yaml:12: turns[0].steps[4].say: template: outputs has no "play", did you mean pay?'
    )


@pytest.mark.parametrize("header", ["recording: {drift: lenient}", "recording: {}", "name: plain"])
def test_other_scenarios_say_what_was_recorded(header):
    text = TEMPLATE.replace("recording: {drift: template}", header)
    assert _answered(text, '{"price": 99.5, "name": "Bo"}', "paid")[2] == "It costs $136.25."


def talk(*turns, **header):
    """Return a scenario of one chain; each turn is a message with steps."""
    made = [{"chain": "one", "when": {"message": message}, "steps": steps} for message, *steps in turns]
    return {"emulator": 1, **header, "turns": made}


ORDER = {"order": "QB-1200", "total": 156.75, "unit": "metre", "left": 12}


def test_later_turns_of_a_chain_remember_what_is_worth_it():
    scenario = talk(
        ("Buy it.", lookup(ORDER), {"say": "Done."}),
        ("How much?", {"call": "pay", "args": {"sum": 156.75}}, {"say": "QB-1200: 156.75 a metre, 12 left"}),
    )
    done = suggest_all(scenario, {("turns", 0, "steps", 1): "the end", ("turns", 1): "paid"})
    first, second = (turn["steps"] for turn in done.document["turns"])
    data = "(outputs.lookup | data)"
    assert first[1]["set"] == {"order": f"{{{{ {data}.order }}}}", "total": f"{{{{ {data}.total }}}}"}
    assert second[0]["args"] == '{"sum":{{ vars.total | default(156.75) }}}'
    assert second[1]["say"] == (
        '{{ vars.order | default("QB-1200") }}: {{ vars.total | default(156.75) }} a metre, 12 left'
    )
    assert done.count == 3
    assert done.comments == {("turns", 0, "steps", 2): "the end", ("turns", 1): "paid"}
    assert lint([ScriptSource("file.yaml", write(done.document, done.comments))]) == []


def test_what_is_remembered_has_a_name_of_its_own_and_so_has_its_output():
    scenario = talk(
        ("Buy two.", lookup({"id": "QB-1200"}), lookup({"id": "QB-1300", "total": "x"})),
        ("Which?", {"say": "QB-1300 and QB-1200"}, lookup({"id": "QB-1400"})),
        ("And?", {"say": "QB-1400 and QB-1300"}),
    )
    turns = [turn["steps"] for turn in suggest_all(scenario).document["turns"]]
    assert [step.get("as") for step in turns[0]] == [None, None, "lookup_2", None]
    assert turns[0][1] == {"set": {"lookup_id": "{{ (outputs.lookup | data).id }}"}}
    assert turns[0][3] == {"set": {"lookup_2_id": "{{ (outputs.lookup_2 | data).id }}"}}
    assert turns[2][0]["say"] == (
        '{{ vars.lookup_id_2 | default("QB-1400") }} and {{ vars.lookup_2_id | default("QB-1300") }}'
    )


@pytest.mark.parametrize(
    "scenario",
    [
        talk(("Buy QB-1200.", lookup(ORDER)), ("Well?", {"say": "QB-1200"})),
        talk(("Buy it.", lookup(ORDER)), ("QB-1200?", {"say": "QB-1200"})),
        talk(("Buy it.", lookup(ORDER)), ("Well?", {"say": "QB-1200"}), scope="namespace"),
        {"emulator": 1, "turns": [{"steps": [lookup(ORDER)]}, {"steps": [{"say": "QB-1200"}]}]},
    ],
)
def test_what_the_user_said_and_what_other_threads_know_is_not_remembered(scenario):
    assert suggest_all(scenario).document == scenario


def test_an_output_of_the_turn_itself_comes_before_what_is_remembered():
    scenario = talk(("Buy it.", lookup(ORDER)), ("Well?", lookup(ORDER), {"say": "QB-1200"}))
    done = suggest_all(scenario).document["turns"]
    assert [len(turn["steps"]) for turn in done] == [1, 2]
    assert done[1]["steps"][1]["say"] == "{{ (outputs.lookup | data).order }}"
