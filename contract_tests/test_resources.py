import openai
import pytest

from contract_tests.harness import MODEL, NOON_SECONDS, TIDES, resolve
from contract_tests.raw_api import BERTHS_TEXT, TIDES_TEXT, assert_refused, file_of, raw_api

WEEK = 7 * 86_400
SEARCH, CODE = {"type": "file_search"}, {"type": "code_interpreter"}


async def upload(either, name="tides.txt", text=TIDES_TEXT, purpose="assistants"):
    return (await resolve(either.files.create(file=file_of(name, text), purpose=purpose))).id


async def stores(either):
    return (await resolve(either.vector_stores.list(order="asc"))).data


async def thread_store(either, thread_id):
    """Return the store of a thread."""
    thread = await resolve(either.beta.threads.retrieve(thread_id))
    (store_id,) = thread.tool_resources.file_search.vector_store_ids
    return await resolve(either.vector_stores.retrieve(store_id))


def new_store(*file_ids, **more):
    return {"file_search": {"vector_stores": [{"file_ids": list(file_ids), **more}]}}


# --- stores created on the way ---------------------------------------------------------------------------------------


async def test_a_new_store_of_an_assistant_does_not_expire(either, frozen):
    file_id = await upload(either)
    assistant = await resolve(
        either.beta.assistants.create(
            model=MODEL, tools=[SEARCH], tool_resources=new_store(file_id, metadata={"for": "lotse"})
        )
    )
    (store,) = await stores(either)
    assert assistant.to_dict()["tool_resources"] == {"file_search": {"vector_store_ids": [store.id]}}
    assert (store.to_dict()["expires_after"], store.expires_at) == (None, None)
    assert (store.metadata, store.name, store.file_counts.completed) == ({"for": "lotse"}, None, 1)


async def test_a_new_store_of_a_thread_expires_after_a_week(either, frozen):
    thread = await resolve(either.beta.threads.create(tool_resources=new_store(await upload(either))))
    (store,) = await stores(either)
    assert thread.to_dict()["tool_resources"] == {"file_search": {"vector_store_ids": [store.id]}}
    assert store.expires_after.to_dict() == {"anchor": "last_active_at", "days": 7}
    assert store.expires_at == NOON_SECONDS + WEEK
    retrieved = await resolve(either.beta.threads.retrieve(thread.id))
    assert retrieved.to_dict()["tool_resources"] == {
        "code_interpreter": {"file_ids": []},
        "file_search": {"vector_store_ids": [store.id]},
    }


async def test_a_thread_created_with_its_run_gets_a_store_too(either, ns):
    ns.play({"search": "When is high water?"}, {"say": "{{ hits.results[0].file_name }}"})
    assistant = await resolve(either.beta.assistants.create(model=MODEL, tools=[SEARCH], instructions="x"))
    thread_body = {
        "messages": [{"role": "user", "content": "When?"}],
        "tool_resources": new_store(await upload(either)),
    }
    run = await resolve(either.beta.threads.create_and_run_poll(assistant_id=assistant.id, thread=thread_body))
    message = (await resolve(either.beta.threads.messages.list(run.thread_id))).data[0]
    assert message.content[0].text.value == "tides.txt"
    assert (await thread_store(either, run.thread_id)).expires_after.days == 7


