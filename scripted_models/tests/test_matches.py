import contextlib
import unicodedata

import pytest

from emulator.domain.ports import UnmatchedError
from emulator.domain.view import AttachedFile


def fits(scenario, when, view):
    backend = scenario(f"turns:\n- when: {when}\n  steps: [{{say: hi}}]").backend
    try:
        return backend.turn(view) is not None
    except UnmatchedError:
        return False


@pytest.mark.parametrize(
    "matcher,message,expected",
    [
        ("hello", "hello", True),
        ("hello", "  hello\n", True),
        ("hello", "hello you", False),
        ("'  hello '", "hello", True),
        ("hello", "Hello", False),
        ("{equals: hello}", "hello", True),
        ("{contains: ell}", "hello", True),
        ("{contains: [he, lo]}", "hello", True),
        ("{contains: [he, lu]}", "hello", False),
        ("{regex: '^h.+o$'}", " hello ", True),
        ("{regex: '(?i)HELLO'}", "oh hello", True),
        ("{glob: 'h*o'}", "hello", True),
        ("{glob: 'h*'}", "oh hello", False),
        ("{glob: '[gh]ello'}", "hello", True),
        ("{not: bye}", "hello", True),
        ("{not: hello}", "hello", False),
        ("{not: {contains: ell}, contains: h}", "hello", False),
        ("{contains: hel, regex: lo$}", "hello", True),
        ("hello", None, False),
        ("{not: hello}", None, False),
    ],
)
def test_a_message_is_matched_as_its_matcher_says(scenario, view, matcher, message, expected):
    assert fits(scenario, f"{{message: {matcher}}}", view(message)) is expected


def test_texts_are_compared_in_unicode_form_nfc(scenario, view):
    decomposed = unicodedata.normalize("NFD", "Café")
    assert fits(scenario, f"{{message: {decomposed}}}", view("Café"))
    assert fits(scenario, "{message: {contains: é}}", view(decomposed))


@pytest.mark.parametrize(
    "when,fields,expected",
    [
        ("{model: gpt-4o}", {}, True),
        ("{model: {glob: 'gpt-*'}}", {"model": "o3"}, False),
        ("{assistant: {id: asst_1}}", {}, True),
        ("{assistant: {name: Chef}}", {}, False),
        ("{assistant: {name: {not: Chef}}}", {"assistant": {"id": "a", "name": None}}, False),
        ("{assistant: {instructions: {contains: brief}}}", {}, True),
        ("{assistant: {instructions: {contains: brief}}}", {"instructions": None}, False),
        ("{assistant: {metadata: {team: blue}}}", {}, True),
        ("{assistant: {metadata: {team: red}}}", {}, False),
        ("{turn: 1}", {}, True),
        ("{turn: 1}", {"turn": 2}, False),
        ("{turn: {min: 2}}", {"turn": 3}, True),
        ("{turn: {max: 2}}", {"turn": 3}, False),
        ("{turn: {min: 2, max: 3}}", {"turn": 3}, True),
        ("{tools: lookup}", {"tools": ({"type": "function", "function": {"name": "lookup"}},)}, True),
        ("{tools: [lookup, file_search]}", {"tools": ({"type": "file_search"},)}, False),
        ("{tools: retrieval}", {"tools": ({"type": "file_search"},)}, True),
        ("{tools: [retrieval, file_search]}", {"tools": ({"type": "file_search"},)}, True),
        ("{tools: retrieval}", {"tools": ({"type": "function", "function": {"name": "retrieval"}},)}, True),
        ("{tools: file_search}", {"tools": ({"type": "function", "function": {"name": "retrieval"}},)}, False),
        ("{tools: retrieval}", {"tools": ({"type": "code_interpreter"},)}, False),
        (
            "{files: {glob: '*.csv'}}",
            {"files": (AttachedFile("file-1", "a.txt"), AttachedFile("file-2", "b.csv"))},
            True,
        ),
        ("{files: a.txt}", {}, False),
        ("{thread_metadata: {user: ann}}", {"thread_metadata": {"user": "ann"}}, True),
        ("{thread_metadata: {user: ann}}", {}, False),
        ("{run_metadata: {kind: {regex: '^t'}}}", {"run_metadata": {"kind": "test"}}, True),
        ("{api: responses}", {"api": "responses"}, True),
        ("{api: responses}", {}, False),
        ("{api: assistants}", {}, True),
        ("{api: assistants}", {"api": "responses"}, False),
        ("{message: hello}", {"api": "responses"}, True),
        ("{model: gpt-4o, turn: 2}", {}, False),
        ("{}", {}, True),
    ],
)
def test_the_other_fields_are_matched_too(scenario, view, when, fields, expected):
    assert fits(scenario, when, view(**fields)) is expected


