"""Parity finds each bug that is planted in a port, in every style, and says nothing else."""

import re
from dataclasses import dataclass

import pytest

import emulator
from contract_tests.parity.nursery import bugs
from contract_tests.parity.nursery.after import STYLES, Desk


@dataclass(frozen=True)
class Planted:
    """A bug, and how it is found.

    kind, field: of the difference. sentence: how it begins. also: fields of further differences that it leads to; there
    are no others.
    """

    bug: type[Desk]
    kind: str
    field: str
    sentence: str
    also: tuple[str, ...] = ()


PLANTED = (
    Planted(
        bugs.InstructionsOnce,
        "seen",
        "instructions",
        "turn 1: the model no longer sees the instructions 'You answer for a plant nursery.",
    ),
    Planted(
        bugs.ToolsOnce,
        "seen",
        "tools.find_order",
        "turn 1: the model is no longer offered the function find_order",
        ("tools.refund", "tools.file_search"),
    ),
    Planted(
        bugs.StrictByDefault,
        "seen",
        "tools.refund.parameters",
        "turn 1: the function refund has to be called with 'note', which could be left out before",
    ),
    Planted(
        bugs.AnsweredNoMore,
        "shape",
        "call.output",
        "turn 4: a call of refund never got an output",
        ("text",),
    ),
    Planted(
        bugs.WrongRole,
        "seen",
        "messages[0].role",
        "turn 1: the message 'Good morning! What can I do for you?' is now one of the user, before of the assistant",
    ),
    Planted(
        bugs.LostAttachment,
        "seen",
        "messages[5].files",
        "turn 3: the user's message 'This is the invoice that came with the fern.' no longer brings 'invoice.txt'",
        ("search.found",),
    ),
    Planted(
        bugs.ChangedOutput,
        "outcome",
        "call.output",
        "turn 1: the program's output to find_order is '{'plant': 'pear tree', 'sent': null}', before"
        """ '{"plant": "pear tree", "sent": null}'""",
        ("text",),
    ),
    Planted(
        bugs.OneByOne,
        "shape",
        "errors",
        "turn 1: POST /v1/responses was refused with 'No tool output found",
        # The request of a client that keeps everything itself does not say which dialogue it is of.
        ("refused",),
    ),
    Planted(
        bugs.Forgetful,
        "seen",
        "messages[0..4]",
        "turn 3: the model no longer sees 5 messages, the first of them the model's own message 'Good morning!",
        ("continued",),
    ),
    Planted(
        bugs.WrongFormat,
        "seen",
        "response_format",
        """turn 4: the format of texts is {"type": "json_object"}, before {"type": "json_schema",""",
    ),
    Planted(bugs.OtherModel, "seen", "model", "turn 1: the model is 'gpt-4o-mini', before 'gpt-4o'"),
    Planted(
        bugs.LostMetadata,
        "seen",
        "metadata.channel",
        "turn 1: the metadata 'channel=web' of the run are no longer sent",
    ),
    Planted(
        bugs.OtherOrder,
        "seen",
        "messages.order",
        "turn 3: the model sees the messages in another order: message 6 is the user's message 'It is dead. What did I"
        " pay?', before it was the user's message 'This is the invoice that came with the fern.'",
    ),
    Planted(
        bugs.SwappedOutputs,
        "outcome",
        "call.output",
        'turn 1: the program\'s output to find_order is \'{"plant": "fern", "sent": "on Monday"}\', before'
        """ '{"plant": "pear tree", "sent": null}'""",
        ("text",),
    ),
    Planted(
        bugs.NothingMore,
        "seen",
        "instructions",
        "turn 4: the model no longer sees a part of the instructions: 'Answer in JSON.'",
    ),
    Planted(bugs.Hotter, "seen", "temperature", "turn 1: temperature is 1.0, before 0.2"),
)


def test_every_bug_is_planted():
    ports = {one for one in vars(bugs).values() if isinstance(one, type) and issubclass(one, Desk)}
    assert {planted.bug for planted in PLANTED} == ports - {Desk}


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.bug.__name__)
def test_a_planted_bug_is_found_in_every_style(record_before, nursery, planted, style):
    with nursery.client(max_retries=0) as client:
        planted.bug(client, STYLES[style]).work()
    report = emulator.parity(record_before, nursery)
    fields = (planted.field, *planted.also)
    assert {one.field for one in report.failures} <= set(fields), str(report)
    found = [one for one in report.failures if (one.kind, one.field) == (planted.kind, planted.field)]
    if style != "stateless":
        assert found[0].sentence.startswith(planted.sentence)
        assert re.search(r" \[.*nursery.yaml:\d+\]$", found[0].sentence)
    assert found or planted.bug is bugs.OneByOne, str(report)
    assert not report.is_equal