async def test_the_files_of_a_new_store_are_chunked_as_requested(either):
    chunking = {"type": "static", "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 0}}
    file_id = await upload(either)
    await resolve(either.beta.threads.create(tool_resources=new_store(file_id, chunking_strategy=chunking)))
    (store,) = await stores(either)
    file = await resolve(either.vector_stores.files.retrieve(file_id, vector_store_id=store.id))
    assert file.chunking_strategy.to_dict() == chunking


async def test_a_store_is_referenced_or_created_but_not_both(either):
    store = await resolve(either.vector_stores.create())
    both = {"file_search": {"vector_store_ids": [store.id], "vector_stores": [{"file_ids": [await upload(either)]}]}}
    for call in (
        lambda: either.beta.threads.create(tool_resources=both),
        lambda: either.beta.assistants.create(model=MODEL, tools=[SEARCH], tool_resources=both),
    ):
        with pytest.raises(openai.BadRequestError) as excinfo:
            await resolve(call())
        assert excinfo.value.param == "tool_resources.file_search"
    with pytest.raises(openai.BadRequestError) as excinfo:
        await resolve(either.beta.threads.create_and_run(assistant_id="asst_x", thread={"tool_resources": both}))
    assert excinfo.value.param == "thread.tool_resources.file_search"
    assert len(await stores(either)) == 1


def test_a_store_cannot_be_created_without_files(ns):
    api, message = raw_api(ns), "file_search tool configuration is invalid. file_ids must be non-empty"
    for helper in ([{}], [{"file_ids": []}]):
        assert_refused(
            api.post("/threads", {"tool_resources": {"file_search": {"vector_stores": helper}}}), 400, message
        )
    assert api.get_json("/vector_stores")["data"] == []


def test_a_file_type_that_cannot_be_searched_creates_no_store(ns):
    api = raw_api(ns)
    file = api.upload("ledger.csv", b"a,b")["id"]
    message = (
        "Files with extensions [.csv] are not supported for retrieval. See"
        " https://platform.openai.com/docs/assistants/tools/file-search/supported-files"
    )
    for path, body in (("/threads", {}), ("/assistants", {"model": MODEL, "tools": [SEARCH]})):
        response = api.post(path, {**body, "tool_resources": new_store(file)})
        assert_refused(response, 400, message, "file_ids", "unsupported_file")
    assert api.get_json("/vector_stores")["data"] == []


def test_a_store_can_be_created_only_with_a_new_object(ns):
    api = raw_api(ns)
    file, thread = api.upload()["id"], api.post_json("/threads", {})["id"]
    assistant_id = api.post_json("/assistants", {"model": MODEL, "tools": [SEARCH]})["id"]
    param = "tool_resources.file_search.vector_stores"
    for path, body in (
        (f"/threads/{thread}", {}),
        (f"/assistants/{assistant_id}", {}),
        ("/threads/runs", {"assistant_id": assistant_id}),
    ):
        response = api.post(path, {**body, "tool_resources": new_store(file)})
        assert_refused(response, 400, f"Unknown parameter: '{param}'.", param, "unknown_parameter")


# --- existing stores and files -------------------------------------------------------------------------------------


async def test_stores_and_files_can_be_referenced_and_replaced(either):
    one, two = (await resolve(either.vector_stores.create())).id, (await resolve(either.vector_stores.create())).id
    file_id = await upload(either, "plot.csv", "a,b")
    resources = {"file_search": {"vector_store_ids": [one]}, "code_interpreter": {"file_ids": [file_id]}}
    other = {"file_search": {"vector_store_ids": [two]}}
    assistant = await resolve(
        either.beta.assistants.create(model=MODEL, tools=[SEARCH, CODE], tool_resources=resources)
    )
    assert assistant.to_dict()["tool_resources"] == resources
    changed = await resolve(either.beta.assistants.update(assistant.id, tool_resources=other))
    assert changed.to_dict()["tool_resources"] == {**resources, **other}
    thread = await resolve(either.beta.threads.create(tool_resources=resources))
    assert thread.to_dict()["tool_resources"] == resources
    await resolve(either.beta.threads.update(thread.id, tool_resources=other))
    retrieved = await resolve(either.beta.threads.retrieve(thread.id))
    assert retrieved.to_dict()["tool_resources"] == {**resources, **other}


async def test_resources_of_a_tool_go_with_it(either):
    file_id, store = await upload(either), (await resolve(either.vector_stores.create())).id
    code, search = {"code_interpreter": {"file_ids": [file_id]}}, {"file_search": {"vector_store_ids": [store]}}
    assistant = await resolve(
        either.beta.assistants.create(model=MODEL, tools=[SEARCH, CODE], tool_resources={**code, **search})
    )

    async def changed(**fields):
        return (await resolve(either.beta.assistants.update(assistant.id, **fields))).to_dict()["tool_resources"]

    assert await changed(name="N") == {**code, **search}
    assert await changed(tools=[SEARCH]) == search
    assert await changed(tools=[CODE]) == {"code_interpreter": {"file_ids": []}}
    assert await changed(tools=[], tool_resources=code) == code
    assert await changed(tools=[SEARCH, CODE]) == {**code, "file_search": {"vector_store_ids": []}}
    assert await changed(tools=[]) == {}


async def test_resources_are_shown_in_one_order(either):
    file_id, store = await upload(either), (await resolve(either.vector_stores.create())).id
    thread = await resolve(either.beta.threads.create(tool_resources={"file_search": {"vector_store_ids": [store]}}))
    changed = await resolve(
        either.beta.threads.update(thread.id, tool_resources={"code_interpreter": {"file_ids": [file_id]}})
    )
    assert list(changed.to_dict()["tool_resources"]) == ["code_interpreter", "file_search"]


async def test_resources_of_a_new_thread_can_be_given_beside_it(either, ns):
    file_id = await upload(either)
    store = (await resolve(either.vector_stores.create(file_ids=[file_id]))).id
    assistant = await resolve(either.beta.assistants.create(model=MODEL, tools=[SEARCH, CODE], instructions="x"))
    resources = {"file_search": {"vector_store_ids": [store]}, "code_interpreter": {"file_ids": [file_id]}}
    run = await resolve(either.beta.threads.create_and_run_poll(assistant_id=assistant.id, tool_resources=resources))
    assert run.to_dict()["tool_resources"] == {}
    assert (await resolve(either.beta.threads.retrieve(run.thread_id))).to_dict()["tool_resources"] == resources


async def test_resources_beside_a_new_thread_win_over_those_of_the_thread_tool_by_tool(either, ns):
    one, other = await upload(either), await upload(either, "b.txt")
    store = (await resolve(either.vector_stores.create(file_ids=[other]))).id
    assistant = (await resolve(either.beta.assistants.create(model=MODEL, tools=[SEARCH, CODE], instructions="x"))).id
    code, more_code = {"file_ids": [one]}, {"file_ids": [other]}
    search = {"vector_store_ids": [store]}
    cases = [
        ({"code_interpreter": code}, {"file_search": search}, {"code_interpreter": code, "file_search": search}),
        ({"code_interpreter": code}, {"code_interpreter": more_code}, {"code_interpreter": more_code}),
        (new_store(one), {"file_search": search}, {"file_search": search}),
        ({"code_interpreter": code}, {"code_interpreter": {}}, {"code_interpreter": code}),
        ({"code_interpreter": code}, {"code_interpreter": {"file_ids": []}}, {"code_interpreter": {"file_ids": []}}),
        ({"code_interpreter": code}, {}, {"code_interpreter": code}),
    ]
    for of_thread, of_run, expected in cases:
        thread, resources = {"tool_resources": of_thread}, of_run
        run = await resolve(
            either.beta.threads.create_and_run_poll(assistant_id=assistant, thread=thread, tool_resources=resources)
        )
        shown = (await resolve(either.beta.threads.retrieve(run.thread_id))).to_dict()["tool_resources"]
        assert shown == {"code_interpreter": {"file_ids": []}, **expected}
    assert [one.id for one in await stores(either)] == [store]  # none was made that nobody can reach
    run = await resolve(
        either.beta.threads.create_and_run_poll(
            assistant_id=assistant,
            thread={"tool_resources": new_store(one)},
            tool_resources={"code_interpreter": more_code},
        )
    )
    shown = (await resolve(either.beta.threads.retrieve(run.thread_id))).to_dict()["tool_resources"]
    assert shown["code_interpreter"] == more_code
    assert (await thread_store(either, run.thread_id)).file_counts.completed == 1


def test_resources_of_a_new_thread_are_validated_although_those_beside_it_win(ns):
    api = raw_api(ns)
    assistant = api.post_json("/assistants", {"model": MODEL, "tools": [SEARCH, CODE], "instructions": "x"})["id"]
    file, table = api.upload()["id"], api.upload("a.csv", b"a,b")["id"]
    store = api.post_json("/vector_stores", {})["id"]
    good = {"file_search": {"vector_store_ids": [store]}, "code_interpreter": {"file_ids": [file]}}
    bad = [
        ({"code_interpreter": {"file_ids": ["file-none"]}}, 404, "Files [file-none] were not found"),
        ({"file_search": {"vector_store_ids": ["vs_none"]}}, 404, "No vector store found with id 'vs_none'."),
        (
            {"file_search": {"vector_stores": [{}]}},
            400,
            "file_search tool configuration is invalid. file_ids must be non-empty",
        ),
    ]
    for resources, status, message in bad:
        body = {"assistant_id": assistant, "thread": {"tool_resources": resources}, "tool_resources": good}
        assert_refused(api.post("/threads/runs", body), status, message)
    for resources, status, message in bad[:2]:
        body = {"assistant_id": assistant, "thread": {"tool_resources": good}, "tool_resources": resources}
        assert_refused(api.post("/threads/runs", body), status, message)
    unreadable = {"file_search": {"vector_stores": [{"file_ids": [table]}]}}
    refused = api.post(
        "/threads/runs", {"assistant_id": assistant, "thread": {"tool_resources": unreadable}, "tool_resources": good}
    )
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "unsupported_file")
    assert [one["id"] for one in api.get_json("/vector_stores")["data"]] == [store]


