import openai
import pytest

from contract_tests.harness import MODEL, NOON_SECONDS, TIDES, done
from contract_tests.lines import BERTHS_TEXT, TIDES_TEXT, file_of, line, refused

WEEK = 7 * 86_400
SEARCH, CODE = {"type": "file_search"}, {"type": "code_interpreter"}


async def upload(either, name="tides.txt", text=TIDES_TEXT, purpose="assistants"):
    return (await done(either.files.create(file=file_of(name, text), purpose=purpose))).id


async def stores(either):
    return (await done(either.vector_stores.list(order="asc"))).data


async def thread_store(either, thread_id):
    """Return the store that a thread has."""
    thread = await done(either.beta.threads.retrieve(thread_id))
    (store_id,) = thread.tool_resources.file_search.vector_store_ids
    return await done(either.vector_stores.retrieve(store_id))


def asked(*file_ids, **more):
    return {"file_search": {"vector_stores": [{"file_ids": list(file_ids), **more}]}}


# --- the helper that makes stores -----------------------------------------------------------------------------------


async def test_an_assistant_gets_a_store_that_stays(either, frozen):
    file_id = await upload(either)
    made = await done(
        either.beta.assistants.create(
            model=MODEL, tools=[SEARCH], tool_resources=asked(file_id, metadata={"for": "lotse"})
        )
    )
    (store,) = await stores(either)
    assert made.to_dict()["tool_resources"] == {"file_search": {"vector_store_ids": [store.id]}}
    assert (store.to_dict()["expires_after"], store.expires_at) == (None, None)
    assert (store.metadata, store.name, store.file_counts.completed) == ({"for": "lotse"}, None, 1)


async def test_a_thread_gets_a_store_that_goes_after_a_week(either, frozen):
    made = await done(either.beta.threads.create(tool_resources=asked(await upload(either))))
    (store,) = await stores(either)
    assert made.to_dict()["tool_resources"] == {"file_search": {"vector_store_ids": [store.id]}}
    assert store.expires_after.to_dict() == {"anchor": "last_active_at", "days": 7}
    assert store.expires_at == NOON_SECONDS + WEEK
    read = await done(either.beta.threads.retrieve(made.id))
    assert read.to_dict()["tool_resources"] == {
        "code_interpreter": {"file_ids": []},
        "file_search": {"vector_store_ids": [store.id]},
    }


async def test_a_thread_made_with_its_run_gets_a_store_too(either, ns):
    ns.plays({"search": "When is high water?"}, {"say": "{{ hits.results[0].file_name }}"})
    boss = await done(either.beta.assistants.create(model=MODEL, tools=[SEARCH], instructions="x"))
    about = {"messages": [{"role": "user", "content": "When?"}], "tool_resources": asked(await upload(either))}
    run = await done(either.beta.threads.create_and_run_poll(assistant_id=boss.id, thread=about))
    answer = (await done(either.beta.threads.messages.list(run.thread_id))).data[0]
    assert answer.content[0].text.value == "tides.txt"
    assert (await thread_store(either, run.thread_id)).expires_after.days == 7


async def test_the_files_of_a_new_store_are_cut_as_it_says(either):
    mine = {"type": "static", "static": {"max_chunk_size_tokens": 100, "chunk_overlap_tokens": 0}}
    file_id = await upload(either)
    await done(either.beta.threads.create(tool_resources=asked(file_id, chunking_strategy=mine)))
    (store,) = await stores(either)
    file = await done(either.vector_stores.files.retrieve(file_id, vector_store_id=store.id))
    assert file.chunking_strategy.to_dict() == mine


async def test_a_store_is_named_or_made_but_not_both(either):
    store = await done(either.vector_stores.create())
    both = {"file_search": {"vector_store_ids": [store.id], "vector_stores": [{"file_ids": [await upload(either)]}]}}
    for call in (
        lambda: either.beta.threads.create(tool_resources=both),
        lambda: either.beta.assistants.create(model=MODEL, tools=[SEARCH], tool_resources=both),
    ):
        with pytest.raises(openai.BadRequestError):
            await done(call())
    assert len(await stores(either)) == 1


