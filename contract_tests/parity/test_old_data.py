"""Threads of before as conversations: what was exported is there as items, goes on over Responses, and nothing is lost
without a word."""

import json

import pytest

from contract_tests.test_import import DAY, message
from contract_tests.test_snapshots import Caller

FORMS = {
    "objects": lambda objects: {"objects": objects},
    "list": lambda objects: objects,
    "page": lambda objects: {"object": "list", "data": objects, "has_more": False},
}


@pytest.fixture
def ask(frozen):
    return Caller(frozen)


@pytest.fixture
def importing(ns):
    def send(data, ns=ns, status=200, **more):
        body = data if isinstance(data, bytes) else json.dumps(data).encode()
        answer = ns.http.post(f"{ns.control_url}/import", params={"as": "conversation", **more}, content=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    return send


def items_of(client, conversation_id, **options):
    include = ["file_search_call.results", "code_interpreter_call.outputs", "message.input_image.image_url"]
    pages = client.conversations.items.list(conversation_id, order="asc", limit=100, include=include, **options)
    return [item.to_dict() for item in pages]


def said(text, role="user", number=1, **fields):
    content = text if isinstance(text, list) else [{"type": "text", "text": {"value": text, "annotations": []}}]
    return message(number, role=role, content=content, at=DAY + number, **fields)


def lost(answer):
    return {one["what"]: one["of"] for one in answer["lost"]}


def test_a_thread_becomes_a_conversation(client, importing):
    thread = {"id": "thread_1", "object": "thread", "created_at": DAY, "metadata": {"tenant": "7"}}
    answer = importing([thread, said("Is it open?"), said("Until six.", "assistant", 2)])
    assert answer["imported"] == {"conversations": 1, "items": 2}
    made = client.conversations.retrieve(answer["ids"]["thread_1"])
    assert made.metadata == {"tenant": "7"}
    first, second = items_of(client, made.id)
    assert first == {
        "id": answer["ids"]["msg_1"],
        "type": "message",
        "status": "completed",
        "content": [{"type": "input_text", "text": "Is it open?"}],
        "role": "user",
    }
    assert (second["role"], second["content"][0]["text"]) == ("assistant", "Until six.")