def test_a_turn_for_another_api_is_named_with_the_one_that_it_answers(scenario, view):
    turns = "turns: [{name: port, when: {api: responses}, steps: [{say: hi}]}]"
    with pytest.raises(UnmatchedError, match="port: api expected responses, got assistants"):
        scenario(turns).backend.turn(view())


def test_an_api_is_one_of_two(problems):
    (problem,) = problems("turns: [{when: {api: response}, steps: [{say: hi}]}]")
    assert 'turns[0].when.api: expected assistants or responses, got "response", did you mean responses?' in problem


def test_named_groups_become_captures(steps, scenario, engine, view):
    loaded = scenario(
        """
        turns:
        - when: {message: {regex: '(?P<a>\\w+) or (?P<b>\\w+)(?P<c>!)?'}, model: {regex: 'gpt-(?P<version>\\w+)'}}
          steps: [{say: "{{ match.a }}, {{ match.b }}, {{ match.version }}{{ match.c }}"}]
        """
    )
    assert engine.play(loaded.backend.turn(view("tea or milk")))[0].text == "tea, milk, 4o"


SLOW = ["(a|aa)+$", "(a|a)*$", "((a*)*)*b$", "(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)c\\1"]


@pytest.mark.parametrize("expression", SLOW)
def test_a_regular_expression_ends(expression):
    """Each would take Python's own search longer than anybody waits."""
    from scripted_models.regular_expressions import SlowExpressionError, captures

    with contextlib.suppress(SlowExpressionError):
        assert captures(expression, "a" * 60 + "b!") is None


def test_a_search_that_takes_too_long_fails_the_run_and_says_where(scenario, view, engine):
    turns = "turns: [{name: slow, when: {message: {regex: '(a|aa)+$'}}, steps: [{say: hi}]}, {steps: [{say: other}]}]"
    (failure,) = engine.play(scenario(turns).backend.turn(view("a" * 90 + "b")))
    assert failure.message == '[emulator] turn "slow": regular expressions and globs take more than 0.2 s together'


@pytest.mark.parametrize(
    "expression", ["((a{1000}){1000}){1000}", "(?=((a{1000}){1000}){1000})", "(((a?){1000}){1000}){1000}"]
)
def test_an_expression_that_would_be_huge_is_a_problem(expression, problems):
    (problem,) = problems(f"turns: [{{when: {{message: {{regex: '{expression}'}}}}, steps: [{{say: hi}}]}}]")
    assert ".regex: beyond the limits of regular expressions: its repetitions amount to more than 100,000" in problem


@pytest.mark.parametrize("expression", ["x(?i)", "[a--b]", "(", "(?P<a>x)(?P<a>y)", "a{99999999999}", "(?<=a+)b"])
def test_only_what_python_accepts_is_an_expression(expression, problems):
    (problem,) = problems(f"turns: [{{when: {{message: {{regex: '{expression}'}}}}, steps: [{{say: hi}}]}}]")
    assert "not a regular expression" in problem


@pytest.mark.parametrize(
    "expression,message,captured",
    [
        (r"(?P<a>\w+) or (?P<b>\w+)\?", "cat or dog?", {"a": "cat", "b": "dog"}),
        (r"(?P<a>x)?y", "y", {"a": ""}),
        (r"(?P<n>\d{4})-(?P=n)", "2024-2024", {"n": "2024"}),
        (r"(?i)(?P<a>É)", "é", {"a": "é"}),
        (r"(?s)^a(?P<a>.*)z$", "a\nz", {"a": "\n"}),
        (r"(?<=\$)(?P<a>\d++)(?!\.)", "cost $12", {"a": "12"}),
        (r"(?x) (?P<a> \d ) # a digit", "7", {"a": "7"}),
    ],
)
def test_expressions_mean_what_they_mean_in_python(expression, message, captured):
    import re

    from scripted_models.regular_expressions import captures

    found = re.search(expression, message)
    assert captures(expression, message) == captured == {name: part or "" for name, part in found.groupdict().items()}


