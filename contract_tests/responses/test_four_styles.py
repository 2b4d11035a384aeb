"""The scenarios of the examples, over Assistants and over Responses in four styles: the same is said and called."""

import contextlib
import io
import re
import runpy

import pytest

from contract_tests.responses import styles
from contract_tests.responses.dialogues import DIALOGUES, EXAMPLES, LEFT_OUT

PAGE = EXAMPLES.parent / "docs" / "responses.md"


@pytest.fixture
def played(request, server):
    """Return a function that plays a dialogue in one style, in a namespace of its own."""
    namespaces = []

    def play(style, dialogue):
        namespace = server.namespace(f"{request.node.name[:60]}-{len(namespaces)}")
        namespaces.append(namespace)
        namespace.load(script_of(dialogue))
        namespace.clock.auto()
        with namespace.client(max_retries=0) as client:
            record = style(client, dialogue)
        assert not namespace.report().unmatched
        return record

    yield play
    for namespace in namespaces:
        namespace.delete()


def script_of(dialogue):
    file = EXAMPLES / dialogue.scenario
    if file.suffix == ".yaml":
        return file
    # The script stands in the program, which plays it when it is run.
    with contextlib.redirect_stdout(io.StringIO()), pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(EXAMPLES))
        return runpy.run_path(str(file))["script"]


@pytest.mark.parametrize("dialogue", DIALOGUES, ids=lambda dialogue: dialogue.scenario)
def test_a_dialogue_is_the_same_over_assistants_and_in_four_styles_over_responses(played, dialogue):
    before = played(styles.assistants, dialogue)
    assert before
    after = {style.__name__: played(style, dialogue) for style in styles.STYLES}
    assert after == dict.fromkeys(after, before)


def played_rows():
    """Return what the documentation says of the scenarios that are played."""
    rows = []
    for scenario in dict.fromkeys(dialogue.scenario for dialogue in DIALOGUES):
        of_it = [dialogue for dialogue in DIALOGUES if dialogue.scenario == scenario]
        used = {
            "functions": any(one.functions for one in of_it),
            "code": any(one.has_code or one.files for one in of_it),
            "search": any(one.papers for one in of_it),
            "assistants by name": any(one.is_named for one in of_it),
        }
        turns = sum(len(one.messages) for one in of_it)
        kinds = ", ".join(name for name, is_used in used.items() if is_used)
        rows.append(
            f"| [{scenario}](../examples/{scenario}) | {len(of_it)} | {turns} | {kinds} |\n".replace("|  |", "| |")
        )
    return "".join(rows)


def test_the_documentation_says_what_is_played_and_what_is_not():
    page = PAGE.read_text(encoding="utf-8")
    assert f"| --- | ---: | ---: | --- |\n{played_rows()}<!-- /played -->" in page
    left_out = "".join(f"- `{scenario}`: {reason}\n" for scenario, reason in LEFT_OUT.items())
    assert f"<!-- left out -->\n{left_out}<!-- /left out -->" in page


def test_the_code_of_the_documentation_runs(server, request):
    page = PAGE.read_text(encoding="utf-8")
    scenario, *_ = re.findall(r"^```yaml\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    (section,) = re.findall(r"^## Four styles of a port\n(.*?)^## ", page, re.DOTALL | re.MULTILINE)
    setup, *styles_shown = re.findall(r"^```python\n(.*?)^```$", section, re.DOTALL | re.MULTILINE)
    said = "The next ferry to Lindholm leaves at 9:40. You were going to Lindholm.\n"
    assert len(styles_shown) == len(styles.STYLES)
    for number, style in enumerate(styles_shown):
        namespace = server.namespace(f"{request.node.name}-{number}")
        namespace.load(scenario)
        with contextlib.redirect_stdout(io.StringIO()) as printed, pytest.MonkeyPatch.context() as patch:
            for name, value in namespace.environment.items():
                patch.setenv(name, value)
            exec(setup + style, {})
        assert printed.getvalue() == said
        assert not namespace.report().hints
        namespace.delete()


def test_every_scenario_of_the_examples_is_played():
    scenarios = {file.relative_to(EXAMPLES).as_posix() for file in EXAMPLES.rglob("*.yaml")}
    scenarios -= {name for name in scenarios if name.startswith("ci/") or "node_modules" in name}
    assert scenarios | {"script_in_python.py"} == {dialogue.scenario for dialogue in DIALOGUES}
    assert set(LEFT_OUT) <= scenarios
