"""What a response shows where nothing was sent hangs on its model and its day; what was sent is shown."""

from typing import Any

import pytest

from emulator.domain import models
from emulator.wire.responses import defaults, documents


def a_response(model: str, sent: dict[str, Any] | None = None, *, day: str = "2026-08-25") -> dict[str, Any]:
    return documents.response(
        "resp_1",
        now=1,
        sent=sent or {},
        model=model,
        tools=[],
        choice="auto",
        text={"format": {"type": "text"}, "verbosity": "medium"},
        conversation_id=None,
        day=day,
        status="in_progress",
    )


@pytest.mark.parametrize(
    "model, snapshot",
    [
        ("gpt-4o", "gpt-4o-2024-08-06"),
        ("gpt-4.1-nano", "gpt-4.1-nano-2025-04-14"),
        ("o3-mini", "o3-mini-2025-01-31"),
        ("gpt-5.6", "gpt-5.6-sol"),
        ("gpt-4o-2024-05-13", "gpt-4o-2024-05-13"),
        ("my-own", "my-own"),
    ],
)
def test_the_model_is_shown_as_its_snapshot(model: str, snapshot: str) -> None:
    assert a_response(model)["model"] == snapshot


@pytest.mark.parametrize("alias", sorted(models.SNAPSHOTS))
def test_an_alias_and_its_snapshot_have_the_same_defaults(alias: str) -> None:
    assert a_response(alias) == a_response(models.SNAPSHOTS[alias])


@pytest.mark.parametrize(
    "model, effort, context, top_p, retention",
    [
        ("gpt-4o-mini", None, None, 1.0, "in_memory"),
        ("gpt-4.1", None, None, 1.0, "in_memory"),
        ("gpt-5-chat-latest", None, None, 1.0, "in_memory"),
        ("my-own", None, None, 1.0, "in_memory"),
        ("o3-mini", "medium", "current_turn", 1.0, "in_memory"),
        ("gpt-5", "medium", "current_turn", 1.0, "in_memory"),
        ("computer-use-preview", "medium", "current_turn", 1.0, "in_memory"),
        ("codex-mini-latest", "medium", "current_turn", 1.0, "in_memory"),
        ("gpt-5-pro", "high", "current_turn", 1.0, "in_memory"),
        ("gpt-5.1", "none", "current_turn", 1.0, "in_memory"),
        ("gpt-5.1-codex", "medium", "current_turn", 1.0, "in_memory"),
        ("gpt-5.2", "none", "current_turn", 0.98, "24h"),
        ("gpt-5.2-pro", "medium", "current_turn", 0.98, "24h"),
        ("gpt-5.3-codex", "medium", "current_turn", 0.98, "24h"),
        ("gpt-5.4", "none", "current_turn", 0.98, "24h"),
        ("gpt-5.4-mini", "none", "current_turn", 0.98, "in_memory"),
        ("gpt-5.5", "medium", "current_turn", 0.98, "24h"),
        ("gpt-5.6", "medium", "all_turns", 0.98, "24h"),
        ("gpt-6-sol", "medium", "all_turns", 0.98, "24h"),
        ("ft:gpt-5.2:me::1", "none", "current_turn", 0.98, "24h"),
    ],
)
def test_each_model_has_defaults_of_its_own(
    model: str, effort: str | None, context: str | None, top_p: float, retention: str
) -> None:
    doc = a_response(model)
    assert (doc["reasoning"]["effort"], doc["reasoning"]["context"]) == (effort, context)
    assert (doc["top_p"], doc["prompt_cache_retention"]) == (top_p, retention)


def test_how_long_prompts_are_cached_was_not_said_before_april_2026() -> None:
    assert a_response("gpt-5.2", day="2026-04-26")["prompt_cache_retention"] is None
    assert a_response("gpt-5.2", day="2026-04-27")["prompt_cache_retention"] == "24h"


def test_what_is_sent_is_shown() -> None:
    sent = {
        "instructions": "Be short.",
        "frequency_penalty": 0.5,
        "presence_penalty": -0.5,
        "max_output_tokens": 16,
        "max_tool_calls": 1,
        "metadata": {"a": "b"},
        "parallel_tool_calls": False,
        "previous_response_id": "resp_0",
        "prompt_cache_key": "k",
        "prompt_cache_retention": "24h",
        "safety_identifier": "s",
        "service_tier": "flex",
        "store": False,
        "background": True,
        "temperature": 0.0,
        "top_logprobs": 2,
        "top_p": 0.0,
        "truncation": "auto",
        "user": "u",
    }
    doc = a_response("gpt-4o", sent)
    assert {name: doc[name] for name in sent} == sent


@pytest.mark.parametrize("day, shown", [("2025-09-16", True), ("2026-02-10", False), ("2026-07-21", True)])
def test_responses_in_the_background_said_for_a_while_that_they_are_not_stored(day: str, shown: bool) -> None:  # noqa: FBT001
    assert a_response("gpt-4o", {"background": True}, day=day)["store"] is shown
    assert a_response("gpt-4o", {"background": True, "store": True}, day=day)["store"] is True
    assert a_response("gpt-4o", day=day)["store"] is True


def test_null_is_the_same_as_nothing() -> None:
    names = [
        "instructions",
        "temperature",
        "top_p",
        "store",
        "background",
        "metadata",
        "reasoning",
        "text",
        "truncation",
        "service_tier",
    ]
    assert a_response("gpt-5.2", dict.fromkeys(names)) == a_response("gpt-5.2")


def test_numbers_that_can_have_fractions_have_one() -> None:
    doc = a_response("gpt-4o", {"temperature": 1, "top_p": 1})
    assert [type(doc[name]) for name in ("temperature", "top_p", "frequency_penalty")] == [float] * 3


def test_reasoning_keeps_what_is_sent_and_names_the_summary_that_auto_chooses() -> None:
    doc = a_response("gpt-5.4", {"reasoning": {"effort": "low", "summary": "auto"}})
    assert doc["reasoning"] == {"context": "current_turn", "effort": "low", "mode": "standard", "summary": "detailed"}
    assert a_response("gpt-5.4", {"reasoning": {"summary": "concise"}})["reasoning"]["summary"] == "concise"


@pytest.mark.parametrize("sent, served", [({}, "default"), ({"service_tier": "flex"}, "flex")])
def test_the_tier_is_known_when_a_response_is_done(sent: dict[str, Any], served: str) -> None:
    doc = a_response("gpt-4o", sent)
    assert doc["service_tier"] == sent.get("service_tier", "auto")
    assert documents.with_usage(doc, documents.usage(1, 1))["service_tier"] == served


@pytest.mark.parametrize(
    "model, last, other",
    [
        ("gpt-4o", None, None),
        ("gpt-5.2", None, None),
        ("gpt-5.4", "final_answer", "commentary"),
        ("gpt-5.4-mini", "final_answer", "commentary"),
        ("gpt-6-sol", "final_answer", "commentary"),
    ],
)
def test_newer_models_say_whether_a_message_is_their_last(model: str, last: str | None, other: str | None) -> None:
    assert (defaults.phase(model), defaults.phase(model, is_last=False)) == (last, other)
