"""The scenarios of the examples, over Assistants and over Responses in four styles: the same is said and called."""

import contextlib
import io
import runpy

import pytest

from contract_tests.responses import styles
from contract_tests.responses.dialogues import DIALOGUES, EXAMPLES, LEFT_OUT


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


def test_every_scenario_of_the_examples_is_played():
    scenarios = {file.relative_to(EXAMPLES).as_posix() for file in EXAMPLES.rglob("*.yaml")}
    scenarios -= {name for name in scenarios if name.startswith("ci/") or "node_modules" in name}
    assert scenarios | {"script_in_python.py"} == {dialogue.scenario for dialogue in DIALOGUES}
    assert set(LEFT_OUT) <= scenarios
