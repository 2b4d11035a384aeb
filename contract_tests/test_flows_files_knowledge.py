"""What courses and programs did with files: knowledge to search, tables to compute with, on both wires."""

from contract_tests.harness import MODEL, done
from contract_tests.lines import BERTHS_TEXT, TIDES_TEXT, file_of, line

SEARCH, CODE = {"type": "file_search"}, {"type": "code_interpreter"}
PNG = "data:image/png;base64,iVBORw0KGgo="


async def ask(either, boss, question, thread=None, **more):
    """Put a question to an assistant; return the newest message and the run."""
    deck = thread or await done(either.beta.threads.create())
    await done(either.beta.threads.messages.create(deck.id, role="user", content=question, **more))
    run = await done(either.beta.threads.runs.create_and_poll(thread_id=deck.id, assistant_id=boss.id))
    assert run.status == "completed", run.last_error
    return (await done(either.beta.threads.messages.list(deck.id))).data[0], run


async def test_a_store_is_filled_given_to_an_assistant_and_cited(either, ns):
    ns.plays({"search": "When is high water?"}, {"say": "At noon{{ cite(hits.results[0]) }}."})
    store = await done(either.vector_stores.create(name="harbour"))
    files = [file_of("tides.txt", TIDES_TEXT), file_of("berths.md", BERTHS_TEXT)]
    batch = await done(either.vector_stores.file_batches.upload_and_poll(vector_store_id=store.id, files=files))
    assert batch.file_counts.completed == 2
    boss = await done(either.beta.assistants.create(model=MODEL, instructions="Answer from files.", tools=[SEARCH]))
    boss = await done(
        either.beta.assistants.update(boss.id, tool_resources={"file_search": {"vector_store_ids": [store.id]}})
    )
    answer, run = await ask(either, boss, "When is high water?")
    text = answer.content[0].text
    (citation,) = text.annotations
    named = (await done(either.files.retrieve(citation.file_citation.file_id))).filename
    assert (text.value, named) == ("At noon【4:0†tides.txt】.", "tides.txt")
    assert text.value[citation.start_index : citation.end_index] == citation.text
    steps = (await done(either.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id, order="asc"))).data
    assert [step.type for step in steps] == ["tool_calls", "message_creation"]
    await done(either.vector_stores.files.delete(citation.file_citation.file_id, vector_store_id=store.id))
    assert (await done(either.vector_stores.retrieve(store.id))).file_counts.total == 1


async def test_a_file_is_attached_to_a_question_and_found(either, ns):
    ns.plays({"search": "Which berth is free?"}, {"say": "{{ hits.results[0].file_name }}"})
    boss = await done(either.beta.assistants.create(model=MODEL, tools=[SEARCH]))
    file = await done(either.files.create(file=file_of("berths.md", BERTHS_TEXT), purpose="assistants"))
    attachments = [{"file_id": file.id, "tools": [SEARCH]}]
    answer, _ = await ask(either, boss, "Which berth is free?", attachments=attachments)
    assert answer.content[0].text.value == "berths.md"


async def test_assistant_and_thread_are_searched_together(either, ns):
    ns.plays(
        {"search": "high water ferry berth"},
        {"say": "{{ hits.results | map(attribute='file_name') | sort | join(' ') }}"},
    )
    store = await done(either.vector_stores.create())
    await done(either.vector_stores.files.upload_and_poll(vector_store_id=store.id, file=file_of()))
    named = {"file_search": {"vector_store_ids": [store.id]}}
    boss = await done(either.beta.assistants.create(model=MODEL, tools=[SEARCH], tool_resources=named))
    file = await done(either.files.create(file=file_of("berths.md", BERTHS_TEXT), purpose="assistants"))
    attachments = [{"file_id": file.id, "tools": [SEARCH]}]
    answer, _ = await ask(either, boss, "Tell me all.", attachments=attachments)
    assert answer.content[0].text.value == "berths.md tides.txt"


