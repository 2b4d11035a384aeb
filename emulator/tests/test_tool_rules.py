"""The rules of calls and the kinds of tools that have them do not drift apart."""

import pytest

from emulator.domain.actions import UseTool
from emulator.domain.calls import ToolCall
from emulator.domain.tool_rules import RULES, mistakes_of
from emulator.tools import kinds
from emulator.tools.kind import Kind

ASKED = {"type": "click"}


def call_of(kind, **more):
    """Return how a kind shows a call that says what is needed. more: of `UseTool`."""
    use = UseTool(kind, ASKED, "found", name="f", **more)
    own = kinds.of_type(kind)
    about = {**({"server_label": "s"} if kind == "mcp" else {}), **own.about(use)}
    shown = own.call(ToolCall("call_1", kind, own.text(use), about, {"output": use.output}))
    return shown.get(getattr(own, "key", kind), shown)


@pytest.mark.parametrize("kind", RULES)
def test_every_rule_belongs_to_a_kind_and_says_what_that_does(kind):
    own, rules = kinds.of_type(kind), RULES[kind]
    assert kind in kinds.OF_MOUNTS["foundry"]
    assert rules.approved == (own.answered_by == "submit_tool_approval")
    assert rules.named == ("name" in call_of(kind))


@pytest.mark.parametrize("kind", RULES)
def test_every_field_that_a_call_shows_is_given_or_known_as_a_detail(kind):
    rules = RULES[kind]
    assert set(call_of(kind)) <= {*rules.given, *rules.details}
    assert not {*rules.given} & {*rules.details}


@pytest.mark.parametrize("kind", RULES)
def test_what_a_detail_would_change_of_a_call_is_refused_unless_it_is_known(kind):
    before = call_of(kind)
    for name in (*before, "id", "type", "name"):
        if call_of(kind, details={name: "changed"}).get(name) != before.get(name) and name in before:
            use = UseTool(kind, ASKED, name="f", details={name: "changed"})
            refused = {mistake.path for mistake in mistakes_of(use)}
            assert ("details", name) in refused or name in RULES[kind].details


@pytest.mark.parametrize("kind", kinds.OF_MOUNTS["foundry"])
def test_what_is_left_out_is_an_empty_text_or_no_arguments(kind):
    rules, own = RULES[kind], kinds.of_type(kind)
    assert own.text(UseTool(kind)) == ("{}" if rules.asked == "args" else "")


def test_a_kind_without_rules_is_asked_whatever_a_script_likes():
    class Radar(Kind):
        type = "radar"

    assert list(mistakes_of(UseTool("radar", details={"id": "x"}, approve=True))) == []
    assert Radar().text(UseTool("radar")) == "{}"
