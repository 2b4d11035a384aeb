"""Waivers of a comparison: which differences they cover, and what is wrong with a file of them."""

from typing import Any

import pytest

from emulator.domain.parity.comparison import compare
from emulator.domain.parity.waivers import Waiver, waivers_from
from emulator.tests.made_up_records import LOOK_UP, after, before, with_saw

_STRICT = {"type": "function", "function": {**LOOK_UP["function"], "description": "Find."}}


@pytest.mark.parametrize(
    "about",
    [
        {},
        {"dialogue": 1},
        {"dialogue": "thread_1"},
        {"dialogue": "conv_1"},
        {"turn": 2},
        {"turn": "turn 2"},
        {"kind": "seen"},
        {"field": "tools.look_up.description"},
        {"field": "tools.*.description"},
        {"field": "*"},
    ],
)
def test_a_waiver_covers_what_it_names(about: dict[str, Any]) -> None:
    waiver = Waiver(**{"reason": "It is better now.", "field": "tools.*", **about})
    report = compare(before(), with_saw(after(), 1, 0, tools=(_STRICT,)), waivers=(waiver,))
    assert report.is_equal
    assert [one.waived for one in report.differences] == ["It is better now."]
    assert not report.unused_waivers


@pytest.mark.parametrize(
    "about",
    [{"dialogue": 2}, {"dialogue": "conv_2"}, {"turn": 1}, {"turn": "turn 1"}, {"kind": "shape"}, {"field": "tools"}],
)
def test_a_waiver_that_covers_nothing_is_named(about: dict[str, Any]) -> None:
    waivers = Waiver("x", "tools.*"), Waiver(**{"reason": "y", "field": "tools.*", **about})
    report = compare(before(), with_saw(after(), 1, 0, tools=(_STRICT,)), waivers=waivers)
    assert report.unused_waivers == (2,)


def test_brackets_of_a_field_stand_for_themselves() -> None:
    waiver = Waiver("x", "messages[0..2]")
    port = with_saw(after(), 1, 0, messages=before().dialogues[0].turns[1].saw[0].messages[3:])
    assert compare(before(), port, waivers=(waiver,)).is_equal


def test_a_file_of_waivers_is_read() -> None:
    data = {"waivers": [{"turn": 2, "field": "tools.*", "kind": "seen", "reason": "x"}, {"field": "*", "reason": "y"}]}
    assert waivers_from(data) == (Waiver("x", "tools.*", turn=2, kind="seen"), Waiver("y", "*"))


@pytest.mark.parametrize(
    "entry, says",
    [
        ({"field": "*"}, "waivers[0].reason: is required, and has to be a text"),
        ({"field": "*", "reason": "  "}, "waivers[0].reason: is required, and has to be a text"),
        ({"reason": "x"}, "waivers[0].field: is required, and has to be a text"),
        ({"field": "*", "reason": "x", "trun": 1}, "waivers[0].trun: is not known, did you mean turn?"),
        ({"field": "*", "reason": "x", "turn": 0}, "waivers[0].turn: has to be a number from 1, or a name"),
        ({"field": "*", "reason": "x", "turn": -1}, "waivers[0].turn: has to be a number from 1, or a name"),
        ({"field": "*", "reason": "x", "dialogue": True}, "waivers[0].dialogue: has to be a number from 1, or an id"),
        ({"field": "*", "reason": "x", "kind": ["seen"]}, "waivers[0].kind: has to be one of outcome, seen,"),
        ("x", "waivers[0]: has to be a mapping"),
    ],
)
def test_what_is_wrong_with_a_waiver_is_said_with_its_place(entry: Any, says: str) -> None:
    with pytest.raises(ValueError, match=r"^waivers") as caught:
        waivers_from({"waivers": [entry]})
    assert str(caught.value).startswith(says)


@pytest.mark.parametrize("data", [None, [], {}, {"waivers": "x"}, {"waivers": {}}, {"waivers": [], "wavers": []}])
def test_a_file_that_holds_no_waivers_is_refused(data: Any) -> None:
    with pytest.raises(ValueError, match="wa"):
        waivers_from(data)