def test_a_store_cannot_be_made_of_nothing(ns):
    ask, words = line(ns), "file_search tool configuration is invalid. file_ids must be non-empty"
    for helper in ([{}], [{"file_ids": []}]):
        refused(ask.post("/threads", {"tool_resources": {"file_search": {"vector_stores": helper}}}), 400, words)
    assert ask.read("/vector_stores")["data"] == []


def test_a_type_that_cannot_be_searched_makes_no_store(ns):
    ask = line(ns)
    file = ask.upload("ledger.csv", b"a,b")["id"]
    words = (
        "Files with extensions [.csv] are not supported for retrieval. See"
        " https://platform.openai.com/docs/assistants/tools/file-search/supported-files"
    )
    for path, body in (("/threads", {}), ("/assistants", {"model": MODEL, "tools": [SEARCH]})):
        answer = ask.post(path, {**body, "tool_resources": asked(file)})
        refused(answer, 400, words, "file_ids", "unsupported_file")
    assert ask.read("/vector_stores")["data"] == []


def test_only_what_is_new_can_have_a_store_made(ns):
    ask = line(ns)
    file, thread = ask.upload()["id"], ask.make("/threads", {})["id"]
    boss = ask.make("/assistants", {"model": MODEL, "tools": [SEARCH]})["id"]
    param = "tool_resources.file_search.vector_stores"
    for path, body in (
        (f"/threads/{thread}", {}),
        (f"/assistants/{boss}", {}),
        ("/threads/runs", {"assistant_id": boss}),
    ):
        answer = ask.post(path, {**body, "tool_resources": asked(file)})
        refused(answer, 400, f"Unknown parameter: '{param}'.", param, "unknown_parameter")


# --- stores and files by their ids ----------------------------------------------------------------------------------


async def test_stores_and_files_can_be_named_and_exchanged(either):
    one, two = (await done(either.vector_stores.create())).id, (await done(either.vector_stores.create())).id
    file_id = await upload(either, "plot.csv", "a,b")
    named = {"file_search": {"vector_store_ids": [one]}, "code_interpreter": {"file_ids": [file_id]}}
    other = {"file_search": {"vector_store_ids": [two]}}
    boss = await done(either.beta.assistants.create(model=MODEL, tools=[SEARCH, CODE], tool_resources=named))
    assert boss.to_dict()["tool_resources"] == named
    changed = await done(either.beta.assistants.update(boss.id, tool_resources=other))
    assert changed.to_dict()["tool_resources"] == {**named, **other}
    thread = await done(either.beta.threads.create(tool_resources=named))
    assert thread.to_dict()["tool_resources"] == named
    await done(either.beta.threads.update(thread.id, tool_resources=other))
    read = await done(either.beta.threads.retrieve(thread.id))
    assert read.to_dict()["tool_resources"] == {**named, **other}


async def test_resources_of_a_new_thread_may_stand_beside_it(either, ns):
    file_id = await upload(either)
    store = (await done(either.vector_stores.create(file_ids=[file_id]))).id
    boss = await done(either.beta.assistants.create(model=MODEL, tools=[SEARCH, CODE], instructions="x"))
    named = {"file_search": {"vector_store_ids": [store]}, "code_interpreter": {"file_ids": [file_id]}}
    run = await done(either.beta.threads.create_and_run_poll(assistant_id=boss.id, tool_resources=named))
    assert run.to_dict()["tool_resources"] == {}
    assert (await done(either.beta.threads.retrieve(run.thread_id))).to_dict()["tool_resources"] == named


def test_stores_and_files_that_are_not_there_cannot_be_named(ns):
    ask = line(ns)
    not_found = {"file_search": {"vector_store_ids": ["vs_0"]}}
    for path, body in (("/threads", {}), ("/assistants", {"model": MODEL, "tools": [SEARCH]})):
        answer = ask.post(path, {**body, "tool_resources": not_found})
        refused(answer, 404, "No vector store found with id 'vs_0'.")
        code = {"code_interpreter": {"file_ids": ["file-0"]}}
        refused(ask.post(path, {**body, "tool_resources": code}), 404, "Files [file-0] were not found")


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
def test_resources_that_cannot_be_are_refused(ns, resources, param, code):
    for path, body in (("/threads", {}), ("/assistants", {"model": MODEL})):
        answer = line(ns).post(path, {**body, "tool_resources": resources})
        error = answer.json()["error"]
        assert (answer.status_code, error["param"], error["code"]) == (400, f"tool_resources.{param}", code)


