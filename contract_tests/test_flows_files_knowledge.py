"""How courses and programs used files, on both wires: documents to search and tables to analyse."""

from contract_tests.harness import MODEL, resolve
from contract_tests.raw_api import BERTHS_TEXT, TIDES_TEXT, file_of, raw_api

SEARCH, CODE = {"type": "file_search"}, {"type": "code_interpreter"}
PNG = "data:image/png;base64,iVBORw0KGgo="


async def ask(either, assistant, question, thread=None, **more):
    """Ask an assistant a question; return the newest message and the run."""
    conversation = thread or await resolve(either.beta.threads.create())
    await resolve(either.beta.threads.messages.create(conversation.id, role="user", content=question, **more))
    run = await resolve(either.beta.threads.runs.create_and_poll(thread_id=conversation.id, assistant_id=assistant.id))
    assert run.status == "completed", run.last_error
    return (await resolve(either.beta.threads.messages.list(conversation.id))).data[0], run


async def test_a_store_is_filled_attached_to_an_assistant_and_cited(either, ns):
    ns.play({"search": "When is high water?"}, {"say": "At noon{{ cite(hits.results[0]) }}."})
    store = await resolve(either.vector_stores.create(name="harbour"))
    files = [file_of("tides.txt", TIDES_TEXT), file_of("berths.md", BERTHS_TEXT)]
    batch = await resolve(either.vector_stores.file_batches.upload_and_poll(vector_store_id=store.id, files=files))
    assert batch.file_counts.completed == 2
    assistant = await resolve(
        either.beta.assistants.create(model=MODEL, instructions="Answer from files.", tools=[SEARCH])
    )
    assistant = await resolve(
        either.beta.assistants.update(assistant.id, tool_resources={"file_search": {"vector_store_ids": [store.id]}})
    )
    answer, run = await ask(either, assistant, "When is high water?")
    text = answer.content[0].text
    (citation,) = text.annotations
    filename = (await resolve(either.files.retrieve(citation.file_citation.file_id))).filename
    assert (text.value, filename) == ("At noon【4:0†tides.txt】.", "tides.txt")
    assert text.value[citation.start_index : citation.end_index] == citation.text
    steps = (await resolve(either.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id, order="asc"))).data
    assert [step.type for step in steps] == ["tool_calls", "message_creation"]
    await resolve(either.vector_stores.files.delete(citation.file_citation.file_id, vector_store_id=store.id))
    assert (await resolve(either.vector_stores.retrieve(store.id))).file_counts.total == 1


async def test_a_file_is_attached_to_a_question_and_found(either, ns):
    ns.play({"search": "Which berth is free?"}, {"say": "{{ hits.results[0].file_name }}"})
    assistant = await resolve(either.beta.assistants.create(model=MODEL, tools=[SEARCH]))
    file = await resolve(either.files.create(file=file_of("berths.md", BERTHS_TEXT), purpose="assistants"))
    attachments = [{"file_id": file.id, "tools": [SEARCH]}]
    answer, _ = await ask(either, assistant, "Which berth is free?", attachments=attachments)
    assert answer.content[0].text.value == "berths.md"


async def test_assistant_and_thread_are_searched_together(either, ns):
    ns.play(
        {"search": "high water ferry berth"},
        {"say": "{{ hits.results | map(attribute='file_name') | sort | join(' ') }}"},
    )
    store = await resolve(either.vector_stores.create())
    await resolve(either.vector_stores.files.upload_and_poll(vector_store_id=store.id, file=file_of()))
    resources = {"file_search": {"vector_store_ids": [store.id]}}
    assistant = await resolve(either.beta.assistants.create(model=MODEL, tools=[SEARCH], tool_resources=resources))
    file = await resolve(either.files.create(file=file_of("berths.md", BERTHS_TEXT), purpose="assistants"))
    attachments = [{"file_id": file.id, "tools": [SEARCH]}]
    answer, _ = await ask(either, assistant, "Tell me all.", attachments=attachments)
    assert answer.content[0].text.value == "berths.md tides.txt"


