"""Scripts that people begin with are right as they are."""

import pytest

from emulator.domain.explanations import explain
from emulator.domain.ports import ScriptSource
from emulator.domain.view import ContextMessage, ModelView
from scripted_models import lint, load
from scripted_models.drafts import EXAMPLE, draft
from scripted_models.rule_texts import EXPLANATIONS
from scripted_models.rules import Rule

TOOL = {"type": "function", "function": {"name": "look", "parameters": {"properties": {"town": {"type": "string"}}}}}


def view(message, **about):
    fields = {"run_id": "run_1", "thread_id": "thread_1", "model": "gpt-4o", "instructions": None, "assistant": {}}
    return ModelView(**{**fields, **about}, messages=(ContextMessage("user", message),))


def test_the_example_is_right():
    assert lint([ScriptSource("example.yaml", EXAMPLE)]) == []


@pytest.mark.parametrize(
    "message",
    [
        "Hello",
        "  spaces around and\n\ttabs within \n",
        "{{ match.x }} {% raw %}",
        "quotes \" and ' and : and # and <script>alert(1)</script>",
        "yes",
        "12",
        "- a\n- b",
        "\u202eright to left",
        "no\x00thing",
        "long " * 1_000,
        "",
        "e\u0301",
    ],
)
def test_a_draft_is_right_and_fits_its_run(message):
    run = view(message, assistant={"id": "asst_1", "name": 'A "clerk": one'}, tools=(TOOL,))
    source = ScriptSource("draft.yaml", draft(run))
    assert lint([source]) == []
    found = explain(load([source]).backend, run)
    assert found is not None
    assert found.turn == "new turn"


def test_a_draft_can_come_before_other_turns_and_is_only_for_its_api():
    text = draft(view("Hello", api="responses"), priority=2)
    assert "priority: 2" in text
    assert "api: responses" in text


def test_a_draft_says_what_the_run_offers():
    assert "# - {call: look, args: {" in draft(view("Hello", tools=(TOOL,)))


def test_a_text_that_no_file_can_hold_is_left_out():
    assert "when" not in draft(view("half \ud800"))


def test_each_rule_is_explained():
    assert set(EXPLANATIONS) == set(Rule)