def test_a_list_of_stores_that_is_none_is_refused_in_the_recorded_words(ns):
    words = "Invalid type for 'tool_resources.file_search.vector_store_ids': expected an array of strings, but got a string instead."
    answer = line(ns).post("/threads", {"tool_resources": {"file_search": {"vector_store_ids": "vs_0"}}})
    refused(answer, 400, words, "tool_resources.file_search.vector_store_ids", "invalid_type")


# --- attachments ----------------------------------------------------------------------------------------------------


async def test_an_attachment_for_search_makes_a_store_for_its_thread(either, frozen):
    file_id = await upload(either)
    thread = await done(either.beta.threads.create())
    attachment = {"file_id": file_id, "tools": [SEARCH]}
    made = await done(
        either.beta.threads.messages.create(thread.id, role="user", content="Read this.", attachments=[attachment])
    )
    assert [one.to_dict() for one in made.attachments] == [attachment]
    store = await thread_store(either, thread.id)
    assert (store.file_counts.completed, store.expires_after.days) == (1, 7)
    assert store.expires_at == NOON_SECONDS + WEEK


async def test_later_attachments_go_into_the_same_store(either):
    first, second, third = [await upload(either, f"{n}.txt") for n in range(3)]
    thread = await done(
        either.beta.threads.create(
            messages=[
                {"role": "user", "content": "a", "attachments": [{"file_id": first, "tools": [SEARCH]}]},
                {"role": "user", "content": "b", "attachments": [{"file_id": second, "tools": [SEARCH]}]},
            ]
        )
    )
    store = await thread_store(either, thread.id)
    assert store.file_counts.completed == 2
    await done(
        either.beta.threads.messages.create(
            thread.id, role="user", content="c", attachments=[{"file_id": third, "tools": [SEARCH]}]
        )
    )
    extended = await thread_store(either, thread.id)
    assert (extended.id, extended.file_counts.completed) == (store.id, 3)
    assert len(await stores(either)) == 1


async def test_an_attachment_extends_the_store_that_the_thread_was_given(either):
    store = (await done(either.vector_stores.create(name="mine"))).id
    thread = await done(either.beta.threads.create(tool_resources={"file_search": {"vector_store_ids": [store]}}))
    attachment = {"file_id": await upload(either), "tools": [SEARCH]}
    await done(either.beta.threads.messages.create(thread.id, role="user", content="x", attachments=[attachment]))
    held = await thread_store(either, thread.id)
    assert (held.id, held.file_counts.completed, held.to_dict()["expires_after"]) == (store, 1, None)


async def test_an_attachment_for_code_joins_the_files_of_its_thread(either):
    before, after = await upload(either, "a.csv", "1"), await upload(either, "b.csv", "2")
    thread = await done(either.beta.threads.create(tool_resources={"code_interpreter": {"file_ids": [before]}}))
    attachments = [{"file_id": after, "tools": [CODE]}, {"file_id": before, "tools": [CODE]}]
    await done(either.beta.threads.messages.create(thread.id, role="user", content="x", attachments=attachments))
    read = await done(either.beta.threads.retrieve(thread.id))
    assert read.to_dict()["tool_resources"] == {"code_interpreter": {"file_ids": [before, after]}}
    assert await stores(either) == []


async def test_one_file_may_be_attached_for_both_tools_at_once_or_twice(either):
    file_id = await upload(either)
    for attachments in (
        [{"file_id": file_id, "tools": [SEARCH, CODE]}],
        [{"file_id": file_id, "tools": [SEARCH]}, {"file_id": file_id, "tools": [CODE]}],
    ):
        thread = await done(either.beta.threads.create())
        made = await done(
            either.beta.threads.messages.create(thread.id, role="user", content="x", attachments=attachments)
        )
        assert [one.to_dict() for one in made.attachments] == attachments
        read = await done(either.beta.threads.retrieve(thread.id))
        assert read.tool_resources.code_interpreter.file_ids == [file_id]
        assert (await thread_store(either, thread.id)).file_counts.completed == 1


