"""Documents of responses and the events of their streams, as each day showed them."""

import json

import pytest

from contract_tests.harness import MODEL, parse_events, scenario
from contract_tests.raw_api import json_of

BASE = """id object created_at status background error incomplete_details instructions max_output_tokens max_tool_calls
    model output parallel_tool_calls previous_response_id prompt_cache_key reasoning safety_identifier service_tier store
    temperature text tool_choice tools top_logprobs top_p truncation usage user metadata"""
# What came on which day, and behind which key it stands.
ADDED = (
    ("2025-09-18", {"billing": "background"}),
    ("2025-11-04", {"prompt_cache_retention": "prompt_cache_key"}),
    (
        "2026-01-18",
        {"completed_at": "billing", "frequency_penalty": "error", "presence_penalty": "parallel_tool_calls"},
    ),
    ("2026-04-27", {"moderation": "model"}),
    ("2026-06-25", {"tool_usage": "tool_choice"}),
    ("2026-09-24", {"access_programs": "status"}),
)
FUNCTION = {"type": "function", "name": "read_tides", "parameters": {"type": "object", "properties": {}}}
SPOKEN = "response.output_text.delta"


def keys_on(day):
    keys = BASE.split()
    for since, added in ADDED:
        for name, before in added.items() if since <= day else ():
            keys.insert(keys.index(before) + 1, name)
    return keys


def on(ns, day, *steps, **header):
    ns.put(wire=day, clock="auto")
    ns.load(scenario(*(steps or ({"say": "At noon."},)), **header))


def answer(raw, **fields):
    return json_of(raw.post("/responses", json={"model": MODEL, "input": "When is high water?", **fields}))


def streamed(raw, **fields):
    body = {"model": MODEL, "input": "When is high water?", "stream": True, **fields}
    return parse_events(raw.post("/responses", json=body).text)


DAYS = ("2025-09-17", "2025-09-18", "2025-11-04", "2026-01-18", "2026-04-27", "2026-06-25", "2026-08-25", "2026-09-24")


@pytest.mark.parametrize("day", DAYS)
def test_a_response_has_the_keys_of_its_day_in_their_order(ns, raw, day):
    on(ns, day)
    made = answer(raw)
    assert list(made) == keys_on(day)
    assert list(json_of(raw.get(f"/responses/{made['id']}"))) == keys_on(day)


@pytest.mark.parametrize("day", DAYS)
def test_events_never_say_who_pays(ns, raw, day):
    on(ns, day)
    shown = [data["response"] for _, data in streamed(raw) if "response" in data]
    assert [response["status"] for response in shown] == ["in_progress", "in_progress", "completed"]
    assert {tuple(response) for response in shown} == {tuple(name for name in keys_on(day) if name != "billing")}


def test_a_response_names_its_conversation_only_if_it_has_one(ns, raw, client):
    on(ns, "2026-08-25")
    made = client.conversations.create()
    keys = list(answer(raw, conversation=made.id))
    assert keys[keys.index("conversation") - 1 : keys.index("conversation") + 2] == [
        "completed_at",
        "conversation",
        "error",
    ]
    assert "conversation" not in answer(raw)


def test_a_response_in_the_background_says_who_pays_when_it_is_done(ns, raw):
    on(ns, "2026-08-25", {"hold": "tide"}, {"say": "At noon."})
    first = answer(raw, background=True)
    assert "billing" not in first
    assert (first["status"], first["service_tier"], first["usage"], first["completed_at"]) == (
        "queued",
        "auto",
        None,
        None,
    )
    ns.release(first["id"], "tide")
    while (done := json_of(raw.get(f"/responses/{first['id']}")))["status"] != "completed":
        assert "billing" not in done
    assert (done["billing"], done["service_tier"]) == ({"payer": "developer"}, "default")
    assert list(done["usage"]["input_tokens_details"]) == ["cache_write_tokens", "cached_tokens"]


# --- defaults -------------------------------------------------------------------------------------------------------


def test_the_model_is_shown_as_its_snapshot_and_matched_as_it_was_sent(ns, raw):
    on(ns, "2026-08-25", {"say": "{{ model }}"})
    made = answer(raw, model="gpt-5.6")
    assert (made["model"], made["output"][0]["content"][0]["text"]) == ("gpt-5.6-sol", "gpt-5.6")
    assert answer(raw, model="lighthouse-1")["model"] == "lighthouse-1"


