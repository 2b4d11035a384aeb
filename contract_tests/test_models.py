import openai
import pytest

from contract_tests.harness import MODEL, done, everything


async def test_models_are_listed_without_a_cursor(either):
    listed = await everything(await done(either.models.list()))
    assert MODEL in {model.id for model in listed}
    assert {model.object for model in listed} == {"model"}


async def test_a_model_is_described(either):
    model = await done(either.models.retrieve(MODEL))
    assert (model.id, model.object, model.owned_by) == (MODEL, "model", "openai")
    assert isinstance(model.created, int)


async def test_a_name_that_nobody_knows_is_a_model_too(either):
    assert (await done(either.models.retrieve("ft:gpt-4o:pilots::7"))).id == "ft:gpt-4o:pilots::7"


def test_a_list_of_models_needs_no_beta_header(raw):
    del raw.headers["OpenAI-Beta"]
    assert list(raw.get("/models").json()) == ["object", "data"]


async def test_a_namespace_with_models_of_its_own_has_no_others(either, ns):
    ns.put(models=["gpt-4o", "house-model"])
    assert [model.id for model in await everything(await done(either.models.list()))] == ["gpt-4o", "house-model"]
    with pytest.raises(openai.NotFoundError) as missing:
        await done(either.models.retrieve("gpt-4"))
    assert missing.value.code == "model_not_found"
    with pytest.raises(openai.BadRequestError, match="The requested model 'gpt-4' does not exist"):
        await done(either.beta.assistants.create(model="gpt-4"))
    made = await done(either.beta.assistants.create(model="house-model"))
    with pytest.raises(openai.BadRequestError, match="does not exist"):
        await done(either.beta.assistants.update(made.id, model="gpt-4"))


async def test_a_fine_tuned_model_can_be_deleted_and_others_cannot(either, ns):
    ns.put(models=["gpt-4o", "ft:gpt-4o:pilots::7"])
    gone = await done(either.models.delete("ft:gpt-4o:pilots::7"))
    assert gone.to_dict() == {"id": "ft:gpt-4o:pilots::7", "object": "model", "deleted": True}
    assert [model.id for model in await everything(await done(either.models.list()))] == ["gpt-4o"]
    with pytest.raises(openai.APIStatusError) as refused:
        await done(either.models.delete("gpt-4o"))
    assert refused.value.status_code in (400, 403)
    with pytest.raises(openai.NotFoundError):
        await done(either.models.delete("ft:gpt-4o:pilots::7"))


def test_a_model_deleted_in_one_namespace_is_still_in_the_others():
    from emulator import LiveServer, Settings

    transport = openai.DefaultHttpxClient(trust_env=False)
    with (
        LiveServer(Settings(models=("gpt-4o", "ft:x"))) as server,
        openai.OpenAI(api_key="sk-emu-one", base_url=server.base_url, http_client=transport) as one,
    ):
        one.models.delete("ft:x")
        assert [model.id for model in one.with_options(api_key="sk-emu-two").models.list()] == ["gpt-4o", "ft:x"]