def test_missing_stores_and_files_cannot_be_referenced(ns):
    api = raw_api(ns)
    not_found = {"file_search": {"vector_store_ids": ["vs_0"]}}
    for path, body in (("/threads", {}), ("/assistants", {"model": MODEL, "tools": [SEARCH]})):
        response = api.post(path, {**body, "tool_resources": not_found})
        assert_refused(response, 404, "No vector store found with id 'vs_0'.")
        code = {"code_interpreter": {"file_ids": ["file-0"]}}
        assert_refused(api.post(path, {**body, "tool_resources": code}), 404, "Files [file-0] were not found")


@pytest.mark.parametrize(
    "resources, param, code",
    [
        ({"file_search": {"vector_store_ids": "vs_0"}}, "file_search.vector_store_ids", "invalid_type"),
        (
            {"file_search": {"vector_store_ids": ["vs_0", "vs_1"]}},
            "file_search.vector_store_ids",
            "array_above_max_length",
        ),
        ({"file_search": {"vector_stores": [{}, {}]}}, "file_search.vector_stores", "array_above_max_length"),
        ({"file_search": {"file_ids": ["file-0"]}}, "file_search.file_ids", "unknown_parameter"),
        ({"code_interpreter": {"file_ids": ["file-0"] * 21}}, "code_interpreter.file_ids", "array_above_max_length"),
        ({"function": {}}, "function", "unknown_parameter"),
    ],
)
def test_invalid_resources_are_refused(ns, resources, param, code):
    for path, body in (("/threads", {}), ("/assistants", {"model": MODEL})):
        response = raw_api(ns).post(path, {**body, "tool_resources": resources})
        error = response.json()["error"]
        assert (response.status_code, error["param"], error["code"]) == (400, f"tool_resources.{param}", code)