@pytest.mark.parametrize(
    "model,defaults",
    [
        ("gpt-4o", (None, 1.0, "in_memory")),
        ("o3-mini", ("medium", 1.0, "in_memory")),
        ("gpt-5.2", ("none", 0.98, "24h")),
    ],
)
def test_defaults_hang_on_the_model(ns, raw, model, defaults):
    on(ns, "2026-08-25")
    made = answer(raw, model=model)
    assert (made["reasoning"]["effort"], made["top_p"], made["prompt_cache_retention"]) == defaults


def test_defaults_hang_on_the_day(ns, raw):
    on(ns, "2026-04-26")
    assert answer(raw)["prompt_cache_retention"] is None
    on(ns, "2026-04-27")
    assert answer(raw)["prompt_cache_retention"] == "in_memory"


@pytest.mark.parametrize("day,stored", [("2025-09-16", True), ("2026-02-10", False), ("2026-07-21", True)])
def test_responses_in_the_background_said_for_a_while_that_they_are_not_stored(ns, raw, day, stored):
    on(ns, day)
    made = answer(raw, background=True)
    assert made["store"] is stored
    assert json_of(raw.get(f"/responses/{made['id']}"))["id"] == made["id"]
    assert answer(raw)["store"] is True


def test_newer_models_say_which_message_is_their_last(ns, raw):
    on(ns, "2026-08-25", {"say": "A moment."}, {"call": "read_tides"}, {"say": "At noon."})
    first = answer(raw, model="gpt-5.4", tools=[FUNCTION])
    assert [item.get("phase") for item in first["output"]] == ["commentary", None]
    result = {"type": "function_call_output", "call_id": first["output"][1]["call_id"], "output": "noon"}
    last = answer(raw, model="gpt-5.4", input=[result], previous_response_id=first["id"])
    assert list(last["output"][0]) == ["id", "type", "status", "content", "phase", "role"]
    assert last["output"][0]["phase"] == "final_answer"


def test_numbers_that_can_have_fractions_have_one(ns, raw):
    on(ns, "2026-08-25")
    text = raw.post("/responses", json={"model": MODEL, "input": "Ebb?", "temperature": 1, "top_p": 1}).text
    for name in ("temperature", "top_p", "frequency_penalty", "presence_penalty"):
        assert f'"{name}": 1.0' in text or f'"{name}": 0.0' in text


def test_responses_are_indented_and_their_characters_escaped_but_not_in_streams(ns, raw):
    on(ns, "2026-08-25", {"say": "Um zwölf 🎈"})
    text = raw.post("/responses", json={"model": MODEL, "input": "Ebb?"}).text
    assert text == json.dumps(json.loads(text), indent=2)
    assert "zw\\u00f6lf \\ud83c\\udf88" in text
    body = {"model": MODEL, "input": "Ebb?", "stream": True}
    assert "zwölf" in raw.post("/responses", json=body).text


# --- events ---------------------------------------------------------------------------------------------------------

OLD = {
    "response.created": "response",
    "response.output_item.added": "output_index item",
    "response.content_part.added": "item_id output_index content_index part",
    SPOKEN: "item_id output_index content_index delta logprobs obfuscation",
    "response.output_text.done": "item_id output_index content_index text logprobs",
    "response.content_part.done": "item_id output_index content_index part",
    "response.output_item.done": "output_index item",
    "response.completed": "response",
}


@pytest.mark.parametrize("day", ["2025-12-04", "2026-03-18"])
def test_keys_of_events_have_an_order_of_their_own_in_2025_and_are_sorted_since(ns, raw, day):
    on(ns, day)
    for name, data in streamed(raw):
        keys = OLD.get(name, "response").split()
        expected = ["sequence_number", *keys] if day < "2026" else sorted(["sequence_number", *keys])
        assert list(data) == ["type", *expected]
        assert data["type"] == name


def test_events_are_numbered_from_0_and_nothing_ends_a_stream_but_the_response(ns, raw):
    on(ns, "2026-08-25", {"say": "A moment."}, {"say": "At noon."})
    events = streamed(raw)
    assert [data["sequence_number"] for _, data in events] == list(range(len(events)))
    assert events[-1][0] == "response.completed"