async def test_attachments_of_additional_messages_are_searched_by_their_run(either, ns):
    ns.plays({"search": "berth eight"}, {"say": "{{ hits.results[0].file_name }}"})
    boss = await done(either.beta.assistants.create(model=MODEL, tools=[SEARCH], instructions="x"))
    thread = await done(either.beta.threads.create())
    attachment = {"file_id": await upload(either, "berths.md", BERTHS_TEXT), "tools": [SEARCH]}
    more = [{"role": "user", "content": "Which is free?", "attachments": [attachment]}]
    await done(
        either.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=boss.id, additional_messages=more)
    )
    answer = (await done(either.beta.threads.messages.list(thread.id))).data[0]
    assert answer.content[0].text.value == "berths.md"


def test_an_attachment_that_search_cannot_read_is_refused(ns):
    ask = line(ns)
    thread, file = ask.make("/threads", {})["id"], ask.upload("ledger.csv", b"a,b")["id"]
    words = (
        "Files with extensions [.csv] are not supported for retrieval. See"
        " https://platform.openai.com/docs/assistants/tools/file-search/supported-files"
    )
    body = {"role": "user", "content": "x", "attachments": [{"file_id": file, "tools": [SEARCH]}]}
    refused(ask.post(f"/threads/{thread}/messages", body), 400, words, "file_ids", "unsupported_file")
    assert ask.read(f"/threads/{thread}/messages")["data"] == []
    assert ask.read("/vector_stores")["data"] == []
    unknown = {**body, "attachments": [{"file_id": "file-0", "tools": [CODE]}]}
    refused(ask.post(f"/threads/{thread}/messages", unknown), 404, "Files [file-0] were not found")


async def test_a_thread_store_that_has_expired_takes_no_attachment_and_no_run(either, frozen):
    attachment = {"file_id": await upload(either), "tools": [SEARCH]}
    thread = await done(
        either.beta.threads.create(messages=[{"role": "user", "content": "x", "attachments": [attachment]}])
    )
    boss = await done(either.beta.assistants.create(model=MODEL, tools=[SEARCH]))
    store = await thread_store(either, thread.id)
    frozen.advance("7d")
    assert (await thread_store(either, thread.id)).status == "expired"
    for call in (
        lambda: either.beta.threads.messages.create(thread.id, role="user", content="y", attachments=[attachment]),
        lambda: either.beta.threads.runs.create(thread.id, assistant_id=boss.id),
    ):
        with pytest.raises(openai.BadRequestError) as wrong:
            await done(call())
        assert wrong.value.body["message"] == f"Vector store {store.id} is expired"


async def test_a_run_keeps_the_store_of_its_thread_alive(either, frozen):
    attachment = {"file_id": await upload(either), "tools": [SEARCH]}
    thread = await done(
        either.beta.threads.create(messages=[{"role": "user", "content": "x", "attachments": [attachment]}])
    )
    boss = await done(either.beta.assistants.create(model=MODEL, tools=[SEARCH]))
    frozen.advance("6d")
    await done(either.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=boss.id))
    assert (await thread_store(either, thread.id)).expires_at == NOON_SECONDS + 13 * 86_400


async def test_what_a_thread_had_outlives_it(either):
    attachment = {"file_id": await upload(either), "tools": [SEARCH]}
    thread = await done(
        either.beta.threads.create(messages=[{"role": "user", "content": "x", "attachments": [attachment]}])
    )
    await done(either.beta.threads.delete(thread.id))
    assert len(await stores(either)) == 1
    assert (await done(either.files.retrieve(attachment["file_id"]))).filename == "tides.txt"


async def test_an_image_has_to_be_an_image(either):
    thread = await done(either.beta.threads.create())
    for name, ending in (("paper.pdf", ".pdf"), ("notes.TXT", ".txt")):
        image = {"type": "image_file", "image_file": {"file_id": await upload(either, name, b"x", "vision")}}
        with pytest.raises(openai.BadRequestError) as wrong:
            await done(either.beta.threads.messages.create(thread.id, role="user", content=[image]))
        assert wrong.value.body["message"] == (
            "Invalid message content: Expected file type to be a supported format: .jpeg, .jpg, .png, .gif, .webp"
            f" but got {ending}."
        )