def test_a_list_of_stores_of_another_type_is_refused_with_the_recorded_message(ns):
    message = "Invalid type for 'tool_resources.file_search.vector_store_ids': expected an array of strings, but got a string instead."
    response = raw_api(ns).post("/threads", {"tool_resources": {"file_search": {"vector_store_ids": "vs_0"}}})
    assert_refused(response, 400, message, "tool_resources.file_search.vector_store_ids", "invalid_type")


# --- attachments ----------------------------------------------------------------------------------------------------


async def test_an_attachment_for_search_creates_a_store_for_its_thread(either, frozen):
    file_id = await upload(either)
    thread = await resolve(either.beta.threads.create())
    attachment = {"file_id": file_id, "tools": [SEARCH]}
    message = await resolve(
        either.beta.threads.messages.create(thread.id, role="user", content="Read this.", attachments=[attachment])
    )
    assert [one.to_dict() for one in message.attachments] == [attachment]
    store = await thread_store(either, thread.id)
    assert (store.file_counts.completed, store.expires_after.days) == (1, 7)
    assert store.expires_at == NOON_SECONDS + WEEK


async def test_later_attachments_are_added_to_the_same_store(either):
    first, second, third = [await upload(either, f"{n}.txt") for n in range(3)]
    thread = await resolve(
        either.beta.threads.create(
            messages=[
                {"role": "user", "content": "a", "attachments": [{"file_id": first, "tools": [SEARCH]}]},
                {"role": "user", "content": "b", "attachments": [{"file_id": second, "tools": [SEARCH]}]},
            ]
        )
    )
    store = await thread_store(either, thread.id)
    assert store.file_counts.completed == 2
    await resolve(
        either.beta.threads.messages.create(
            thread.id, role="user", content="c", attachments=[{"file_id": third, "tools": [SEARCH]}]
        )
    )
    extended = await thread_store(either, thread.id)
    assert (extended.id, extended.file_counts.completed) == (store.id, 3)
    assert len(await stores(either)) == 1


