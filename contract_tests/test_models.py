import openai
import pytest

from contract_tests.harness import MODEL, all_items, resolve


async def test_models_are_listed_without_a_cursor(either):
    listed = await all_items(await resolve(either.models.list()))
    assert MODEL in {model.id for model in listed}
    assert {model.object for model in listed} == {"model"}


async def test_a_model_is_described(either):
    model = await resolve(either.models.retrieve(MODEL))
    assert (model.id, model.object, model.owned_by) == (MODEL, "model", "openai")
    assert isinstance(model.created, int)


async def test_any_name_is_accepted_as_a_model(either):
    assert (await resolve(either.models.retrieve("ft:gpt-4o:pilots::7"))).id == "ft:gpt-4o:pilots::7"


def test_a_list_of_models_needs_no_beta_header(raw):
    del raw.headers["OpenAI-Beta"]
    assert list(raw.get("/models").json()) == ["object", "data"]


async def test_a_namespace_with_a_list_of_models_has_no_others(either, ns):
    ns.put(models=["gpt-4o", "local-model"])
    assert [model.id for model in await all_items(await resolve(either.models.list()))] == ["gpt-4o", "local-model"]
    with pytest.raises(openai.NotFoundError) as excinfo:
        await resolve(either.models.retrieve("gpt-4"))
    assert excinfo.value.code == "model_not_found"
    with pytest.raises(openai.BadRequestError, match="The requested model 'gpt-4' does not exist"):
        await resolve(either.beta.assistants.create(model="gpt-4"))
    assistant = await resolve(either.beta.assistants.create(model="local-model"))
    with pytest.raises(openai.BadRequestError, match="does not exist"):
        await resolve(either.beta.assistants.update(assistant.id, model="gpt-4"))


async def test_a_fine_tuned_model_can_be_deleted_and_others_cannot(either, ns):
    ns.put(models=["gpt-4o", "ft:gpt-4o:pilots::7"])
    deletion = await resolve(either.models.delete("ft:gpt-4o:pilots::7"))
    assert deletion.to_dict() == {"id": "ft:gpt-4o:pilots::7", "object": "model", "deleted": True}
    assert [model.id for model in await all_items(await resolve(either.models.list()))] == ["gpt-4o"]
    with pytest.raises(openai.APIStatusError) as excinfo:
        await resolve(either.models.delete("gpt-4o"))
    assert excinfo.value.status_code in (400, 403)
    with pytest.raises(openai.NotFoundError):
        await resolve(either.models.delete("ft:gpt-4o:pilots::7"))


def test_a_model_deleted_in_one_namespace_is_still_in_the_others():
    from emulator import LiveServer, Settings

    transport = openai.DefaultHttpxClient(trust_env=False)
    with (
        LiveServer(Settings(models=("gpt-4o", "ft:x"))) as server,
        openai.OpenAI(api_key="sk-emu-one", base_url=server.base_url, http_client=transport) as one,
    ):
        one.models.delete("ft:x")
        assert [model.id for model in one.with_options(api_key="sk-emu-two").models.list()] == ["gpt-4o", "ft:x"]
