"""Parity of a program and its ports: it reports none of the correct ones, and each planted bug in every style."""

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

import emulator
from contract_tests.parity.nursery import before, bugs
from contract_tests.parity.nursery.after import STYLES, Desk

SCENARIO = Path(__file__).parent / "nursery" / "nursery.yaml"


@dataclass(frozen=True)
class Planted:
    """A bug, and how it is found.

    kind, field: of a difference that every style shows. sentence: what that of a chain says. also: fields of further
    differences that it leads to; there are no others.
    """

    bug: type[Desk]
    kind: str
    field: str
    sentence: str
    also: tuple[str, ...] = ()


PLANTED = (
    Planted(bugs.InstructionsOnce, "seen", "instructions", ""),
    Planted(bugs.ToolsOnce, "seen", "tools.find_order", "", ("tools.*", "stores*", "files*")),
    Planted(bugs.StrictByDefault, "seen", "tools.refund.parameters", ""),
    Planted(bugs.AnsweredNoMore, "shape", "*", "", ("call.output", "status", "text*")),
    Planted(bugs.WrongRole, "seen", "messages[[]0].role", "", ("messages*",)),
    Planted(bugs.LostAttachment, "seen", "stores*", "", ("messages*", "files*", "search*")),
    Planted(bugs.ChangedOutput, "outcome", "call.output", "", ("text*",)),
    Planted(bugs.OneByOne, "shape", "*", ""),
    Planted(bugs.Forgetful, "*", "*", "", ("*",)),
    Planted(bugs.WrongFormat, "seen", "response_format*", ""),
    Planted(bugs.OtherModel, "seen", "model", ""),
    Planted(bugs.LostMetadata, "seen", "metadata*", ""),
    Planted(bugs.OtherOrder, "seen", "messages*", ""),
    Planted(bugs.SwappedOutputs, "outcome", "call.output", "", ("text*",)),
    Planted(bugs.NothingMore, "seen", "instructions", ""),
    Planted(bugs.Hotter, "seen", "temperature", ""),
)


@pytest.fixture
def namespace(request, server):
    """Return a function that returns a namespace that plays the scenario."""
    made = []

    def make():
        one = server.namespace(f"planted-{abs(hash(request.node.name))}-{len(made)}")
        made.append(one)
        one.load(SCENARIO)
        one.clock.auto()
        return one

    yield make
    for one in made:
        one.delete()


@pytest.fixture(scope="module")
def record(server):
    """What the program did before it was ported."""
    namespace = server.namespace("planted-before")
    namespace.load(SCENARIO)
    namespace.clock.auto()
    with namespace.client() as client:
        before.work(client)
    yield namespace.parity_record()
    namespace.delete()


def compared(record, namespace, port, style):
    with namespace.client(max_retries=0) as client:
        port(client, style).work()
    return emulator.parity(record, namespace)


def test_every_bug_is_planted():
    ports = {one for one in vars(bugs).values() if isinstance(one, type) and issubclass(one, Desk)}
    assert {planted.bug for planted in PLANTED} == ports - {Desk}


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.bug.__name__)
def test_a_planted_bug_is_found_in_every_style(record, namespace, planted, style):
    report = compared(record, namespace(), planted.bug, STYLES[style])
    found = [one for one in report.failures if _is(one, planted.kind, planted.field)]
    assert found, str(report)
    if style == "chain":
        assert planted.sentence in found[0].sentence
    fields = (planted.field, *planted.also)
    assert not [one for one in report.failures if not any(_is(one, "*", field) for field in fields)], str(report)


def _is(difference: Any, kind: str, field: str) -> bool:
    return fnmatchcase(difference.kind, kind) and fnmatchcase(difference.field, field)