async def test_an_attachment_is_added_to_an_existing_store_of_the_thread(either):
    store = (await resolve(either.vector_stores.create(name="mine"))).id
    thread = await resolve(either.beta.threads.create(tool_resources={"file_search": {"vector_store_ids": [store]}}))
    attachment = {"file_id": await upload(either), "tools": [SEARCH]}
    await resolve(either.beta.threads.messages.create(thread.id, role="user", content="x", attachments=[attachment]))
    extended = await thread_store(either, thread.id)
    assert (extended.id, extended.file_counts.completed, extended.to_dict()["expires_after"]) == (store, 1, None)


async def test_an_attachment_for_code_is_added_to_the_files_of_its_thread(either):
    before, after = await upload(either, "a.csv", "1"), await upload(either, "b.csv", "2")
    thread = await resolve(either.beta.threads.create(tool_resources={"code_interpreter": {"file_ids": [before]}}))
    attachments = [{"file_id": after, "tools": [CODE]}, {"file_id": before, "tools": [CODE]}]
    await resolve(either.beta.threads.messages.create(thread.id, role="user", content="x", attachments=attachments))
    retrieved = await resolve(either.beta.threads.retrieve(thread.id))
    assert retrieved.to_dict()["tool_resources"] == {"code_interpreter": {"file_ids": [before, after]}}
    assert await stores(either) == []


async def test_one_file_can_be_attached_for_both_tools_at_once_or_separately(either):
    file_id = await upload(either)
    for attachments in (
        [{"file_id": file_id, "tools": [SEARCH, CODE]}],
        [{"file_id": file_id, "tools": [SEARCH]}, {"file_id": file_id, "tools": [CODE]}],
    ):
        thread = await resolve(either.beta.threads.create())
        message = await resolve(
            either.beta.threads.messages.create(thread.id, role="user", content="x", attachments=attachments)
        )
        assert [one.to_dict() for one in message.attachments] == attachments
        retrieved = await resolve(either.beta.threads.retrieve(thread.id))
        assert retrieved.tool_resources.code_interpreter.file_ids == [file_id]
        assert (await thread_store(either, thread.id)).file_counts.completed == 1


async def test_attachments_of_additional_messages_are_searched_by_their_run(either, ns):
    ns.play({"search": "berth eight"}, {"say": "{{ hits.results[0].file_name }}"})
    assistant = await resolve(either.beta.assistants.create(model=MODEL, tools=[SEARCH], instructions="x"))
    thread = await resolve(either.beta.threads.create())
    attachment = {"file_id": await upload(either, "berths.md", BERTHS_TEXT), "tools": [SEARCH]}
    more = [{"role": "user", "content": "Which is free?", "attachments": [attachment]}]
    await resolve(
        either.beta.threads.runs.create_and_poll(
            thread_id=thread.id, assistant_id=assistant.id, additional_messages=more
        )
    )
    message = (await resolve(either.beta.threads.messages.list(thread.id))).data[0]
    assert message.content[0].text.value == "berths.md"


def test_an_attachment_that_search_cannot_read_is_refused(ns):
    api = raw_api(ns)
    thread, file = api.post_json("/threads", {})["id"], api.upload("ledger.csv", b"a,b")["id"]
    message = (
        "Files with extensions [.csv] are not supported for retrieval. See"
        " https://platform.openai.com/docs/assistants/tools/file-search/supported-files"
    )
    body = {"role": "user", "content": "x", "attachments": [{"file_id": file, "tools": [SEARCH]}]}
    assert_refused(api.post(f"/threads/{thread}/messages", body), 400, message, "file_ids", "unsupported_file")
    assert api.get_json(f"/threads/{thread}/messages")["data"] == []
    assert api.get_json("/vector_stores")["data"] == []
    unknown = {**body, "attachments": [{"file_id": "file-0", "tools": [CODE]}]}
    assert_refused(api.post(f"/threads/{thread}/messages", unknown), 404, "Files [file-0] were not found")