@pytest.mark.parametrize("name", ["a.jpeg", "a.jpg", "a.png", "a.gif", "a.webp", "A.PNG"])
def test_images_of_every_kind_are_accepted(client, thread, name):
    file = client.files.create(file=file_of(name, b"x"), purpose="vision")
    content = [{"type": "image_file", "image_file": {"file_id": file.id}}]
    made = client.beta.threads.messages.create(thread.id, role="user", content=content)
    assert made.content[0].image_file.to_dict() == {"file_id": file.id, "detail": "auto"}


@pytest.mark.parametrize("day", ["2024-04-20", "2024-10-15", "2026-08-25"])
def test_what_is_shown_of_an_assistant_can_be_sent_back(ns, day):
    ns.put(wire=day)
    ask = line(ns)
    tools = [TIDES, {"type": "code_interpreter"}, {"type": "file_search", "file_search": {"max_num_results": 3}}]
    made = ask.make("/assistants", {"model": MODEL, "instructions": "x", "tools": tools})
    again = {name: value for name, value in made.items() if name not in ("id", "object", "created_at")}
    assert ask.make(f"/assistants/{made['id']}", {"tools": made["tools"]}) == made
    assert ask.make(f"/assistants/{made['id']}", again) == made
    copy = ask.make("/assistants", again)
    assert {**copy, "id": made["id"], "created_at": made["created_at"]} == made
    run = ask.make("/threads/runs", {"assistant_id": made["id"], "tools": made["tools"]})
    assert run["tools"] == made["tools"]


def test_only_null_is_known_of_a_hybrid_search(ns):
    options = {"score_threshold": 0, "hybrid_search": {"text_weight": 1}}
    tool = {"type": "file_search", "file_search": {"ranking_options": options}}
    path = "tools[0].file_search.ranking_options.hybrid_search"
    answer = line(ns).post("/assistants", {"model": MODEL, "tools": [tool]})
    refused(answer, 400, f"Unknown parameter: '{path}'.", path, "unknown_parameter")


def test_a_change_that_leaves_a_list_out_keeps_it(ns):
    ask = line(ns)
    store, file = ask.make("/vector_stores", {})["id"], ask.upload()["id"]
    held = {"code_interpreter": {"file_ids": [file]}, "file_search": {"vector_store_ids": [store]}}
    tools = [{"type": "code_interpreter"}, {"type": "file_search"}]
    made = [
        f"/assistants/{ask.make('/assistants', {'model': MODEL, 'tools': tools, 'tool_resources': held})['id']}",
        f"/threads/{ask.make('/threads', {'tool_resources': held})['id']}",
    ]
    for path in made:
        for change in ({}, {"file_search": {}}, {"code_interpreter": {}, "file_search": None}):
            ask.make(path, {"tool_resources": change})
            assert ask.read(path)["tool_resources"] == held
        emptied = {"code_interpreter": {"file_ids": []}, "file_search": {"vector_store_ids": []}}
        ask.make(path, {"tool_resources": emptied})
        assert ask.read(path)["tool_resources"] == emptied


@pytest.mark.parametrize(
    "path, body, place, prefix",
    [
        ("/threads", {"messages": [{"role": "user", "content": "x", "attachments": [{"file_id": "abc", "tools": []}]}]}, "messages[0].attachments[0].file_id", "file"),
        ("/threads", {"tool_resources": {"code_interpreter": {"file_ids": ["abc"]}}}, "tool_resources.code_interpreter.file_ids[0]", "file"),
        ("/threads", {"tool_resources": {"file_search": {"vector_store_ids": ["abc"]}}}, "tool_resources.file_search.vector_store_ids[0]", "vs"),
        ("/vector_stores", {"file_ids": ["file-0", "abc"]}, "file_ids[1]", "file"),
    ],
)  # fmt: skip
def test_an_id_with_a_wrong_prefix_is_told_where_it_stands(ns, path, body, place, prefix):
    words = f"Invalid '{place}': 'abc'. Expected an ID that begins with '{prefix}'."
    refused(line(ns).post(path, body), 400, words, place, "invalid_value")
    ns.put(wire="2024-12-31")
    assert line(ns).post(path, body).status_code == 404
