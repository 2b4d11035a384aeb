import json
from urllib.parse import unquote

import pytest

TEXT = """
    fixtures:
      files:
        llama: {path: assets/llama.pdf, id: file-llama}
        note: {text: "hé: 1", purpose: batch}
      vector_stores:
        kb: {id: vs_kb, files: [llama, file-other], metadata: {a: b}}
      assistants:
        search: {id: asst_s, model: gpt-4o, name: S, tools: [retrieval], files: [llama], vector_stores: [kb]}
        code: {model: gpt-4o, tools: [code_interpreter], files: [llama, note]}
        both: {model: m, tools: [file_search, code_interpreter], files: [llama], tool_resources: {code_interpreter: {file_ids: [file-x]}}}
        plain: {model: m, temperature: 0.5, tools: [{type: function, function: {name: f}}], response_format: auto}
      threads:
        t: {id: thread_t, metadata: {k: v}, messages: [{content: hi, files: [llama]}, {role: assistant, content: [{type: text, text: yo}]}]}
    turns: []
"""
ASSETS = {"llama.pdf": "data:application/pdf;base64,AAAA"}


def test_fixtures_become_the_bodies_of_create_calls(scenario):
    fixtures = scenario(TEXT, assets=ASSETS).fixtures
    assert fixtures["files"][0] == {
        "id": "file-llama",
        "filename": "llama.pdf",
        "purpose": "assistants",
        "content": ASSETS["llama.pdf"],
    }
    assert fixtures["files"][1]["filename"] == "note.txt"
    assert unquote(fixtures["files"][1]["content"]) == "data:text/plain;charset=utf-8,hé: 1"
    assert fixtures["vector_stores"][0] == {
        "id": "vs_kb",
        "name": "kb",
        "file_ids": ["file-llama", "file-other"],
        "metadata": {"a": "b"},
    }
    assert fixtures["threads"] == [
        {
            "id": "thread_t",
            "metadata": {"k": "v"},
            "messages": [
                {
                    "role": "user",
                    "content": "hi",
                    "attachments": [{"file_id": "file-llama", "tools": [{"type": "file_search"}]}],
                },
                {"role": "assistant", "content": [{"type": "text", "text": "yo"}]},
            ],
        }
    ]


def test_files_of_an_assistant_go_where_its_tools_look(scenario):
    fixtures = scenario(TEXT, assets=ASSETS).fixtures
    search, code, both, plain = fixtures["assistants"]
    stores = {store["id"]: store["file_ids"] for store in fixtures["vector_stores"]}
    assert search["id"] == "asst_s"
    assert search["tools"] == [{"type": "file_search"}]
    first, own = search["tool_resources"]["file_search"]["vector_store_ids"]
    assert (first, stores[own]) == ("vs_kb", ["file-llama"])
    assert code["tool_resources"] == {"code_interpreter": {"file_ids": ["file-llama", fixtures["files"][1]["id"]]}}
    assert both["tool_resources"]["code_interpreter"] == {"file_ids": ["file-x", "file-llama"]}
    assert "file_search" in both["tool_resources"]
    assert plain["tools"] == [{"type": "function", "function": {"name": "f"}}]
    assert plain["temperature"] == 0.5
    assert "tool_resources" not in plain


def test_an_id_that_is_not_pinned_is_always_the_same(scenario):
    first, second = (scenario(TEXT, assets=ASSETS).fixtures for _ in range(2))
    assert first == second
    assert first["assistants"][1]["id"].startswith("asst_")
    assert len(first["assistants"][1]["id"]) == 29


@pytest.mark.parametrize(
    "resources",
    [
        {"mcp": [{"server_label": "x", "headers": {"A": "b"}, "require_approval": "never"}]},
        {"mcp": [{"server_label": "x", "require_approval": "never"}], "azure_ai_search": {"indexes": [{"top_k": 3}]}},
        {"mcp": []},
        {"azure_ai_search": None},
        {"mcp": "all"},
    ],
)
def test_resources_in_the_shape_of_the_api_are_used_as_they_are(scenario, resources):
    written = {
        "emulator": 1,
        "fixtures": {"assistants": {"a": {"model": "m", "tool_resources": resources}}},
        "turns": [],
    }
    (assistant,) = scenario(json.dumps(written)).fixtures["assistants"]
    assert assistant["tool_resources"] == resources


@pytest.mark.parametrize("resources", [3, "all", [], {"file_ids": "file-x"}, {"file_ids": {"a": 1}}])
def test_files_are_not_added_to_resources_of_a_wrong_shape_which_the_api_refuses(scenario, resources):
    assistant = {"model": "m", "tools": ["code_interpreter"], "files": ["file-a"]}
    assistant["tool_resources"] = {"code_interpreter": resources}
    written = {"emulator": 1, "fixtures": {"assistants": {"a": assistant}}, "turns": []}
    (made,) = scenario(json.dumps(written)).fixtures["assistants"]
    assert made["tool_resources"] == {"code_interpreter": resources}
