"""Records of namespaces: what the model saw, what came of it and how it was asked, over both APIs."""

from dataclasses import asdict

import pytest

from contract_tests.responses import styles
from contract_tests.responses.dialogues import DIALOGUES
from contract_tests.responses.test_four_styles import script_of
from emulator.domain.parity.records import Record


@pytest.fixture
def played(request, server):
    """Return a function that plays a dialogue in one style, in a namespace of its own, and returns its record."""
    namespaces = []

    def play(style, dialogue):
        namespace = server.namespace(f"{request.node.name[:60]}-{len(namespaces)}")
        namespaces.append(namespace)
        namespace.load(script_of(dialogue))
        namespace.clock.auto()
        with namespace.client(max_retries=0) as client:
            style(client, dialogue)
        return namespace.parity_record()

    yield play
    for namespace in namespaces:
        namespace.delete()


@pytest.mark.parametrize("dialogue", DIALOGUES, ids=lambda dialogue: dialogue.scenario)
def test_a_dialogue_has_the_same_outcome_over_assistants_and_in_four_styles_over_responses(played, dialogue):
    before = played(styles.assistants, dialogue)
    assert len(before.dialogues) == 1
    assert Record.from_json(before.to_json()) == before
    for style in styles.STYLES:
        after = played(style, dialogue)
        assert outcome(after) == outcome(before), style.__name__


def outcome(record):
    return [
        [
            (turn.message, turn.turn, turn.place, turn.status, turn.reason, [asdict(did) for did in turn.did])
            for turn in dialogue.turns
        ]
        for dialogue in record.dialogues
    ]