async def test_a_table_is_analysed_by_code_and_a_chart_is_returned(either, ns):
    ns.play({"code": "plot()", "logs": "done", "images": [PNG]}, {"say": "Here."})
    table = await resolve(either.files.create(file=file_of("cases.csv", "day,n\n1,2\n"), purpose="assistants"))
    assert (table.bytes, table.status, table.status_details) == (10, "processed", None)
    assistant = await resolve(
        either.beta.assistants.create(
            model=MODEL, tools=[CODE], tool_resources={"code_interpreter": {"file_ids": [table.id]}}
        )
    )
    assert assistant.tool_resources.code_interpreter.file_ids == [table.id]
    _, run = await ask(either, assistant, "Draw the cases.")
    (step, _) = (await resolve(either.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id, order="asc"))).data
    outputs = {one.type: one for one in step.step_details.tool_calls[0].code_interpreter.outputs}
    assert outputs["logs"].logs == "done"
    chart = outputs["image"].image.file_id
    assert (await resolve(either.files.retrieve(chart))).purpose == "assistants_output"
    assert (await resolve(either.files.content(chart))).content.startswith(b"\x89PNG")


async def test_a_script_can_match_the_available_files(either, ns):
    ns.load(
        {"emulator": 1, "turns": [
            {"name": "table", "when": {"files": {"glob": "*.csv"}}, "steps": [{"say": "A table!"}]},
            {"name": "none", "steps": [{"say": "Nothing."}]},
        ]}
    )  # fmt: skip
    assistant = await resolve(either.beta.assistants.create(model=MODEL, tools=[CODE]))
    file = await resolve(either.files.create(file=file_of("a.csv", "1"), purpose="assistants"))
    answer, _ = await ask(either, assistant, "x", attachments=[{"file_id": file.id, "tools": [CODE]}])
    assert answer.content[0].text.value == "A table!"
    answer, _ = await ask(either, assistant, "x")
    assert answer.content[0].text.value == "Nothing."


async def test_an_image_is_uploaded_for_vision_and_described(either, ns):
    ns.play({"say": "A buoy."})
    image = await resolve(either.files.create(file=file_of("buoy.png", b"\x89PNG"), purpose="vision"))
    assistant = await resolve(either.beta.assistants.create(model=MODEL))
    content = [
        {"type": "text", "text": "What is it?"},
        {"type": "image_file", "image_file": {"file_id": image.id, "detail": "low"}},
    ]
    answer, _ = await ask(either, assistant, content)
    assert answer.content[0].text.value == "A buoy."


async def test_objects_can_be_deleted_in_any_order(either, ns):
    file = await resolve(either.files.create(file=file_of(), purpose="assistants"))
    store = await resolve(either.vector_stores.create(file_ids=[file.id]))
    resources = {"file_search": {"vector_store_ids": [store.id]}}
    assistant = await resolve(either.beta.assistants.create(model=MODEL, tools=[SEARCH], tool_resources=resources))
    thread = await resolve(either.beta.threads.create(tool_resources=resources))
    for deletion in (
        either.files.delete(file.id),
        either.vector_stores.delete(store.id),
        either.beta.threads.delete(thread.id),
        either.beta.assistants.delete(assistant.id),
    ):
        assert (await resolve(deletion)).deleted is True
    for empty in (either.files.list(), either.vector_stores.list(), either.beta.assistants.list()):
        assert (await resolve(empty)).data == []


def test_retrieval_in_2023_from_upload_to_answer(ns):
    ns.put(wire="2023-11-20")
    ns.play(
        {"search": "When is high water?"}, {"say": "From {{ hits.results[0].file_name }}{{ cite(hits.results[0]) }}."}
    )
    api = raw_api(ns, "v1")
    file = api.upload("tides.txt", TIDES_TEXT.encode())["id"]
    assistant = api.post_json(
        "/assistants", {"model": "gpt-4-1106-preview", "tools": [{"type": "retrieval"}], "file_ids": [file]}
    )
    assert (assistant["name"], assistant["file_ids"]) == (None, [file])
    thread_id = api.post_json("/threads", {})["id"]
    api.post_json(f"/threads/{thread_id}/messages", {"role": "user", "content": "When is high water?"})
    run = api.post_json(f"/threads/{thread_id}/runs", {"assistant_id": assistant["id"]})
    over = api.get_json(f"/threads/{thread_id}/runs/{run['id']}")
    assert (over["status"], over["expires_at"], over["file_ids"]) == ("completed", None, [file])
    tool, message = api.get_json(f"/threads/{thread_id}/runs/{run['id']}/steps", params={"order": "asc"})["data"]
    assert tool["step_details"]["tool_calls"][0]["retrieval"] == {}
    assert message["type"] == "message_creation"
    text = api.get_json(f"/threads/{thread_id}/messages")["data"][0]["content"][0]["text"]
    assert text["value"].startswith("From tides.txt")
    assert text["annotations"][0]["file_citation"]["file_id"] == file
