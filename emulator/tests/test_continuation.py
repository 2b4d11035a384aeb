"""A turn that goes on is played against what its context has already."""

import asyncio
from collections.abc import AsyncIterator, Generator
from typing import Any

import pytest

from emulator.domain.actions import (
    Action,
    Call,
    Calls,
    CodeResult,
    Fail,
    Goto,
    Hits,
    Outputs,
    Remember,
    ReportDrift,
    RunCode,
    Said,
    Say,
    SearchFiles,
    Wait,
)
from emulator.domain.past_steps import PastCall, PastStep, steps_from_json, steps_to_json
from emulator.domain.ports import Turn
from emulator.engine.continuation import continued
from emulator.engine.script_player import ScriptPlayer

Actions = Generator[Action, Any, None]
_RESULTS: list[Any] = []


def _weather() -> Actions:
    _RESULTS.clear()
    _RESULTS.append((yield Say("Let me look.")))
    yield Remember({"asked": 1})
    yield Wait(5)
    outputs = yield Calls(Call("weather", {"city": "Oslo"}), Call("weather", {"city": "Bergen"}))
    _RESULTS.append(outputs)
    yield Remember({"answered": 1})
    yield Say(f"It is {outputs['weather']} and {outputs['weather_2']}.")


async def _slowly() -> AsyncIterator[Action]:
    result: Any = yield Say("One.")
    _RESULTS.append(result)
    yield Say("Two.")


def _turn(*actions: Action) -> Turn:
    return Turn(iter(actions))


def _rest(turn: Turn, steps: list[PastStep], *, begins: bool = False) -> list[Action]:
    """Return what is played of a turn behind its past."""

    async def play() -> list[Action]:
        player = ScriptPlayer(continued(turn, steps_from_json(steps_to_json(steps)), begins=begins))
        found: list[Action] = []
        while (action := await player.next(Said("msg_new", "") if found else None)) is not None:
            found.append(action)
        return found

    return asyncio.run(play())


_LOOK = Said("msg_1", "Let me look.")
_ASKED = [PastCall("call_1", "weather", "{}", "rain"), PastCall("call_2", "weather", "{}", "sun")]


def test_nothing_of_the_past_is_played_again() -> None:
    rest = _rest(Turn(_weather()), [_LOOK, *_ASKED])
    assert rest == [Remember({"answered": 1}), Say("It is rain and sun.")]
    assert [_LOOK, Outputs({"weather": "rain", "weather_2": "sun"})] == _RESULTS


def test_what_the_client_brought_along_is_remembered() -> None:
    rest = _rest(Turn(_weather()), [_LOOK, *_ASKED], begins=True)
    assert rest == [Remember({"asked": 1}), Remember({"answered": 1}), Say("It is rain and sun.")]


def test_a_turn_without_a_past_is_played_from_the_beginning() -> None:
    turn = Turn(iter([Say("Hi.")]))
    assert continued(turn, (), begins=True) is turn


def test_a_message_that_the_program_has_dropped_is_not_said_again() -> None:
    assert _rest(Turn(_weather()), [*_ASKED])[-1] == Say("It is rain and sun.")


def test_a_message_that_the_program_has_changed_is_reported_and_kept() -> None:
    rest = _rest(Turn(_weather()), [Said("msg_1", "Wait."), *_ASKED])
    assert rest[0] == ReportDrift("message", "Let me look.", "Wait.")
    assert _RESULTS[0] == Said("msg_1", "Wait.")


def test_a_change_is_reported_once() -> None:
    def turn() -> Actions:
        yield Say("One.")
        yield Call("a")
        yield Say("Two.")
        yield Call("b")
        yield Say("Three.")

    changed: list[PastStep] = [Said("msg_1", "Won."), PastCall("call_1", "a", "{}", "1")]
    assert isinstance(_rest(Turn(turn()), [*changed])[0], ReportDrift)
    later: list[PastStep] = [*changed, Said("msg_2", "Two."), PastCall("call_2", "b", "{}", "2")]
    assert _rest(Turn(turn()), later) == [Say("Three.")]


def test_a_message_that_the_program_has_added_is_passed_over() -> None:
    rest = _rest(Turn(_weather()), [Said("msg_0", "Mine."), _LOOK, *_ASKED])
    assert rest[-1] == Say("It is rain and sun.")
    assert not [action for action in rest if isinstance(action, ReportDrift)]


def test_another_function_in_the_place_of_the_called_one_is_reported() -> None:
    rest = _rest(_turn(Call("weather"), Say("Done.")), [PastCall("call_1", "forecast", "{}", "rain")])
    assert rest == [ReportDrift("tool_output", "weather", "forecast", "$.calls[0].name"), Say("Done.")]


def test_outputs_are_compared_with_the_recorded_ones_when_they_come() -> None:
    def turn() -> Turn:
        return _turn(Call("weather", recorded="rain"), Call("tides", recorded="low"), Say("Done."))

    weather, tides = PastCall("call_1", "weather", "{}", "sun"), PastCall("call_2", "tides", "{}", "low")
    drift = ReportDrift("tool_output", "rain", "sun", call="weather", below=("recorded",))
    assert _rest(turn(), [weather])[0] == drift
    assert _rest(turn(), [weather, tides]) == [Say("Done.")]


def test_searches_and_code_have_the_results_that_they_had() -> None:
    hit = {"file_id": "file-1", "file_name": "a.txt", "score": 1.0, "content": []}

    def turn() -> Actions:
        hits = yield SearchFiles("rain", ())
        code = yield RunCode("1 + 1")
        yield Say(f"{hits.first['file_name']}: {code.logs}")

    assert _rest(Turn(turn()), [Hits((hit,)), CodeResult("2")]) == [Say("a.txt: 2")]


def test_a_search_whose_results_the_client_has_not_asked_for_has_those_of_the_script() -> None:
    hit = {"file_id": "file-1", "file_name": "a.txt", "score": 1.0, "content": []}

    def turn() -> Actions:
        hits = yield SearchFiles("rain", (hit,))
        yield Say(hits.first["file_name"])

    assert _rest(Turn(turn()), [Hits(())]) == [Say("a.txt")]


def test_markers_are_no_part_of_what_was_said() -> None:
    marker = {"type": "file_citation", "text": "[1]", "start_index": 5, "end_index": 8, "file_citation": {}}
    turn = _turn(Say("Rain.[1]", annotations=(marker,)), Say("Sun."))
    assert _rest(turn, [Said("msg_1", "Rain.")]) == [Say("Sun.")]


def test_an_end_ends_the_turn_whatever_stands_behind_it() -> None:
    assert _rest(_turn(Fail("server_error", "no")), [Said("msg_1", "More.")]) == [Fail("server_error", "no")]


def test_a_script_without_results_goes_on_too() -> None:
    turn = _turn(Say("One."), Goto("later"), Say("Two."))
    assert _rest(turn, [Said("msg_1", "One.")]) == [Goto("later"), Say("Two.")]


def test_an_asynchronous_script_goes_on_too() -> None:
    _RESULTS.clear()
    assert _rest(Turn(_slowly()), [Said("msg_1", "One.")]) == [Say("Two.")]
    assert [Said("msg_1", "One.")] == _RESULTS


@pytest.mark.parametrize("output", ["", None])
def test_a_call_without_a_text_has_an_empty_one(output: str | None) -> None:
    def turn() -> Actions:
        outputs = yield Call("weather")
        yield Say(f"<{outputs['weather']}>")

    assert _rest(Turn(turn()), [PastCall("call_1", "weather", "{}", output)]) == [Say("<>")]