@pytest.mark.parametrize("name", ["table.xlsx", "photo.webp", "film.mp4", "archive.tar.gz", "feed.xml", "noextension"])
def test_an_attachment_of_an_unsearchable_type_is_refused(ns, name):
    api = raw_api(ns)
    thread, file = api.post_json("/threads", {})["id"], api.upload(name, b"a,b")["id"]
    attachments = [{"file_id": file, "tools": [{"type": "file_search"}]}]
    response = api.post(f"/threads/{thread}/messages", {"role": "user", "content": "x", "attachments": attachments})
    assert (response.status_code, response.json()["error"]["code"]) == (400, "unsupported_file")


def test_an_attachment_of_an_undocumented_type_is_searched(ns):
    api = raw_api(ns)
    thread, file = api.post_json("/threads", {})["id"], api.upload("defs.h")["id"]
    attachments = [{"file_id": file, "tools": [{"type": "file_search"}]}]
    api.post_json(f"/threads/{thread}/messages", {"role": "user", "content": "x", "attachments": attachments})
    (store,) = api.get_json(f"/threads/{thread}")["tool_resources"]["file_search"]["vector_store_ids"]
    assert api.get_json(f"/vector_stores/{store}")["file_counts"]["completed"] == 1


async def test_an_expired_store_of_a_thread_refuses_attachments_and_runs(either, frozen):
    attachment = {"file_id": await upload(either), "tools": [SEARCH]}
    thread = await resolve(
        either.beta.threads.create(messages=[{"role": "user", "content": "x", "attachments": [attachment]}])
    )
    assistant = await resolve(either.beta.assistants.create(model=MODEL, tools=[SEARCH]))
    store = await thread_store(either, thread.id)
    frozen.advance("7d")
    assert (await thread_store(either, thread.id)).status == "expired"
    for call in (
        lambda: either.beta.threads.messages.create(thread.id, role="user", content="y", attachments=[attachment]),
        lambda: either.beta.threads.runs.create(thread.id, assistant_id=assistant.id),
    ):
        with pytest.raises(openai.BadRequestError) as excinfo:
            await resolve(call())
        assert excinfo.value.body["message"] == f"Vector store {store.id} is expired"


async def test_a_run_extends_the_expiry_of_its_threads_store(either, frozen):
    attachment = {"file_id": await upload(either), "tools": [SEARCH]}
    thread = await resolve(
        either.beta.threads.create(messages=[{"role": "user", "content": "x", "attachments": [attachment]}])
    )
    assistant = await resolve(either.beta.assistants.create(model=MODEL, tools=[SEARCH]))
    frozen.advance("6d")
    await resolve(either.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id))
    assert (await thread_store(either, thread.id)).expires_at == NOON_SECONDS + 13 * 86_400


async def test_stores_and_files_outlive_their_thread(either):
    attachment = {"file_id": await upload(either), "tools": [SEARCH]}
    thread = await resolve(
        either.beta.threads.create(messages=[{"role": "user", "content": "x", "attachments": [attachment]}])
    )
    await resolve(either.beta.threads.delete(thread.id))
    assert len(await stores(either)) == 1
    assert (await resolve(either.files.retrieve(attachment["file_id"]))).filename == "tides.txt"


async def test_an_image_file_must_have_an_image_type(either):
    thread = await resolve(either.beta.threads.create())
    for name, ending in (("paper.pdf", ".pdf"), ("notes.TXT", ".txt")):
        image = {"type": "image_file", "image_file": {"file_id": await upload(either, name, b"x", "vision")}}
        with pytest.raises(openai.BadRequestError) as excinfo:
            await resolve(either.beta.threads.messages.create(thread.id, role="user", content=[image]))
        assert excinfo.value.body["message"] == (
            "Invalid message content: Expected file type to be a supported format: .jpeg, .jpg, .png, .gif, .webp"
            f" but got {ending}."
        )


