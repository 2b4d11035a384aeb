"""Input items: the documents that texts and items become."""

from typing import Any

import pytest

from emulator.domain.errors import ApiError
from emulator.wire.responses.input_items import items_of


def only(item: Any) -> dict[str, Any]:
    [made] = items_of([item])
    return made


def test_a_text_is_the_message_of_a_user():
    [item] = items_of("Ebb?")
    assert list(item.items()) == [
        ("id", None),
        ("type", "message"),
        ("status", "completed"),
        ("content", [{"type": "input_text", "text": "Ebb?"}]),
        ("role", "user"),
    ]


def test_nothing_is_no_item():
    assert items_of("") == items_of([]) == []


@pytest.mark.parametrize("role", ["user", "system", "developer"])
def test_a_message_needs_only_a_role_and_a_text(role):
    item = only({"role": role, "content": "Ebb?"})
    assert item == {**items_of("Ebb?")[0], "role": role}
    assert item == only({"type": "message", "role": role, "content": [{"type": "input_text", "text": "Ebb?"}]})


def test_a_message_of_an_assistant_has_texts_as_models_write_them():
    part = {"type": "output_text", "annotations": [], "logprobs": [], "text": "At noon."}
    for content in ("At noon.", [{"type": "output_text", "text": "At noon."}], [part]):
        assert only({"role": "assistant", "content": content})["content"] == [part]
    assert list(only({"role": "assistant", "content": "x", "phase": "commentary"})) == [
        "id",
        "type",
        "status",
        "content",
        "phase",
        "role",
    ]


def test_a_refusal_stays_one():
    part = {"type": "refusal", "refusal": "No."}
    assert only({"role": "assistant", "content": [part]})["content"] == [part]


def test_calls_and_their_outputs_are_put_into_order():
    call = only({"type": "function_call", "name": "tide", "arguments": "{}", "call_id": "call_1", "status": None})
    assert list(call.items()) == [
        ("id", None),
        ("type", "function_call"),
        ("status", "completed"),
        ("arguments", "{}"),
        ("call_id", "call_1"),
        ("name", "tide"),
    ]
    output = only({"type": "function_call_output", "output": "noon", "call_id": "call_1"})
    assert list(output.items()) == [
        ("id", None),
        ("type", "function_call_output"),
        ("status", "completed"),
        ("call_id", "call_1"),
        ("output", "noon"),
    ]


def test_an_output_may_have_parts():
    parts = [{"type": "input_text", "text": "noon"}]
    assert only({"type": "function_call_output", "output": parts, "call_id": "call_1"})["output"] == parts


def test_images_and_files_keep_what_they_are_of():
    image = {"type": "input_image", "image_url": "https://x.test/a.png"}
    by_id = {"type": "input_file", "file_id": "file-1"}
    inline = {"type": "input_file", "filename": "a.pdf", "file_data": "data:application/pdf;base64,AA=="}
    assert only({"role": "user", "content": [image, by_id, inline]})["content"] == [
        {"type": "input_image", "detail": "auto", "file_id": None, "image_url": "https://x.test/a.png"},
        {"type": "input_file", "file_id": "file-1", "filename": None},
        {
            "type": "input_file",
            "file_id": None,
            "filename": "a.pdf",
            "file_data": "data:application/pdf;base64,AA==",
        },
    ]


def test_an_item_can_be_named_by_its_id():
    reference = {"type": "item_reference", "id": "msg_1"}
    assert only(reference) == only({"id": "msg_1"}) == reference


OUTPUT = [
    {
        "id": "msg_1",
        "type": "message",
        "status": "completed",
        "content": [{"type": "output_text", "annotations": [], "logprobs": [], "text": "x"}],
        "role": "assistant",
    },
    {"id": "fc_1", "type": "function_call", "status": "completed", "arguments": "{}", "call_id": "c", "name": "tide"},
    {"id": "fs_1", "type": "file_search_call", "status": "completed", "queries": ["ebb"], "results": None},
    {
        "id": "ci_1",
        "type": "code_interpreter_call",
        "status": "completed",
        "code": "1",
        "container_id": "cntr_1",
        "outputs": None,
    },
]


def test_what_responses_show_can_be_sent_back():
    assert items_of(OUTPUT) == OUTPUT


def test_what_an_sdk_sends_back_may_have_all_fields_that_it_knows():
    unset = {"namespace": None, "caller": None, "async": None}
    assert only({**OUTPUT[1], **unset}) == OUTPUT[1]
    assert only({**OUTPUT[0], "phase": None}) == OUTPUT[0]


@pytest.mark.parametrize("item,prefix", [(OUTPUT[0], "msg"), (OUTPUT[1], "fc"), (OUTPUT[2], "fs"), (OUTPUT[3], "ci")])
def test_an_id_begins_as_those_of_its_kind(item, prefix):
    with pytest.raises(ApiError) as caught:
        items_of([{**item, "id": "x_1"}], root="items")
    assert caught.value.message == f"Invalid 'items[0].id': 'x_1'. Expected an ID that begins with '{prefix}'."
    assert caught.value.param == "items[0].id"


def test_an_item_may_be_added_to_a_conversation_twice_at_once():
    assert len(items_of([OUTPUT[0], OUTPUT[0]], root="items")) == 2


@pytest.mark.parametrize("following", [OUTPUT[0], OUTPUT[1]])
def test_reasoning_is_followed_by_what_it_led_to(following):
    reasoning = {"id": "rs_1", "type": "reasoning", "summary": []}
    assert items_of([reasoning, following]) == [reasoning, following]


@pytest.mark.parametrize(
    "item",
    [
        {"type": "web_search_call", "id": "ws_1"},
        {"type": "mcp_call", "id": "mcp_1"},
        {"type": "reasoning", "summary": [], "encrypted_content": "x"},
        {"role": "user", "content": [{"type": "input_audio", "input_audio": {}}]},
    ],
)
def test_what_is_not_emulated_is_refused_by_name(item):
    with pytest.raises(ApiError) as caught:
        items_of([item])
    assert (caught.value.status, caught.value.code) == (400, "not_emulated")
    assert caught.value.message.startswith("[emulator] ")


def test_a_text_has_a_limit():
    with pytest.raises(ApiError) as caught:
        items_of("x" * 10_485_761)
    assert caught.value.code == "string_above_max_length"