def test_pieces_of_text_hide_how_long_they_are_unless_the_client_wants_it_otherwise(ns, raw):
    on(ns, "2026-08-25", {"say": "Around noon, as every day."})
    padded = [data for name, data in streamed(raw) if name == SPOKEN]
    assert len({(len(data["delta"]) + len(data["obfuscation"])) % 16 for data in padded}) == 1
    bare = [data for name, data in streamed(raw, stream_options={"include_obfuscation": False}) if name == SPOKEN]
    assert [data["delta"] for data in bare] == [data["delta"] for data in padded]
    assert not [data for data in bare if "obfuscation" in data]


def test_streams_of_the_background_begin_with_queued_and_hide_nothing(ns, raw):
    on(ns, "2026-08-25")
    events = streamed(raw, background=True)
    assert [name for name, _ in events][:3] == ["response.created", "response.queued", "response.in_progress"]
    assert not [data for _, data in events if "obfuscation" in data]


def test_calls_are_streamed_without_their_arguments_first(ns, raw):
    on(ns, "2026-08-25", {"call": "read_tides", "args": {"port": "Husum"}})
    events = streamed(raw, tools=[FUNCTION])
    item = next(data["item"] for name, data in events if name == "response.output_item.added")
    assert (item["status"], item["arguments"]) == ("in_progress", "")
    pieces = [data["delta"] for name, data in events if name == "response.function_call_arguments.delta"]
    done = next(data for name, data in events if name == "response.function_call_arguments.done")
    assert json.loads("".join(pieces)) == json.loads(done["arguments"]) == {"port": "Husum"}
    assert "name" not in done


@pytest.mark.parametrize("day", ["2025-09-20", "2026-07-10"])
@pytest.mark.parametrize("step", [{"fail": "server_error", "message": "Out of tide tables."}, {"expire": True}])
def test_a_response_that_fails_costs_nothing(ns, raw, day, step):
    on(ns, day, {"say": "At"}, step)
    failed = answer(raw)
    assert (failed["status"], failed["usage"], failed["service_tier"]) == ("failed", None, "auto")
    assert streamed(raw)[-1][1]["response"]["usage"] is None


def test_a_response_that_fails_costs_what_its_script_says(ns, raw):
    usage = {"prompt_tokens": 9, "completion_tokens": 3}
    ns.load({"emulator": 1, "turns": [{"usage": usage, "steps": [{"fail": "server_error"}]}]})
    assert answer(raw)["usage"]["total_tokens"] == 12


def test_what_cannot_be_included_is_refused_when_a_response_is_read(ns, raw):
    on(ns, "2026-08-25")
    made = answer(raw)
    for sent in (
        raw.get(f"/responses/{made['id']}?include[]=everything"),
        raw.get(f"/responses/{made['id']}?include=everything"),
        raw.post(f"/responses/{made['id']}/cancel?include[]=everything"),
    ):
        assert (sent.status_code, sent.json()["error"]["param"]) == (400, "include")
        assert sent.json()["error"]["message"].startswith("Invalid value: 'everything'. Supported values are: ")


ECHOED = {
    "frequency_penalty": -0.5,
    "instructions": "Be brief.",
    "max_output_tokens": 100,
    "max_tool_calls": 3,
    "metadata": {"harbour": "Husum"},
    "parallel_tool_calls": False,
    "presence_penalty": 1.0,
    "prompt_cache_key": "tides",
    "prompt_cache_retention": "24h",
    "reasoning": {"context": "all_turns", "effort": "none", "mode": "standard", "summary": "concise"},
    "safety_identifier": "u-1",
    "service_tier": "flex",
    "store": False,
    "temperature": 0.25,
    "text": {"format": {"type": "json_object"}, "verbosity": "low"},
    "top_logprobs": 2,
    "top_p": 0.5,
    "truncation": "auto",
    "user": "u-1",
}


def test_a_response_repeats_each_parameter_of_its_request(ns, raw):
    on(ns, "2026-08-25")
    made = answer(raw, **{**ECHOED, "model": "gpt-5.4", "input": "In JSON, please."})
    assert {name: made[name] for name in ECHOED} == ECHOED
    last = streamed(raw, **{**ECHOED, "model": "gpt-5.4", "input": "In JSON, please."})[-1][1]["response"]
    assert {name: last[name] for name in ECHOED} == ECHOED