@pytest.mark.parametrize("name", ["a.jpeg", "a.jpg", "a.png", "a.gif", "a.webp", "A.PNG"])
def test_images_of_every_kind_are_accepted(client, thread, name):
    file = client.files.create(file=file_of(name, b"x"), purpose="vision")
    content = [{"type": "image_file", "image_file": {"file_id": file.id}}]
    message = client.beta.threads.messages.create(thread.id, role="user", content=content)
    assert message.content[0].image_file.to_dict() == {"file_id": file.id, "detail": "auto"}


@pytest.mark.parametrize("day", ["2024-04-20", "2024-10-15", "2026-08-25"])
def test_a_retrieved_assistant_can_be_sent_back(ns, day):
    ns.put(wire=day)
    api = raw_api(ns)
    tools = [TIDES, {"type": "code_interpreter"}, {"type": "file_search", "file_search": {"max_num_results": 3}}]
    assistant = api.post_json("/assistants", {"model": MODEL, "instructions": "x", "tools": tools})
    fields = {name: value for name, value in assistant.items() if name not in ("id", "object", "created_at")}
    assert api.post_json(f"/assistants/{assistant['id']}", {"tools": assistant["tools"]}) == assistant
    assert api.post_json(f"/assistants/{assistant['id']}", fields) == assistant
    copy = api.post_json("/assistants", fields)
    assert {**copy, "id": assistant["id"], "created_at": assistant["created_at"]} == assistant
    run = api.post_json("/threads/runs", {"assistant_id": assistant["id"], "tools": assistant["tools"]})
    assert run["tools"] == assistant["tools"]


def test_hybrid_search_accepts_only_null(ns):
    options = {"score_threshold": 0, "hybrid_search": {"text_weight": 1}}
    tool = {"type": "file_search", "file_search": {"ranking_options": options}}
    path = "tools[0].file_search.ranking_options.hybrid_search"
    response = raw_api(ns).post("/assistants", {"model": MODEL, "tools": [tool]})
    assert_refused(response, 400, f"Unknown parameter: '{path}'.", path, "unknown_parameter")


def test_an_update_without_a_list_of_resources_keeps_it(ns):
    api = raw_api(ns)
    store, file = api.post_json("/vector_stores", {})["id"], api.upload()["id"]
    resources = {"code_interpreter": {"file_ids": [file]}, "file_search": {"vector_store_ids": [store]}}
    tools = [{"type": "code_interpreter"}, {"type": "file_search"}]
    paths = [
        f"/assistants/{api.post_json('/assistants', {'model': MODEL, 'tools': tools, 'tool_resources': resources})['id']}",
        f"/threads/{api.post_json('/threads', {'tool_resources': resources})['id']}",
    ]
    for path in paths:
        for change in ({}, {"file_search": {}}, {"code_interpreter": {}, "file_search": None}):
            api.post_json(path, {"tool_resources": change})
            assert api.get_json(path)["tool_resources"] == resources
        emptied = {"code_interpreter": {"file_ids": []}, "file_search": {"vector_store_ids": []}}
        api.post_json(path, {"tool_resources": emptied})
        assert api.get_json(path)["tool_resources"] == emptied


@pytest.mark.parametrize(
    "path, body, param, prefix",
    [
        ("/threads", {"messages": [{"role": "user", "content": "x", "attachments": [{"file_id": "abc", "tools": []}]}]}, "messages[0].attachments[0].file_id", "file"),
        ("/threads", {"tool_resources": {"code_interpreter": {"file_ids": ["abc"]}}}, "tool_resources.code_interpreter.file_ids[0]", "file"),
        ("/threads", {"tool_resources": {"file_search": {"vector_store_ids": ["abc"]}}}, "tool_resources.file_search.vector_store_ids[0]", "vs"),
        ("/vector_stores", {"file_ids": ["file-0", "abc"]}, "file_ids[1]", "file"),
    ],
)  # fmt: skip
def test_an_id_with_a_wrong_prefix_in_a_body_is_reported_with_its_path(ns, path, body, param, prefix):
    message = f"Invalid '{param}': 'abc'. Expected an ID that begins with '{prefix}'."
    assert_refused(raw_api(ns).post(path, body), 400, message, param, "invalid_value")
    ns.put(wire="2024-12-31")
    assert raw_api(ns).post(path, body).status_code == 404