# --- tools and files: several of them -------------------------------------------------------------------------------

LOOKUP = {"type": "function", "function": {"name": "ab12-lookup_order"}}
TOOLS = (
    {"type": "function", "function": {"name": "greet"}},
    LOOKUP,
    {"type": "file_search"},
    {"type": "bing_grounding"},
)


@pytest.mark.parametrize(
    "matcher,tool",
    [
        ("{glob: '*-lookup_order'}", "ab12-lookup_order"),
        ("{regex: '^(?P<key>[a-z0-9]+)-'}", "ab12-lookup_order"),
        ("{contains: order}", "ab12-lookup_order"),
        ("{equals: greet}", "greet"),
        ("greet", "greet"),
        ("[greet, {glob: '*order'}]", "ab12-lookup_order"),
        ("[{glob: 'g*'}, {glob: '*order'}]", "greet"),
        ("{glob: '*', not: greet}", "ab12-lookup_order"),
        ("retrieval", "file_search"),
        ("{regex: '^retr'}", "file_search"),
        ("{glob: 'file_*'}", "file_search"),
        ("{glob: 'bing_*'}", "bing_grounding"),
        ("bing_grounding", "bing_grounding"),
        ("[{not: code_interpreter}, greet]", "greet"),
    ],
)
def test_a_tool_is_matched_like_any_text_and_its_name_is_captured(scenario, engine, view, matcher, tool):
    loaded = scenario(f"turns:\n- when: {{tools: {matcher}}}\n  steps: [{{say: '{{{{ match.tool }}}}'}}]")
    assert engine.play(loaded.backend.turn(view(tools=TOOLS)))[0].text == tool


@pytest.mark.parametrize(
    "matcher",
    ["{glob: 'lookup_*'}", "[greet, {glob: 'x*'}]", "{not: greet}", "{not: retrieval}", "{not: {glob: 'bing*'}}", "{equals: order}"],
)  # fmt: skip
def test_a_tool_that_no_tool_of_the_run_fits_is_missed(scenario, view, matcher):
    assert not fits(scenario, f"{{tools: {matcher}}}", view(tools=TOOLS))


def test_a_run_without_tools_offers_none_that_is_excluded(scenario, view):
    assert fits(scenario, "{tools: {not: greet}}", view())
    assert not fits(scenario, "{tools: {glob: '*'}}", view())


def test_files_of_which_none_may_have_a_name(scenario, view):
    both = (AttachedFile("file-1", "a.txt"), AttachedFile("file-2", "b.csv"))
    assert not fits(scenario, "{files: {not: {glob: '*.csv'}}}", view(files=both))
    assert fits(scenario, "{files: {not: {glob: '*.csv'}}}", view(files=both[:1]))
    assert fits(scenario, "{files: {not: {glob: '*.csv'}}}", view())


def test_the_message_says_which_tool_was_expected(scenario, view):
    loaded = scenario("turns: [{name: a, when: {tools: [zap, {glob: 'x*'}, {not: greet}]}, steps: []}]")
    with pytest.raises(
        UnmatchedError, match=r'tools expected glob "x\*", not equals "greet", zap, got ab12-lookup_order, '
    ):
        loaded.backend.turn(view(tools=TOOLS))


def test_a_group_of_another_field_wins_over_the_name_of_a_tool(scenario, engine, view):
    when = "{tools: greet, message: {regex: 'with (?P<tool>.*)'}}"
    loaded = scenario(f"turns:\n- when: {when}\n  steps: [{{say: '{{{{ match.tool }}}}'}}]")
    assert engine.play(loaded.backend.turn(view("with a hammer", tools=TOOLS)))[0].text == "a hammer"
