"""Which assistant a request for a response belongs to."""

import pytest

from emulator.domain.errors import ApiError
from emulator.service import assistants
from emulator.service.responses.assistants import assistant_of
from emulator.wire.assistants import CreateAssistant


@pytest.fixture
async def namespace(engine):
    return await engine().namespaces.open("default")


@pytest.fixture
def make(namespace):
    async def create(**fields):
        return await assistants.create(namespace, CreateAssistant(**{"model": "gpt-4o", **fields}))

    return create


@pytest.fixture
def find(namespace):
    async def found(header=None, instructions=None, model="gpt-4o"):
        async with namespace.transaction() as tx:
            return await assistant_of(tx, header=header, instructions=instructions, model=model)

    return found


async def test_the_header_names_one_whatever_else_is_sent(make, find):
    clerk = await make(name="Clerk", instructions="Be brief.", metadata={"team": "blue"})
    await make(name="Chef", instructions="Cook.")
    found = {"id": clerk["id"], "name": "Clerk", "instructions": "Be brief.", "metadata": {"team": "blue"}}
    assert await find(clerk["id"], "Cook.") == (found, "header")


async def test_a_header_that_names_none_is_refused(make, find):
    await make()
    with pytest.raises(ApiError) as error:
        await find("asst_gone")
    assert (error.value.status, error.value.code) == (400, "assistant_not_found")
    assert error.value.message == (
        "[emulator] The header x-emulator-assistant names no assistant of this namespace: 'asst_gone'."
    )


async def test_a_key_in_the_header_is_not_repeated(find):
    with pytest.raises(ApiError) as error:
        await find("sk-abcdefghijklmnopqrstuvwxyz012345")
    assert "sk-a" not in error.value.message


async def test_of_several_the_one_with_the_instructions_and_the_model_is_meant(make, find):
    await make(name="Clerk", instructions="Be brief.")
    await make(name="Chef", instructions="Cook.")
    await make(name="Old chef", instructions="Cook.", model="gpt-4")
    found, rule = await find(instructions=" Cook.\n")
    assert (found["name"], rule) == ("Chef", "instructions and model")
    assert (await find(instructions="Cook.", model="gpt-4"))[0]["name"] == "Old chef"


async def test_the_only_one_is_meant_whatever_is_sent(make, find):
    await make(name="Clerk", instructions="Be brief.")
    found, rule = await find(instructions="Be long.", model="gpt-5")
    assert (found["name"], found["instructions"], rule) == ("Clerk", "Be brief.", "only one")
    assert (await find(instructions="Be brief."))[1] == "instructions and model"


@pytest.mark.parametrize("count", [0, 2])
async def test_else_it_is_nameless(make, find, count):
    for number in range(count):
        await make(name=f"Clerk {number}", instructions="Be brief.")
    nameless = {"id": None, "name": None, "instructions": "Be brief.", "metadata": {}}
    assert await find(instructions="Be brief.") == (nameless, "nameless")


async def test_of_those_that_differ_in_nothing_but_their_ids_the_newest_is_meant(make, find):
    await make(name="Chef", instructions="Cook.")
    await make(name="Clerk", instructions="Be brief.")
    newest = await make(name="Clerk", instructions="Be brief.")
    found, rule = await find(instructions="Be brief.")
    assert (found["id"], rule) == (newest["id"], "instructions and model")


async def test_one_that_was_deleted_is_not_meant(make, find, namespace):
    gone = await make(name="Clerk", instructions="Be brief.")
    await assistants.delete(namespace, gone["id"])
    assert (await find(instructions="Be brief."))[1] == "nameless"
    with pytest.raises(ApiError):
        await find(gone["id"])
