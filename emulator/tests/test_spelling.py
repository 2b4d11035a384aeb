import pytest

from emulator.tools.unions import tag
from emulator.wire.assistants import CreateAssistant, ModifyAssistant
from emulator.wire.messages import CreateMessage
from emulator.wire.runs import CreateThreadAndRun
from emulator.wire.spelling import fields_at, nearest


def member(name):
    """Return how the member of a union stands in a location."""
    return tag(name).tag


@pytest.mark.parametrize(
    "key", ["file_Id", "FILE_ID", "fileId", "file_i", "fil_d", "file_ids", "fiel_id", "le_id", "file-id"]
)
def test_a_name_that_differs_by_case_or_up_to_two_letters_is_like_another(key):
    assert nearest("file_id", [key]) == key


@pytest.mark.parametrize("key", ["", "id", "file", "detail", "e_id", "file_id_one", "vector_store_id"])
def test_a_name_that_differs_by_more_is_not(key):
    assert nearest("file_id", [key]) is None


def test_the_nearest_of_several_is_found_and_the_first_of_those_equally_near():
    assert nearest("type", ["tape", "Type", "TYPE"]) == "Type"
    assert nearest("type", []) is None


def test_a_word_of_a_letter_or_two_is_not_like_every_other():
    assert nearest("a", ["b", "ab"]) is None
    assert nearest("a", ["A"]) == "A"
    assert nearest("id", ["xy"]) is None


def test_a_long_key_costs_no_more_than_a_short_one():
    assert nearest("type", ["t" * 1_000_000] * 100) is None


@pytest.mark.parametrize(
    "model, location, fields",
    [
        (CreateMessage, (), {"role", "content", "attachments", "metadata"}),
        (CreateMessage, ("content", member("parts"), 3, member("image_file"), "image_file"), {"file_id", "detail"}),
        (CreateMessage, ("content", member("parts"), 3, member("any")), {"type"}),
        (CreateMessage, ("content", member("string")), set()),
        (CreateMessage, ("attachments", 0, "tools", 0), {"type"}),
        (CreateMessage, ("metadata",), set()),
        (CreateMessage, ("nothing", 0, "more"), set()),
        (
            CreateAssistant,
            ("tools", 0, member("function"), "function"),
            {"name", "description", "parameters", "strict"},
        ),
        (ModifyAssistant, ("tool_resources", "file_search"), {"vector_store_ids"}),
        (CreateAssistant, ("tool_resources", "file_search"), {"vector_store_ids", "vector_stores"}),
        (
            CreateAssistant,
            ("response_format", member("object"), member("json_schema"), "json_schema"),
            {"name", "description", "schema", "strict"},
        ),
        (
            CreateThreadAndRun,
            ("thread", "messages", 0, "content", member("parts"), 0, member("image_url"), "image_url"),
            {"url", "detail"},
        ),
    ],
)
def test_the_fields_of_every_object_of_a_body_are_known(model, location, fields):
    assert set(fields_at(model, location)) == fields