async def test_a_table_is_read_by_code_and_a_chart_comes_back(either, ns):
    ns.plays({"code": "plot()", "logs": "done", "images": [PNG]}, {"say": "Here."})
    table = await done(either.files.create(file=file_of("cases.csv", "day,n\n1,2\n"), purpose="assistants"))
    assert (table.bytes, table.status, table.status_details) == (10, "processed", None)
    boss = await done(
        either.beta.assistants.create(
            model=MODEL, tools=[CODE], tool_resources={"code_interpreter": {"file_ids": [table.id]}}
        )
    )
    assert boss.tool_resources.code_interpreter.file_ids == [table.id]
    _, run = await ask(either, boss, "Draw the cases.")
    (step, _) = (await done(either.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id, order="asc"))).data
    outputs = {one.type: one for one in step.step_details.tool_calls[0].code_interpreter.outputs}
    assert outputs["logs"].logs == "done"
    chart = outputs["image"].image.file_id
    assert (await done(either.files.retrieve(chart))).purpose == "assistants_output"
    assert (await done(either.files.content(chart))).content.startswith(b"\x89PNG")


async def test_a_script_can_tell_which_files_are_there(either, ns):
    ns.load(
        {"emulator": 1, "turns": [
            {"name": "table", "when": {"files": {"glob": "*.csv"}}, "steps": [{"say": "A table!"}]},
            {"name": "none", "steps": [{"say": "Nothing."}]},
        ]}
    )  # fmt: skip
    boss = await done(either.beta.assistants.create(model=MODEL, tools=[CODE]))
    file = await done(either.files.create(file=file_of("a.csv", "1"), purpose="assistants"))
    answer, _ = await ask(either, boss, "x", attachments=[{"file_id": file.id, "tools": [CODE]}])
    assert answer.content[0].text.value == "A table!"
    answer, _ = await ask(either, boss, "x")
    assert answer.content[0].text.value == "Nothing."


async def test_an_image_is_uploaded_for_vision_and_asked_about(either, ns):
    ns.plays({"say": "A buoy."})
    image = await done(either.files.create(file=file_of("buoy.png", b"\x89PNG"), purpose="vision"))
    boss = await done(either.beta.assistants.create(model=MODEL))
    content = [
        {"type": "text", "text": "What is it?"},
        {"type": "image_file", "image_file": {"file_id": image.id, "detail": "low"}},
    ]
    answer, _ = await ask(either, boss, content)
    assert answer.content[0].text.value == "A buoy."


async def test_what_was_made_is_cleaned_up_in_any_order(either, ns):
    file = await done(either.files.create(file=file_of(), purpose="assistants"))
    store = await done(either.vector_stores.create(file_ids=[file.id]))
    named = {"file_search": {"vector_store_ids": [store.id]}}
    boss = await done(either.beta.assistants.create(model=MODEL, tools=[SEARCH], tool_resources=named))
    deck = await done(either.beta.threads.create(tool_resources=named))
    for gone in (
        either.files.delete(file.id),
        either.vector_stores.delete(store.id),
        either.beta.threads.delete(deck.id),
        either.beta.assistants.delete(boss.id),
    ):
        assert (await done(gone)).deleted is True
    for empty in (either.files.list(), either.vector_stores.list(), either.beta.assistants.list()):
        assert (await done(empty)).data == []


def test_retrieval_of_2023_from_the_upload_to_the_answer(ns):
    ns.put(wire="2023-11-20")
    ns.plays(
        {"search": "When is high water?"}, {"say": "From {{ hits.results[0].file_name }}{{ cite(hits.results[0]) }}."}
    )
    old = line(ns, "v1")
    file = old.upload("tides.txt", TIDES_TEXT.encode())["id"]
    boss = old.make(
        "/assistants", {"model": "gpt-4-1106-preview", "tools": [{"type": "retrieval"}], "file_ids": [file]}
    )
    assert (boss["name"], boss["file_ids"]) == (None, [file])
    deck = old.make("/threads", {})["id"]
    old.make(f"/threads/{deck}/messages", {"role": "user", "content": "When is high water?"})
    run = old.make(f"/threads/{deck}/runs", {"assistant_id": boss["id"]})
    over = old.read(f"/threads/{deck}/runs/{run['id']}")
    assert (over["status"], over["expires_at"], over["file_ids"]) == ("completed", None, [file])
    tool, message = old.read(f"/threads/{deck}/runs/{run['id']}/steps", params={"order": "asc"})["data"]
    assert tool["step_details"]["tool_calls"][0]["retrieval"] == {}
    assert message["type"] == "message_creation"
    text = old.read(f"/threads/{deck}/messages")["data"][0]["content"][0]["text"]
    assert text["value"].startswith("From tides.txt")
    assert text["annotations"][0]["file_citation"]["file_id"] == file
